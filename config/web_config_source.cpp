#include "config/web_config_source.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "config/app_settings.h"
#include "config/letter_case.h"
#include "config/nearest_key.h"
#include "config/printable.h"
#include "config/setting_table.h"
#include "config/text_file.h"
#include "config/web_config_parser.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "web.config";

/// Puts together what a web.config and the files beside it say.
class Reader {
 public:
  explicit Reader(const fs::path& file) : file_(file) {
    std::error_code error;
    directory_ = fs::absolute(file, error).parent_path();
  }

  void readFile();
  void readText(const std::string& text) { apply(text, file_, WebConfigRoot::kConfiguration); }
  SourceContents take();

 private:
  void apply(const std::string& text, const fs::path& file, WebConfigRoot root);
  void take(const WebConfigStep& step, const fs::path& file);
  void follow(const WebConfigStep& step);
  void takeValues();
  void takeVariables();
  /// \return false, with the problem noted
  bool readInto(const fs::path& file, std::string& text);
  void addProblem(const fs::path& file, int line, std::string_view text) {
    contents_.problems.push_back({place(file, line), printable(text)});
  }
  static std::string place(const fs::path& file, int line) {
    const std::string name = printable(file.string());
    return line > 0 ? name + ':' + std::to_string(line) : name;
  }

  const fs::path file_;
  fs::path directory_;
  AppSettings settings_;
  SourceContents contents_;
};

void Reader::readFile() {
  std::string text;
  if (readInto(file_, text)) readText(text);
}

bool Reader::readInto(const fs::path& file, std::string& text) {
  const std::error_code error = readTextFile(file, text);
  if (!error && text.size() <= kMaxSettingsBytes) return true;
  contents_.complete = false;
  addProblem(file, 0,
             error ? "cannot be read: " + error.message()
                   : "has more than " + std::to_string(kMaxSettingsBytes) +
                         " bytes, which is not a file of settings");
  return false;
}

void Reader::apply(const std::string& text, const fs::path& file, WebConfigRoot root) {
  const WebConfigText parsed = parseWebConfig(text, root);
  if (!parsed.complete) contents_.complete = false;
  for (const WebConfigFault& fault : parsed.faults) addProblem(file, fault.line, fault.text);
  for (const WebConfigStep& step : parsed.steps) take(step, file);
}

void Reader::take(const WebConfigStep& step, const fs::path& file) {
  switch (step.kind) {
    case WebConfigStep::kAdd:
      return settings_.add({step.key, step.value, place(file, step.line)});
    case WebConfigStep::kRemove:
      return settings_.remove(step.key);
    case WebConfigStep::kClear:
      return settings_.clear();
    case WebConfigStep::kFile:
    case WebConfigStep::kConfigSource:
      return follow(step);
  }
}

void Reader::follow(const WebConfigStep& step) {
  // As Windows separates folders, which means a character of a name elsewhere.
  std::string name = step.value;
  std::replace(name.begin(), name.end(), '\\', '/');
  const bool must_exist = step.kind == WebConfigStep::kConfigSource;
  const std::string attribute = must_exist ? "configSource" : "file";
  if (fs::path(name).is_absolute()) {
    return addProblem(file_, step.line,
                      attribute + " is " + inQuotes(step.value) +
                          ", but must be relative to the folder of this file");
  }
  const fs::path file = file_.parent_path() / name;
  contents_.files.push_back(directory_ / name);
  std::error_code error;
  const fs::file_type type = fs::status(file, error).type();
  if (type == fs::file_type::not_found && !must_exist) return;
  if (type != fs::file_type::regular) {
    contents_.complete = false;
    return addProblem(file_, step.line,
                      attribute + " is " + inQuotes(step.value) + ", but there is no file " +
                          file.string() + ": bring it there or remove the attribute");
  }
  std::string text;
  if (readInto(file, text)) apply(text, file, WebConfigRoot::kAppSettings);
}

SourceContents Reader::take() {
  takeValues();
  takeVariables();
  return std::move(contents_);
}

void Reader::takeValues() {
  for (const Setting& setting : settingTable()) {
    for (const char* name : {setting.environment, setting.old_environment}) {
      const AppSetting* const entry = name ? settings_.find(name) : nullptr;
      if (!entry || (entry->value.empty() && !setting.empty_counts)) continue;
      contents_.values.push_back({setting.key, entry->value, "", SourceKind::kWebConfig,
                                  entry->source, directory_, entry->key});
      break;
    }
  }
}

void Reader::takeVariables() {
  for (const AppSetting& entry : settings_.entries()) {
    contents_.variables.push_back({entry.key, entry.value, entry.source});
    const std::string nearest = nearestVariable(entry.key);
    if (nearest.empty()) continue;
    contents_.notices.push_back(inQuotes(entry.key) + " (" + entry.source +
                                ") is no setting; the nearest one is " + nearest +
                                ": correct the name if that is meant");
  }
}

/// \param[out] error  the folder is there, and could be listed at another time
/// \return the files of that name in any case, the one in lower case first
std::vector<fs::path> candidates(const fs::path& root, std::error_code& error) {
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path name = entry->path().filename();
    if (equalsIgnoringCase(name.string(), kName)) found.push_back(root / name);
  }
  const bool for_good = error == std::errc::permission_denied ||
                        error == std::errc::no_such_file_or_directory ||
                        error == std::errc::not_a_directory;
  if (error && !for_good) return {};
  // A folder may let its files be opened but not be listed.
  if (error && fs::symlink_status(root / kName, error).type() != fs::file_type::not_found) {
    found = {root / kName};
  }
  error.clear();
  std::sort(found.begin(), found.end(), std::greater<>());
  return found;
}

}  // namespace

SourceContents readWebConfig(const fs::path& root) {
  std::error_code error;
  const std::vector<fs::path> files = candidates(root, error);
  if (files.empty()) {
    SourceContents none;
    none.files = {root / kName};
    if (error) {
      none.problems.push_back(
          {printable(root.string()),
           "cannot be looked through for a " + std::string(kName) + ": " + error.message()});
      none.complete = false;
    }
    return none;
  }
  Reader reader(files.front());
  reader.readFile();
  SourceContents contents = reader.take();
  contents.files.insert(contents.files.begin(), files.begin(), files.end());
  if (files.size() > 1) {
    contents.problems.push_back(
        {printable(files.front().string()), "there is also " + inQuotes(files[1].string()) +
                                                ", and Windows would not tell them apart: keep "
                                                "one of the two"});
  }
  return contents;
}

SourceContents parseWebConfigSource(const std::string& text, const fs::path& file) {
  Reader reader(file);
  reader.readText(text);
  return reader.take();
}

}  // namespace holdfast
