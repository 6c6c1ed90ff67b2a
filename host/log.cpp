#include "host/log.h"

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/FormattingChannel.h>
#include <Poco/Logger.h>
#include <Poco/PatternFormatter.h>

#include <memory>
#include <utility>

#include "host/line_writer.h"
#include "host/log_file.h"
#include "host/platform/standard_error.h"

namespace holdfast::log {

namespace {

Poco::Logger& logger() {
  static Poco::Logger& instance = Poco::Logger::get("holdfast");
  return instance;
}

/// Poco's words are longer than a line of a log needs.
class LineFormatter : public Poco::PatternFormatter {
 public:
  LineFormatter() : PatternFormatter("%Y-%m-%dT%H:%M:%S.%iZ ") {}

  void format(const Poco::Message& message, std::string& line) override {
    PatternFormatter::format(message, line);
    switch (message.getPriority()) {
      case Poco::Message::PRIO_DEBUG:
        line += "DEBUG ";
        break;
      case Poco::Message::PRIO_INFORMATION:
        line += "INFO  ";
        break;
      case Poco::Message::PRIO_WARNING:
        line += "WARN  ";
        break;
      default:
        line += "ERROR ";
        break;
    }
    line += message.getText();
  }
};

/// Poco's end of the LineWriter.
class QueuedChannel : public Poco::Channel {
 public:
  explicit QueuedChannel(LineSink sink) : writer_(std::move(sink)) {}
  void log(const Poco::Message& message) override { writer_.write(message.getText() + '\n'); }

 private:
  LineWriter writer_;
};

LineSink sinkFor(const std::filesystem::path& file) {
  if (file.empty()) return writeStandardError;
  return [log_file = std::make_shared<LogFile>(file)](std::string_view line) {
    return log_file->write(line);
  };
}

int priorityOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return Poco::Message::PRIO_DEBUG;
    case LogLevel::kInfo:
      return Poco::Message::PRIO_INFORMATION;
    case LogLevel::kWarning:
      return Poco::Message::PRIO_WARNING;
    case LogLevel::kError:
      break;
  }
  return Poco::Message::PRIO_ERROR;
}

void appendPrintable(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if ((octet < 0x20 && c != '\t') || octet == 0x7f) {
      out += "\\x";
      out += kHex[octet >> 4];
      out += kHex[octet & 15];
    } else {
      out += c;
    }
  }
}

}  // namespace

void open(LogLevel level, const std::filesystem::path& file) {
  Poco::AutoPtr<Poco::Channel> queue(new QueuedChannel(sinkFor(file)));
  Poco::AutoPtr<Poco::Formatter> formatter(new LineFormatter);
  logger().setChannel(new Poco::FormattingChannel(formatter, queue));
  logger().setLevel(priorityOf(level));
}

void close() { logger().setChannel(nullptr); }

void debug(const std::string& text) { logger().debug(text); }
void info(const std::string& text) { logger().information(text); }
void warning(const std::string& text) { logger().warning(text); }
void error(const std::string& text) { logger().error(text); }

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  appendPrintable(out, text);
  return out;
}

std::string indented(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 64);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += "\n  | ";
    appendPrintable(out, text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace holdfast::log
