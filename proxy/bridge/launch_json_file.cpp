#include "proxy/bridge/launch_json_file.h"

#include <fstream>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "config/printable.h"
#include "config/text_file.h"

namespace holdfast::proxy {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, const std::string& cause) {
  throw std::runtime_error(printable(file.string()) + ' ' + cause);
}

/// \return nothing if there is none
std::optional<std::string> readFile(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error) && !error) return std::nullopt;
  std::string text;
  error = readTextFile(file, text);
  if (error) fail(file, "cannot be read: " + error.message());
  if (text.size() > kMaxSettingsBytes) fail(file, "is longer than any launch.json");
  return text;
}

void replaceFile(const fs::path& file, const std::string& text, bool existed) {
  const fs::path fresh = file.string() + ".holdfast-new";
  std::error_code error;
  {
    std::ofstream stream(fresh, std::ios::binary | std::ios::trunc);
    stream << text << std::flush;
    if (!stream) {
      fs::remove(fresh, error);
      fail(fresh, "cannot be written: is there room, and may you write there?");
    }
  }
  if (existed) fs::permissions(fresh, fs::status(file, error).permissions(), error);
  fs::rename(fresh, file, error);
  if (!error) return;
  const std::string cause = error.message();
  fs::remove(fresh, error);
  fail(file, "cannot be replaced: " + cause);
}

}  // namespace

std::string writeLaunchEntry(const fs::path& folder, const LaunchEntry& entry) {
  const fs::path parent = folder / ".vscode";
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) fail(parent, "cannot be made: " + error.message());
  // A link is kept, what it leads to is changed.
  fs::path file = fs::weakly_canonical(parent / "launch.json", error);
  if (error) file = parent / "launch.json";
  const auto before = readFile(file);
  std::string problem;
  const auto after = withLaunchEntry(before.value_or(""), entry, problem);
  if (!after) fail(file, "cannot be changed: " + problem);
  const std::string name = printable(file.string());
  const std::string configuration = '"' + printable(entry.name) + '"';
  if (after == before) return name + " has the configuration " + configuration + " already";
  replaceFile(file, *after, before.has_value());
  return name + " has the configuration " + configuration + " now: start it in VS Code (F5)";
}

}  // namespace holdfast::proxy
