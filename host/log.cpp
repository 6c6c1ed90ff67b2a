#include "host/log.h"

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Logger.h>

#include <atomic>
#include <memory>
#include <utility>

#include "host/line_writer.h"
#include "host/log_file.h"
#include "host/log_message.h"
#include "host/platform/standard_error.h"

namespace holdfast::log {

namespace {

using Priority = Poco::Message::Priority;
using LineFormat = std::string (*)(const Event&);

Poco::Logger& logger() {
  static Poco::Logger& instance = Poco::Logger::get("holdfast");
  return instance;
}

Priority priorityOf(LogLevel level) {
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

const char* levelName(Priority priority) {
  switch (priority) {
    case Poco::Message::PRIO_TRACE:
      return "trace";
    case Poco::Message::PRIO_DEBUG:
      return "debug";
    case Poco::Message::PRIO_INFORMATION:
      return "info";
    case Poco::Message::PRIO_WARNING:
      return "warning";
    default:
      return "error";
  }
}

/// Poco's end of the LineWriter.
class QueuedChannel : public Poco::Channel {
 public:
  QueuedChannel(LineSink sink, LineFormat format, NoticeLine notice)
      : format_(format), writer_(std::move(sink), std::move(notice)) {}

  void log(const Poco::Message& message) override { writer_.write(format_(eventOf(message))); }

 private:
  const LineFormat format_;
  LineWriter writer_;
};

/// The file that is logged to just now, for reopen(); none: standard error.
std::shared_ptr<LogFile>& currentFile() {
  static std::shared_ptr<LogFile> file;
  return file;
}

}  // namespace

void open(const Settings::Log& settings) {
  const LineFormat format = settings.format == "json" ? jsonLine : textLine;
  const NoticeLine notice = [format](LogLevel level, const std::string& text) {
    return format(eventOf(LogMessage(priorityOf(level), text)));
  };
  LineSink sink = writeStandardError;
  currentFile().reset();
  if (!settings.file.empty()) {
    const auto file = std::make_shared<LogFile>(
        settings.file, LogRotation{settings.rotate_at, settings.keep}, notice);
    sink = [file](std::string_view line) { return file->write(line); };
    currentFile() = file;
  }
  Poco::AutoPtr<Poco::Channel> channel(new QueuedChannel(std::move(sink), format, notice));
  logger().setChannel(channel);
  setLevel(settings.level);
}

void close() { logger().setChannel(nullptr); }

void setLevel(LogLevel level) { logger().setLevel(priorityOf(level)); }

bool isEnabled(LogLevel level) { return logger().is(priorityOf(level)); }

void reopen() {
  if (currentFile()) currentFile()->reopen();
}

std::string trouble() { return currentFile() ? currentFile()->trouble() : std::string(); }

void debug(const std::string& text) { event(LogLevel::kDebug, text, {}); }
void info(const std::string& text) { event(LogLevel::kInfo, text, {}); }
void warning(const std::string& text) { event(LogLevel::kWarning, text, {}); }
void error(const std::string& text) { event(LogLevel::kError, text, {}); }

void event(LogLevel level, const std::string& text, const Fields& fields) {
  const Priority priority = priorityOf(level);
  if (logger().is(priority)) logger().log(LogMessage(priority, text, fields));
}

void trace(const char* topic, const std::string& text) {
  const LogMessage message(Poco::Message::PRIO_TRACE, topic + (": " + text), {{"topic", topic}});
  if (auto channel = logger().getChannel()) channel->log(message);
}

Event eventOf(const Poco::Message& message) {
  Event event;
  event.time = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::time_point(
      message.getTime().epochMicroseconds() * std::chrono::microseconds(1)));
  event.level = levelName(message.getPriority());
  event.text = message.getText();
  // Message has no virtual functions, but nothing else goes through this logger.
  event.fields = &static_cast<const LogMessage&>(message).fields;
  return event;
}

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
