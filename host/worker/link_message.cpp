#include "host/worker/link_message.h"

#include <charconv>

namespace holdfast::link {

std::string slotFrameName(std::uint8_t type) {
  switch (type) {
    case kRequest:
      return "REQUEST";
    case kRequestPart:
      return "REQUEST_PART";
    case kRequestWithoutBody:
      return "REQUEST_WITHOUT_BODY";
    case kInput:
      return "INPUT";
    case kInputEnd:
      return "INPUT_END";
    case kInputCut:
      return "INPUT_CUT";
    case kHead:
      return "HEAD";
    case kHeadPart:
      return "HEAD_PART";
    case kBody:
      return "BODY";
    case kEnd:
      return "END";
    case kFailed:
      return "FAILED";
    case kFailedLate:
      return "FAILED_LATE";
    default:
      return "type " + std::to_string(type);
  }
}

std::string controlFrameName(std::uint8_t type) {
  switch (type) {
    case kSettings:
      return "SETTINGS";
    case kAbort:
      return "ABORT";
    case kAskStacks:
      return "ASK_STACKS";
    case kLetGo:
      return "LET_GO";
    case kStacks:
      return "STACKS";
    case kStacksPart:
      return "STACKS_PART";
    case kHello:
      return "HELLO";
    case kTried:
      return "TRIED";
    case kReady:
      return "READY";
    case kNotReady:
      return "NOT_READY";
    case kNoThreads:
      return "NO_THREADS";
    case kEngine:
      return "ENGINE";
    case kNoEngine:
      return "NO_ENGINE";
    case kSlotThread:
      return "SLOT_THREAD";
    default:
      return "type " + std::to_string(type);
  }
}

std::vector<std::string_view> splitFields(std::string_view text) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t end = text.find('\0');
    fields.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return fields;
    text.remove_prefix(end + 1);
  }
}

bool decodeHead(std::string_view text, AnswerHead& head) {
  if (text.find_first_of("\r\n") != std::string_view::npos) return false;
  const std::vector<std::string_view> fields = splitFields(text);
  if (fields.size() % 2 == 0) return false;  // a status and pairs
  const std::string_view status = fields[0];
  const auto [end, error] =
      std::from_chars(status.data(), status.data() + status.size(), head.status);
  if (error != std::errc() || end != status.data() + 3 || head.status < 100) return false;
  head.reason = status.size() > 4 ? status.substr(4) : std::string_view();
  head.headers.clear();
  for (std::size_t i = 1; i < fields.size(); i += 2) {
    if (fields[i].empty()) return false;
    head.headers.emplace_back(fields[i], fields[i + 1]);
  }
  return true;
}

}  // namespace holdfast::link
