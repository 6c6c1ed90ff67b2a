/// \file dap_envelope.h
/// The outermost fields of a DAP message, read without building a tree of all that it carries.
/// Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast::proxy {

/// A view of the message: the text has to live as long.
struct Envelope {
  enum class Type { kUnknown, kRequest, kResponse, kEvent };
  Type type = Type::kUnknown;
  std::int64_t seq = 0;
  std::int64_t request_seq = 0;  ///< of a response
  bool success = false;          ///< of a response
  /// `command`, or `event`; as it is written, so that one with an escape is no name that we know.
  std::string_view name;

  bool isRequest(std::string_view command) const {
    return type == Type::kRequest && name == command;
  }
  bool isResponse(std::string_view command) const {
    return type == Type::kResponse && name == command;
  }
  bool isEvent(std::string_view event) const { return type == Type::kEvent && name == event; }
};

/// Reads only as far as needed: most engines put their large parts last.
/// \return what was found; of a text that is no JSON object it is as much as was understood
Envelope readEnvelope(std::string_view content);

}  // namespace holdfast::proxy
