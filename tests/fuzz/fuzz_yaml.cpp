/// \file fuzz_yaml.cpp
/// Any text as a holdfast.yaml: every problem and value has a place and fits on one line, and every
/// value is taken or refused by its setting.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "config/printable.h"
#include "config/setting_table.h"
#include "config/yaml_source.h"

namespace holdfast {
namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

void requirePlace(const std::string& source) {
  require(source.starts_with("/nowhere/holdfast.yaml"), "each thing comes from the file");
}

std::optional<std::string> noVariable(const char*) { return std::nullopt; }

void apply(const SourceValue& value) {
  const Setting* const setting = findSetting(value.key);
  require(setting && setting->in_yaml, "a value belongs to a setting of the file");
  if (!value.fault.empty()) return;
  Settings settings;
  const SettingContext context{SiteKind::kServe, noVariable, "/nowhere"};
  const Objection objection = setting->parse(value.text, context, settings);
  require(!objection || !objection->empty(), "an objection says why");
  // What was taken is printed as something that would be taken again.
  const std::string printed = setting->print(settings);
  if (objection || setting->secret || printed.empty()) return;
  Settings again;
  require(!setting->parse(printed, context, again), "a printed value is a value");
  require(setting->print(again) == printed, "a printed value is the same value");
}

void run(const std::string& text) {
  const SourceContents contents = parseYaml(text, "/nowhere/holdfast.yaml");
  for (const SettingProblem& problem : contents.problems) {
    requirePlace(problem.source);
    require(printable(problem.text) == problem.text, "a problem has no control characters");
  }
  for (const SourceValue& value : contents.values) {
    requirePlace(value.source);
    apply(value);
  }
  for (const SourceVariable& variable : contents.variables) {
    requirePlace(variable.source);
    const bool good = !variable.name.empty() && variable.name.find('=') == std::string::npos;
    require(good && (variable.name + variable.value).find('\0') == std::string::npos,
            "a variable can be one of a process");
  }
  require(contents.complete || !contents.problems.empty(), "what is cut off is told");
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
