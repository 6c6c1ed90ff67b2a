#include "config/worker_environment.h"

#include <string_view>

#include "config/expand_variables.h"
#include "config/setting_table.h"

namespace holdfast {
namespace {

std::string_view nameOf(std::string_view entry) {
  // Windows has variables such as =C: for itself.
  return entry.substr(0, entry.find('=', 1));
}

void set(std::vector<std::string>& environment, const std::string& name, const std::string& value) {
  std::erase_if(environment, [&](const std::string& entry) { return nameOf(entry) == name; });
  environment.push_back(name + '=' + value);
}

}  // namespace

std::vector<std::string> workerEnvironment(const Settings& settings,
                                           const std::vector<std::string>& process) {
  std::vector<std::string> environment = process;
  for (const auto& [name, value] : settings.app.environment) set(environment, name, value);
  if (!settings.app.pythonpath.empty()) {
    set(environment, "PYTHONPATH", joinPythonpath(settings.app.pythonpath));
  }
  std::erase_if(environment,
                [](const std::string& entry) { return isHiddenFromApp(nameOf(entry)); });
  return environment;
}

}  // namespace holdfast
