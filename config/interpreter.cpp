#include "config/interpreter.h"

#include <optional>
#include <sstream>
#include <system_error>

#include "config/executable.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> findOnPath(const std::string& name, EnvironmentLookup environment) {
  std::istringstream directories(environment("PATH").value_or(kStandardPath));
  std::string directory;
  while (std::getline(directories, directory, kPathSeparator)) {
    std::error_code error;
    // An empty entry is the current directory. Absolute, because the workers run elsewhere.
    const fs::path candidate = fs::absolute(fs::path(directory) / name, error);
    if (!error && isExecutable(candidate)) return candidate;
  }
  return std::nullopt;
}

Objection objectToProgram(const fs::path& path) {
  if (isExecutable(path)) return std::nullopt;
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  if (type == fs::file_type::none) return path.string() + " cannot be reached: " + error.message();
  if (type != fs::file_type::not_found) {
    return path.string() + " is not a file that can be executed";
  }
  if (fs::is_symlink(fs::symlink_status(path, error))) {
    return path.string() + " is a symbolic link to a file that is not there";
  }
  return "there is no file " + path.string();
}

}  // namespace

Objection findInterpreter(const std::string& text, const fs::path& app_root,
                          EnvironmentLookup environment, std::string& value) {
  if (text.empty()) return "must be a Python interpreter";
  if (fs::path(text).has_parent_path()) {
    const fs::path path = app_root / text;
    const Objection objection = objectToProgram(path);
    if (!objection) value = path.string();
    return objection;
  }
  const std::optional<fs::path> found = findOnPath(text, environment);
  if (!found) return "there is no such program on PATH";
  value = found->string();
  return std::nullopt;
}

Objection findDefaultInterpreter(const fs::path& app_root, EnvironmentLookup environment,
                                 std::string& value) {
  for (const char* venv : {".venv", "venv"}) {
    const fs::path path = app_root / venv / kVenvPython;
    std::error_code error;
    if (fs::symlink_status(path, error).type() == fs::file_type::not_found) continue;
    const Objection objection = objectToProgram(path);
    if (objection) return *objection + ": make the virtual environment anew";
    value = path.string();
    return std::nullopt;
  }
  const std::optional<fs::path> found = findOnPath(kDefaultPython, environment);
  if (!found) {
    return std::string("there is no ") + kDefaultPython + " on PATH, and in " + app_root.string() +
           " neither .venv nor venv with " + kVenvPython;
  }
  value = found->string();
  return std::nullopt;
}

}  // namespace holdfast
