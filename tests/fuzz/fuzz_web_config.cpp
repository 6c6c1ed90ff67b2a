/// \file fuzz_web_config.cpp
/// Any text as a web.config: it is read to the end, every problem and value has a place and fits on
/// one line, and reading it again says the same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "config/letter_case.h"
#include "config/printable.h"
#include "config/setting_table.h"
#include "config/web_config_source.h"

namespace holdfast {
namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

void requireOneLine(const std::string& text) {
  require(printable(text) == text, "what people see has no control characters");
}

void requirePlace(const std::string& source, const std::string& file) {
  require(source.starts_with(file), "each thing comes from the file");
  requireOneLine(source);
}

void run(const std::string& text) {
  // Nothing is beside it, so that no other file is read.
  const std::string file = "/nowhere/at/all/web.config";
  const SourceContents contents = parseWebConfigSource(text, file);
  for (const SettingProblem& problem : contents.problems) {
    requirePlace(problem.source, file);
    requireOneLine(problem.text);
    require(!problem.text.empty(), "a problem says what is wrong");
  }
  for (const std::string& notice : contents.notices) requireOneLine(notice);
  for (const SourceValue& value : contents.values) {
    requirePlace(value.source, file);
    require(findSetting(value.key) && findSettingOfVariable(value.name) == findSetting(value.key),
            "a value belongs to the setting whose variable it names");
  }
  for (std::size_t i = 0; i < contents.variables.size(); ++i) {
    const SourceVariable& variable = contents.variables[i];
    requirePlace(variable.source, file);
    require(!variable.name.empty(), "a variable has a name");
    const std::string both = variable.name + variable.value;
    require(variable.name.find('=') == std::string::npos && both.find('\0') == std::string::npos,
            "a variable can be one of a process");
    for (std::size_t j = 0; j < i; ++j) {
      require(!equalsIgnoringCase(contents.variables[j].name, variable.name), "a key counts once");
    }
  }
  require(contents.complete || !contents.problems.empty(), "what is cut off is told");
  const SourceContents again = parseWebConfigSource(text, file);
  require(again.problems.size() == contents.problems.size() &&
              again.variables.size() == contents.variables.size(),
          "the same text says the same");
}

}  // namespace
}  // namespace holdfast

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
