#include "config/virtualenv_proxy.h"

#include <algorithm>
#include <string>

namespace holdfast {
namespace {

constexpr const char* kProxy = "ptvs_virtualenv_proxy.";

std::optional<SourceValue> standIn(const Setting& setting, const std::string& text,
                                   const SourceValue* other) {
  if (text.empty() || !other) return std::nullopt;
  SourceValue value = *other;
  value.key = setting.key;
  value.text = text;
  value.source += ", " + other->name;
  return value;
}

}  // namespace

std::optional<SourceValue> virtualenvStandIn(const Setting& setting, const SourceValue* own,
                                             const SourceContents& sources,
                                             const Settings& applied) {
  const std::string_view key = setting.key;
  if (key == "app.handler" && (!own || own->text.starts_with(kProxy))) {
    return standIn(setting, applied.app.virtualenv_handler,
                   strongest(sources, "app.virtualenv_handler"));
  }
  if (key == "app.python" && !own) {
    return standIn(setting, applied.app.virtualenv_python,
                   strongest(sources, "app.virtualenv_activate"));
  }
  return std::nullopt;
}

const SourceValue* strongest(const SourceContents& sources, std::string_view key) {
  const auto found = std::find_if(sources.values.begin(), sources.values.end(),
                                  [&](const SourceValue& value) { return value.key == key; });
  return found == sources.values.end() ? nullptr : &*found;
}

}  // namespace holdfast
