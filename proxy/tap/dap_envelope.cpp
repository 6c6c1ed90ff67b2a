#include "proxy/tap/dap_envelope.h"

#include <cstddef>
#include <optional>

#include "proxy/tap/json_walker.h"

namespace holdfast::proxy {

namespace {

constexpr std::size_t kMaxDigits = 15;

std::optional<std::int64_t> parseNumber(std::string_view word) {
  if (word.empty() || word.size() > kMaxDigits) return {};
  std::int64_t value = 0;
  for (const char digit : word) {
    if (digit < '0' || digit > '9') return {};
    value = value * 10 + (digit - '0');
  }
  return value;
}

Envelope::Type typeOf(std::string_view text) {
  if (text == "request") return Envelope::Type::kRequest;
  if (text == "response") return Envelope::Type::kResponse;
  return text == "event" ? Envelope::Type::kEvent : Envelope::Type::kUnknown;
}

class EnvelopeReader {
 public:
  explicit EnvelopeReader(std::string_view content) : walker_(content) {}

  Envelope read() {
    if (!walker_.take('{')) return envelope_;
    do {
      const auto key = walker_.takeString();
      if (!key || !walker_.take(':') || !readField(*key)) break;
    } while (!complete() && walker_.take(','));
    return envelope_;
  }

 private:
  bool readField(std::string_view key) {
    if (key == "seq") return readNumber(envelope_.seq, has_seq_);
    if (key == "request_seq") return readNumber(envelope_.request_seq, has_request_seq_);
    if (key == "type" || key == "command" || key == "event") {
      const auto text = walker_.takeString();
      if (!text) return false;
      if (key == "type") {
        envelope_.type = typeOf(*text);
      } else {
        envelope_.name = *text;
      }
      return true;
    }
    if (key == "success") {
      const std::string_view word = walker_.takeWord();
      envelope_.success = word == "true";
      has_success_ = true;
      return !word.empty();
    }
    return walker_.skipValue();
  }

  bool readNumber(std::int64_t& number, bool& found) {
    const auto value = parseNumber(walker_.takeWord());
    if (!value) return false;
    number = *value;
    found = true;
    return true;
  }

  bool complete() const {
    if (envelope_.type == Envelope::Type::kUnknown || envelope_.name.empty() || !has_seq_) {
      return false;
    }
    return envelope_.type != Envelope::Type::kResponse || (has_request_seq_ && has_success_);
  }

  JsonWalker walker_;
  Envelope envelope_;
  bool has_seq_ = false;
  bool has_request_seq_ = false;
  bool has_success_ = false;
};

}  // namespace

Envelope readEnvelope(std::string_view content) { return EnvelopeReader(content).read(); }

}  // namespace holdfast::proxy
