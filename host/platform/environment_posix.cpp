#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "host/platform/environment.h"

namespace holdfast {

namespace fs = std::filesystem;

std::vector<std::string> currentEnvironment() {
  std::vector<std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    all.emplace_back(*entry);
  }
  return all;
}

std::optional<std::string> environmentVariable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
}

fs::path startDirectory() {
  std::error_code error;
  const fs::path named = environmentVariable("PWD").value_or("");
  const bool plain = std::none_of(named.begin(), named.end(),
                                  [](const fs::path& step) { return step == "." || step == ".."; });
  if (named.is_absolute() && plain && fs::equivalent(named, ".", error)) return named;
  return fs::current_path(error);
}

}  // namespace holdfast
