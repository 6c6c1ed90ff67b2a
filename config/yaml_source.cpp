#include "config/yaml_source.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/nearest_key.h"
#include "config/printable.h"
#include "config/setting_table.h"
#include "config/text_file.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

constexpr const char* kShape =
    "it must consist of sections with settings, such as \"app:\" and indented below it "
    "\"handler: mysite.wsgi.application\"";

/// Walks one parsed file and notes what it says.
class Reader {
 public:
  explicit Reader(const fs::path& file)
      : file_(file.empty() ? inQuotes("") : printable(file.string())) {
    std::error_code error;
    directory_ = fs::absolute(file, error).parent_path();
  }

  void readText(const std::string& text);
  /// Nothing is known of what the file would set. \param line  from 1; 0: the file as a whole
  void giveUp(int line, std::string_view text);
  SourceContents take() { return std::move(contents_); }

 private:
  void readDocument(const std::string& text);
  void readFile(const YAML::Node& root);
  void readSection(const std::string& section, int line, const YAML::Node& node);
  void readSetting(const std::string& key, int line, const YAML::Node& node);
  void readList(const Setting& setting, const YAML::Node& node, SourceValue& value);
  void readVariables(const std::string& key, int line, const YAML::Node& node);
  void readVariable(const std::string& name, int line, const YAML::Node& node);
  /// \return false, with the problem noted, if this is no key or one that was there before
  bool takeKey(const YAML::Node& node, const std::string& section, std::string& key, int& line);
  void refuseOutsideOfSection(const std::string& name, int line);
  void refuseUnknown(const std::string& key, int line) {
    addProblem(line, "unknown key " + inQuotes(beforeEquals(key)) + ": the nearest known one is " +
                         nearestKey(key));
  }
  void addProblem(int line, std::string_view text) {
    contents_.problems.push_back({place(line), printable(text)});
  }
  std::string place(int line) const {
    return line > 0 ? file_ + ':' + std::to_string(line) : file_;
  }

  const std::string file_;
  fs::path directory_;
  std::map<std::string, int> lines_;  ///< of the keys so far
  SourceContents contents_;
};

int lineOf(const YAML::Mark& mark) { return mark.line + 1; }

/// Notes where a document begins, and nothing else of it.
class DocumentStart : public YAML::EventHandler {
 public:
  int line() const { return line_; }

  void OnDocumentStart(const YAML::Mark& mark) override { line_ = lineOf(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  int line_ = 0;
};

/// \return 0 if there is none. YAML::Load() would not tell, and YAML::LoadAll() finds documents
///   without end at a comma that belongs to nothing (yaml-cpp 0.7).
int lineOfSecondDocument(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentStart first, second;
  const bool two = parser.HandleNextDocument(first) && parser.HandleNextDocument(second);
  return two ? second.line() : 0;
}

bool isSection(std::string_view name) {
  const std::span<const Setting> table = settingTable();
  return std::any_of(table.begin(), table.end(),
                     [&](const Setting& setting) { return sectionOf(setting.key) == name; });
}

const char* typeName(const YAML::Node& node) {
  if (node.IsSequence()) return "a list";
  return node.IsMap() ? "a mapping" : "empty";
}

void Reader::giveUp(int line, std::string_view text) {
  contents_.complete = false;
  addProblem(line, text);
}

void Reader::readText(const std::string& text) {
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    return isControl(c) && c != '\n' && c != '\r' && c != '\t';
  });
  if (control != text.end()) {
    const auto lines = std::count(text.begin(), control, '\n');
    return giveUp(
        static_cast<int>(lines) + 1,
        "is not UTF-8 text: it contains the control character " + printable({&*control, 1}));
  }
  // yaml-cpp 0.7 takes a quotation that is not closed for a closed one if a line end follows it.
  const std::size_t end = text.find_last_not_of(" \t\r\n") + 1;
  try {
    readDocument(text.substr(0, end));
  } catch (const YAML::DeepRecursion& error) {
    giveUp(lineOf(error.mark), "is nested too deeply: " + std::string(kShape));
  } catch (const YAML::Exception& error) {
    giveUp(lineOf(error.mark), "is not valid YAML: " + error.msg +
                                   "; look at this line and those before it for a missing colon, "
                                   "quotation mark or bracket, or for a wrong indentation");
  }
}

void Reader::readDocument(const std::string& text) {
  readFile(YAML::Load(text));
  const int second = lineOfSecondDocument(text);
  if (second == 0) return;
  giveUp(
      second,
      "the settings end here: remove the line \"---\", or what else makes a second YAML document "
      "of the rest");
}

void Reader::readFile(const YAML::Node& root) {
  if (root.IsNull()) return;
  if (!root.IsMap()) return giveUp(lineOf(root.Mark()), std::string("is not a mapping: ") + kShape);
  for (const auto& entry : root) {
    std::string name;
    int line = 0;
    if (!takeKey(entry.first, "", name, line)) continue;
    if (findSetting(name) && name == sectionOf(name)) {
      readSetting(name, line, entry.second);
    } else if (isSection(name)) {
      readSection(name, line, entry.second);
    } else {
      refuseOutsideOfSection(name, line);
    }
  }
}

void Reader::refuseOutsideOfSection(const std::string& name, int line) {
  const Setting* const setting = findSetting(name);
  if (setting && setting->in_yaml) {
    return addProblem(line, name + " must be written as " +
                                assignment(*setting, SourceKind::kYaml, setting->example));
  }
  refuseUnknown(name, line);
}

void Reader::readSection(const std::string& section, int line, const YAML::Node& node) {
  if (node.IsNull()) return;  // all of it commented out
  if (!node.IsMap()) {
    return addProblem(line, section +
                                " must be a section: settings, each on a line of its own and "
                                "indented below \"" +
                                section + ":\"");
  }
  for (const auto& entry : node) {
    std::string key;
    int key_line = 0;
    if (takeKey(entry.first, section, key, key_line)) readSetting(key, key_line, entry.second);
  }
}

void Reader::readSetting(const std::string& key, int line, const YAML::Node& node) {
  const Setting* const setting = findSetting(key);
  if (!setting) return refuseUnknown(key, line);
  if (!setting->in_yaml) {
    return addProblem(line, key + " cannot be set in a file: use " +
                                assignment(*setting, SourceKind::kCommandLine, setting->example));
  }
  if (setting->variables) return readVariables(key, line, node);
  SourceValue value{key, "", "", SourceKind::kYaml, place(line), directory_};
  if (node.IsScalar()) {
    value.text = node.Scalar();
  } else if (setting->list_separator) {
    readList(*setting, node, value);
  } else {
    value.fault = std::string("is ") + typeName(node) + ", but must be a single value";
  }
  contents_.values.push_back(std::move(value));
}

void Reader::readList(const Setting& setting, const YAML::Node& node, SourceValue& value) {
  const bool good =
      node.IsSequence() &&
      std::all_of(node.begin(), node.end(), [](const auto& item) { return item.IsScalar(); });
  if (!good) {
    const std::string what = node.IsSequence() ? "a list of something else" : typeName(node);
    value.fault = "is " + what + ", but must be a single value or a list of such";
    return;
  }
  for (const YAML::Node& item : node) {
    value.text += (value.text.empty() ? "" : setting.list_separator) + item.Scalar();
  }
}

void Reader::readVariables(const std::string& key, int line, const YAML::Node& node) {
  if (node.IsNull()) return;
  if (!node.IsMap()) {
    return addProblem(line, key +
                                " must be variables: each on a line of its own, such as "
                                "\"NAME: value\", and indented below \"" +
                                std::string(nameInSection(key)) + ":\"");
  }
  for (const auto& entry : node) {
    std::string name;
    int name_line = 0;
    if (takeKey(entry.first, key, name, name_line)) {
      readVariable(name.substr(key.size() + 1), name_line, entry.second);
    }
  }
}

void Reader::readVariable(const std::string& name, int line, const YAML::Node& node) {
  const std::string whole = "app.env." + printable(name);
  const bool control = std::any_of(name.begin(), name.end(), isControl);
  if (name.empty() || name.find('=') != std::string::npos || control) {
    return addProblem(line, inQuotes(beforeEquals(name)) +
                                " cannot be the name of a variable: it must not be "
                                "empty or contain = or control characters");
  }
  if (!node.IsScalar()) {
    return addProblem(
        line, whole + " is " + typeName(node) + ", but must be a single value, which may be \"\"");
  }
  if (node.Scalar().find('\0') != std::string::npos) {
    return addProblem(line, whole + " must not contain the character \\x00");
  }
  if (const Setting* const setting = findSettingOfVariable(name)) {
    if (isHiddenFromApp(name)) {
      return addProblem(
          line, whole + " would show the secret to the app: set " + setting->key + " instead");
    }
    contents_.notices.push_back(whole + " (" + place(line) +
                                ") is only for the app; the setting of that name is " +
                                setting->key);
  }
  contents_.variables.push_back({name, node.Scalar(), place(line)});
}

bool Reader::takeKey(const YAML::Node& node, const std::string& section, std::string& key,
                     int& line) {
  line = lineOf(node.Mark());
  if (!node.IsScalar()) {
    addProblem(line, std::string("a key is ") + typeName(node) + ", but must be a word");
    return false;
  }
  key = section.empty() ? node.Scalar() : section + '.' + node.Scalar();
  const auto [first, is_new] = lines_.emplace(key, line);
  if (is_new) return true;
  addProblem(line, inQuotes(beforeEquals(key)) + " is there twice, first in line " +
                       std::to_string(first->second) + ": keep one of the two");
  return false;
}

}  // namespace

SourceContents parseYaml(const std::string& text, const fs::path& file) {
  Reader reader(file);
  reader.readText(text);
  return reader.take();
}

SourceContents readYaml(const fs::path& file) {
  std::string text;
  const std::error_code error = readTextFile(file, text);
  if (!error && text.size() <= kMaxSettingsBytes) return parseYaml(text, file);
  Reader reader(file);
  reader.giveUp(
      0, error ? "cannot be read: " + error.message()
               : "has more than " + std::to_string(kMaxSettingsBytes) +
                     " bytes, which is not a file of settings: give another one by --config");
  return reader.take();
}

}  // namespace holdfast
