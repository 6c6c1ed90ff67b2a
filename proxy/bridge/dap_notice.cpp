#include "proxy/bridge/dap_notice.h"

#include "proxy/bridge/jsonc.h"
#include "proxy/tap/dap_framing.h"

namespace holdfast::proxy {
namespace {

/// Beyond those of the engine, which counts from 1.
constexpr char kSeq[] = "{\"seq\": 1000000000, \"type\": ";

}  // namespace

std::string outputNotice(std::string_view text) {
  const std::string output = quotedJson("holdfast: " + std::string(text) + '\n');
  return encodeMessage(kSeq +
                       ("\"event\", \"event\": \"output\", \"body\": {\"category\": \"stderr\", "
                        "\"output\": " +
                        output + "}}"));
}

std::string terminatedNotice() {
  return encodeMessage(kSeq + std::string("\"event\", \"event\": \"terminated\"}"));
}

std::string refusedRequest(std::int64_t seq, std::string_view command) {
  return encodeMessage(kSeq + ("\"response\", \"request_seq\": " + std::to_string(seq)) +
                       ", \"success\": false, \"command\": " + quotedJson(command) +
                       ", \"message\": \"holdfast attach passes no requests on to the debugger\"}");
}

}  // namespace holdfast::proxy
