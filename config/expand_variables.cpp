#include "config/expand_variables.h"

#include <algorithm>
#include <optional>

#include "config/executable.h"
#include "config/letter_case.h"
#include "config/setting_table.h"

namespace holdfast {
namespace {

/// A variable in a text: `${NAME}` or `%NAME%`.
struct Reference {
  std::string_view name;
  std::size_t length;  ///< of all of it
};

/// \return the one that the text begins with
std::optional<Reference> referenceAt(std::string_view text) {
  const bool braces = text.starts_with("${");
  if (!braces && !text.starts_with('%')) return std::nullopt;
  const std::size_t begin = braces ? 2 : 1;
  const std::size_t end = text.find(braces ? '}' : '%', begin);
  if (end == std::string_view::npos || end == begin) return std::nullopt;
  const std::string_view name = text.substr(begin, end - begin);
  // Between two lonely percent signs there may be anything; a name is not a path.
  if (name.find_first_of("/\\;:=\n${") != std::string_view::npos) return std::nullopt;
  return Reference{name, end + 1};
}

class Variables {
 public:
  Variables(EnvironmentLookup environment, const std::vector<EnvironmentVariable>& more)
      : environment_(environment), more_(more) {}

  std::optional<std::string> find(const std::string& name, bool any_case) const {
    if (isHiddenFromApp(name)) return std::nullopt;
    if (auto value = environment_(name.c_str())) return value;
    if (any_case) {
      if (auto value = environment_(upperCase(name).c_str())) return value;
    }
    if (auto value = findMore([&](const std::string& other) { return other == name; })) {
      return value;
    }
    if (!any_case) return std::nullopt;
    return findMore([&](const std::string& other) { return equalsIgnoringCase(other, name); });
  }

 private:
  template <typename Matches>
  std::optional<std::string> findMore(Matches matches) const {
    const auto found =
        std::find_if(more_.begin(), more_.end(),
                     [&](const EnvironmentVariable& variable) { return matches(variable.name); });
    if (found == more_.end()) return std::nullopt;
    return found->value;
  }

  EnvironmentLookup environment_;
  const std::vector<EnvironmentVariable>& more_;
};

}  // namespace

std::string expandVariables(std::string_view text, EnvironmentLookup environment,
                            const std::vector<EnvironmentVariable>& more,
                            std::vector<std::string>& unknown) {
  const Variables variables(environment, more);
  std::string result;
  while (!text.empty()) {
    const std::optional<Reference> reference = referenceAt(text);
    if (!reference) {
      result += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::string name(reference->name);
    const auto value = variables.find(name, text.front() == '%');
    result += value ? *value : std::string(text.substr(0, reference->length));
    if (!value) unknown.push_back(name);
    text.remove_prefix(reference->length);
  }
  return result;
}

std::vector<std::string> splitPythonpath(std::string_view text, const std::filesystem::path& root) {
  std::vector<std::string> folders;
  std::size_t end = 0;
  for (std::size_t begin;
       (begin = text.find_first_not_of(kPythonpathSeparators, end)) != std::string_view::npos;) {
    end = std::min(text.find_first_of(kPythonpathSeparators, begin), text.size());
    folders.push_back((root / text.substr(begin, end - begin)).string());
  }
  return folders;
}

std::string joinPythonpath(const std::vector<std::string>& folders) {
  std::string text;
  for (const std::string& folder : folders) {
    if (!text.empty()) text += kPathSeparator;
    text += folder;
  }
  return text;
}

}  // namespace holdfast
