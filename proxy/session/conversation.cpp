#include "proxy/session/conversation.h"

#include <Poco/Dynamic/Var.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>

#include "config/printable.h"
#include "proxy/tap/dap_envelope.h"
#include "proxy/web_socket/utf8.h"

namespace holdfast::proxy {

namespace {

constexpr std::size_t kMaxInitialize = std::size_t{64} << 10;  ///< bytes; real ones have 500
constexpr std::size_t kMaxName = 60;

/// Empty where the message has no such name, or is none.
std::string nameIn(std::string_view initialize) {
  try {
    Poco::JSON::Parser parser;
    const auto message = parser.parse(std::string(initialize)).extract<Poco::JSON::Object::Ptr>();
    const auto arguments = message->getObject("arguments");
    if (!arguments) return {};
    for (const char* key : {"clientName", "clientID"}) {
      const Poco::Dynamic::Var value = arguments->get(key);
      if (value.isString() && !value.extract<std::string>().empty()) return value;
    }
  } catch (const Poco::Exception&) {
    // The engine answers it; a session without a name is one all the same.
  }
  return {};
}

}  // namespace

void Conversation::onClient(std::string_view content) {
  const Envelope envelope = readEnvelope(content);
  client_seq_ = std::max(client_seq_, envelope.seq);
  if (envelope.isRequest("disconnect")) goodbye_seq_ = envelope.seq;
  if (envelope.isRequest("initialize") && client_name_.empty()) readClientName(content);
}

void Conversation::onEngine(std::string_view content) {
  const Envelope envelope = readEnvelope(content);
  engine_seq_ = std::max(engine_seq_, envelope.seq);
  if (envelope.isEvent("debugpySockets")) greeted_ = true;
  if (envelope.isEvent("terminated")) terminated_ = true;
  if (envelope.type == Envelope::Type::kResponse) answered_ = true;
  if (!envelope.isResponse("disconnect") || envelope.request_seq != goodbye_seq_) return;
  goodbye_answered_ = envelope.success;
  if (!envelope.success) goodbye_seq_ = 0;
}

std::string Conversation::goodbye() const {
  return R"({"seq":)" + std::to_string(client_seq_ + 1) +
         R"(,"type":"request","command":"disconnect","arguments":{"terminateDebuggee":false}})";
}

std::string Conversation::terminatedEvent(bool restart) const {
  return R"({"seq":)" + std::to_string(engine_seq_ + 1) +
         R"(,"type":"event","event":"terminated")" +
         (restart ? R"(,"body":{"restart":true}})" : "}");
}

void Conversation::readClientName(std::string_view content) {
  if (content.size() > kMaxInitialize) return;
  client_name_ = printable(cutUtf8(nameIn(content), kMaxName));
}

}  // namespace holdfast::proxy
