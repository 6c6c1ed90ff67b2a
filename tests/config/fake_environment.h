/// \file fake_environment.h
/// The environment of a test. A plain map behind a plain function, because that is how settings
/// look variables up; each test begins with an empty one.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace holdfast {

class FakeEnvironment {
 public:
  FakeEnvironment() { variables().clear(); }

  void set(const std::string& name, const std::string& value) { variables()[name] = value; }

  static std::optional<std::string> get(const char* name) {
    const auto found = variables().find(name);
    if (found == variables().end()) return std::nullopt;
    return found->second;
  }

 private:
  static std::map<std::string, std::string>& variables() {
    static std::map<std::string, std::string> variables;
    return variables;
  }
};

}  // namespace holdfast
