/// \file fuzz_json_edit.cpp
/// The two texts that the bridge changes by position: a launch.json, and a debugger's message. What
/// comes out is JSON, has what was to come in, and all that was there before.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proxy/bridge/client_messages.h"
#include "proxy/bridge/jsonc.h"
#include "proxy/bridge/launch_json.h"

namespace holdfast::proxy {
namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

const JsonValue* configurationsOf(const JsonValue& root) { return root.find("configurations"); }

void checkLaunchJson(std::string_view text) {
  const LaunchEntry entry{"Holdfast: h", "127.0.0.1", 5678};
  std::string problem;
  const auto changed = withLaunchEntry(text, entry, problem);
  if (!changed) return require(!problem.empty(), "a refusal has a reason");
  const auto after = parseJsonc(*changed, problem);
  require(after.has_value(), "what was changed is still JSON");
  const JsonValue* const list = configurationsOf(*after);
  require(list != nullptr && list->isArray(), "there are configurations");
  std::size_t ours = 0;
  for (const JsonValue& element : list->elements) {
    if (jsonString(*changed, element, "name") == entry.name) ++ours;
  }
  require(ours > 0, "ours is among them");
  require(withLaunchEntry(*changed, entry, problem) == changed, "doing it again changes nothing");
  if (changed->size() < text.size()) return;
  const auto before = parseJsonc(text, problem);
  const JsonValue* const old = before ? configurationsOf(*before) : nullptr;
  if (old != nullptr) {
    require(list->elements.size() >= old->elements.size(), "no configuration is lost");
  }
}

void checkMessage(std::string_view text) {
  ClientMessages messages({"/home/me/site", "/srv/app"});
  const auto changed = messages.read(text);
  messages.takeFiles();
  if (!changed) return;
  std::string problem;
  const auto before = parseJsonc(text, problem);
  const auto after = parseJsonc(*changed, problem);
  require(before && after, "a changed message is still JSON");
  require(before->members.size() <= after->members.size(), "no member is lost");
  const JsonValue* const arguments = after->find("arguments");
  require(arguments != nullptr && arguments->find("pathMappings") != nullptr, "it is mapped");
  require(jsonString(*changed, *after, "command") == "attach", "only attach is changed");
}

}  // namespace
}  // namespace holdfast::proxy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  holdfast::proxy::checkLaunchJson(text);
  holdfast::proxy::checkMessage(text);
  return 0;
}
