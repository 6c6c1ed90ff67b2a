/// \file setting_rows_app.cpp
/// Settings that say what the site is: its app, its folder, its Python.
#include <system_error>

#include "config/executable.h"
#include "config/expand_variables.h"
#include "config/interpreter.h"
#include "config/letter_case.h"
#include "config/setting_rows.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;
using App = Settings::App;

Objection missHandler(const SettingContext&, Settings&) {
  return "nothing says which WSGI app to serve";
}

Objection takeRoot(const std::string& text, const SettingContext& context, Settings& settings) {
  return parseDirectory(text, context.directory, settings.app.root);
}
Objection defaultRoot(const SettingContext& context, Settings& settings) {
  if (context.directory.empty()) return "the current directory is not there any more";
  settings.app.root = context.directory;
  return std::nullopt;
}

Objection takeActivate(const std::string& text, const SettingContext& context, Settings& settings) {
  App& app = settings.app;
  if (text.empty()) return "must be a file";
  if (app.root.empty() && fs::path(text).is_relative()) return std::nullopt;
  if (!lowerCase(text).ends_with(".py")) {
    const fs::path path = app.root / text;
    return findInterpreter(path.string(), app.root, context.environment, app.virtualenv_python);
  }
  const fs::path path = app.root / text;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return "there is no file " + path.string();
  app.virtualenv_activate = path.string();
  return std::nullopt;
}

std::string printActivate(const Settings& settings) {
  const App& app = settings.app;
  return app.virtualenv_activate.empty() ? app.virtualenv_python : app.virtualenv_activate;
}

// Without a root the places inside it cannot be looked at, and why there is none is told already.
Objection takePython(const std::string& text, const SettingContext& context, Settings& settings) {
  const fs::path path = text;
  const bool inside_root = path.has_parent_path() && path.is_relative();
  if (inside_root && settings.app.root.empty()) return std::nullopt;
  return findInterpreter(text, settings.app.root, context.environment, settings.app.python);
}
Objection defaultPython(const SettingContext& context, Settings& settings) {
  if (settings.app.root.empty()) return std::nullopt;
  return findDefaultInterpreter(settings.app.root, context.environment, settings.app.python);
}

Objection takePythonpath(const std::string& text, const SettingContext& context,
                         Settings& settings) {
  std::vector<std::string> unknown;
  // An appSetting that mentions its own name must not be put into itself.
  std::vector<EnvironmentVariable> others = settings.app.environment;
  std::erase_if(others, [](const EnvironmentVariable& variable) {
    return equalsIgnoringCase(variable.name, "PYTHONPATH");
  });
  const std::string expanded = expandVariables(text, context.environment, others, unknown);
  settings.app.pythonpath = splitPythonpath(expanded, settings.app.root);
  if (context.notices) {
    for (const std::string& name : unknown) {
      context.notices->push_back("uses the variable " + name +
                                 ", which is not set, so it is left as it stands");
    }
  }
  return std::nullopt;
}
std::string printPythonpath(const Settings& settings) {
  return joinPythonpath(settings.app.pythonpath);
}

Objection parseMount(const std::string& text, std::string& value) {
  if (text.find_first_of("?#:") != std::string::npos)
    return "must be the path of a URL, and no more";
  value = normaliseMount(text);
  return std::nullopt;
}

Objection parseSecret(const std::string& text, Secret& value) {
  value = Secret(text);
  return std::nullopt;
}

// What becomes of it needs the names that other sources have: see load_settings.cpp.
Objection takeNothing(const std::string&, const SettingContext&, Settings&) { return std::nullopt; }
std::string printVariables(const Settings& settings) {
  std::string names;
  for (const EnvironmentVariable& variable : settings.app.environment) {
    names += (names.empty() ? "" : ", ") + variable.name;
  }
  return names;
}

constexpr auto kApp = &Settings::app;

constexpr Setting withDefault(Setting row,
                              Objection (*set_default)(const SettingContext&, Settings&)) {
  row.set_default = set_default;
  return row;
}
constexpr Setting withOldVariable(Setting row, const char* variable) {
  row.old_environment = variable;
  return row;
}
constexpr Setting asList(Setting row, const char* separator) {
  row.list_separator = separator;
  return row;
}
constexpr Setting asVariables(Setting row) {
  row.variables = true;
  return row;
}

constexpr Setting kRows[] = {
    notInYaml(row<parseHandler, kApp, &App::virtualenv_handler>(
        "app.virtualenv_handler", "WSGI_ALT_VIRTUALENV_HANDLER", nullptr,
        "the WSGI app, if WSGI_HANDLER is missing or names ptvs_virtualenv_proxy; default: none",
        "mysite.wsgi.application")),
    withDefault(row<parseHandler, kApp, &App::handler>(
                    "app.handler", "WSGI_HANDLER", "--handler",
                    "the WSGI app: pkg.mod.attr, pkg.mod.attr(), pkg.mod:attr or "
                    "pkg.mod:factory(); required",
                    "mysite.wsgi.application"),
                missHandler),
    withOldVariable({"app.root", "WSGI_APP_ROOT", "--app-root", true,
                     "directory of the site, where its workers run; default: the current directory",
                     "/srv/mysite", takeRoot, printField<kApp, &App::root>, defaultRoot},
                    "APPL_PHYSICAL_PATH"),
    {"app.virtualenv_activate", "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS", nullptr, false,
     "activate_this.py, or the Python interpreter, of a virtual environment; default: none",
     "/srv/mysite/env/bin/activate_this.py", takeActivate, printActivate},
    {"app.python", "WSGI_PYTHON", "--python", true,
     "Python interpreter, a path or a name on PATH; default: that of .venv or venv in the app "
     "root, else python3",
     "/usr/bin/python3", takePython, printField<kApp, &App::python>, defaultPython},
    asList({"app.pythonpath", "PYTHONPATH", nullptr, true,
            "folders for sys.path, %NAME% and ${NAME} stand for variables; default: none",
            "/srv/mysite/lib", takePythonpath, printPythonpath},
           ";"),
    row<parseMount, kApp, &App::mount>(
        "app.mount", "SCRIPT_NAME", nullptr,
        "path of the site on its host, such as /shop; default: the whole host", "/shop"),
    asVariables({"app.env", nullptr, nullptr, true,
                 "more variables for the app's environment; default: none", "{NAME: value}",
                 takeNothing, printVariables}),
    row<parseSwitch, kApp, &App::script_name_from_server>(
        "app.script_name_from_server", "AllowPathInfoForScriptMappings", nullptr,
        "takes SCRIPT_NAME as the web server has it; default: off", "true"),
    secret(row<parseSecret, kApp, &App::telemetry_key>(
        "telemetry", "APPINSIGHTS_INSTRUMENTATIONKEY", nullptr,
        "wraps the app with applicationinsights, if the site has it; default: off",
        "00000000-0000-0000-0000-000000000000")),
};

}  // namespace

std::span<const Setting> appRows() { return kRows; }

}  // namespace holdfast
