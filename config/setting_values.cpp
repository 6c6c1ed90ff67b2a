#include "config/setting_values.h"

#include <Poco/Exception.h>
#include <Poco/RegularExpression.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "config/letter_case.h"
#include "config/text_parts.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

/// `a/../b` becomes `b` only where that is the same directory: with a symbolic link it may not be.
fs::path tidied(const fs::path& path) {
  fs::path tidy = path.lexically_normal();
  if (!tidy.has_filename()) tidy = tidy.parent_path();
  std::error_code error;
  return fs::equivalent(tidy, path, error) ? tidy : path;
}

}  // namespace

Objection parseCount(const std::string& text, unsigned least, unsigned most, unsigned& value) {
  const std::optional<unsigned> number = parseUnsigned(text, 10);
  if (!number || *number < least || *number > most) {
    return "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  }
  value = *number;
  return std::nullopt;
}

Objection parseSwitch(const std::string& text, bool& value) {
  const std::string word = lowerCase(text);
  const bool yes = word == "true" || word == "yes" || word == "on" || word == "1";
  const bool no = word == "false" || word == "no" || word == "off" || word == "0";
  if (!yes && !no) return "must be true or false";
  value = yes;
  return std::nullopt;
}

Objection parseFileMode(const std::string& text, unsigned& value) {
  const std::optional<unsigned> mode = parseUnsigned(text, 8);
  if (!mode || *mode > 0777) return "must be an octal number from 0000 to 0777";
  value = *mode;
  return std::nullopt;
}

Objection parseOwner(const std::string& text, std::string& value) {
  const std::vector<std::string_view> names = split(text, ':');
  const bool good = names.size() <= 2 && std::none_of(names.begin(), names.end(), [](auto name) {
                      return name.empty() || name.find_first_of(" /") != std::string_view::npos;
                    });
  if (!good) return "must be USER or USER:GROUP";
  value = text;
  return std::nullopt;
}

Objection parseHandler(const std::string& text, std::string& value) {
  if (text.empty()) return "must name the WSGI app";
  if (text.find(' ') != std::string::npos) return "must not contain blanks";
  value = text;
  return std::nullopt;
}

std::string normaliseMount(const std::string& text) {
  const std::size_t first = text.find_first_not_of('/');
  if (first == std::string::npos) return {};
  const std::size_t last = text.find_last_not_of('/');
  return '/' + text.substr(first, last - first + 1);
}

Objection parseDirectory(const std::string& text, const fs::path& base, fs::path& value) {
  if (text.empty()) return "must be a directory";
  const fs::path path = base / text;
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  if (type == fs::file_type::not_found) return "there is no directory " + path.string();
  if (type == fs::file_type::none) {
    return path.string() + " cannot be reached: " + error.message();
  }
  if (type != fs::file_type::directory) return path.string() + " is not a directory";
  value = tidied(path);
  return std::nullopt;
}

Objection parseUrlPath(const std::string& text, std::string& value) {
  if (text.size() < 2 || text.front() != '/' || text.back() == '/') {
    return "must be a path that begins with a slash and does not end with one";
  }
  if (text.find_first_of(" ?#%\\") != std::string::npos || text.find("//") != std::string::npos) {
    return "must be a plain path, without blanks, ?, #, %, \\ and //";
  }
  value = text;
  return std::nullopt;
}

Objection parsePattern(const std::string& text, std::string& value) {
  constexpr std::size_t kMaxBytes = 1000;
  if (text.size() > kMaxBytes) return "has more than 1000 characters";
  try {
    const Poco::RegularExpression expression(text);
  } catch (const Poco::Exception& error) {
    return "is not a regular expression: " + error.message();
  }
  value = text;
  return std::nullopt;
}

Objection parseChoice(const std::string& text, std::span<const char* const> choices,
                      std::size_t& index) {
  std::string names;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (equalsIgnoringCase(text, choices[i])) {
      index = i;
      return std::nullopt;
    }
    if (i > 0) names += i + 1 < choices.size() ? ", " : " or ";
    names += choices[i];
  }
  return "must be " + names;
}

Objection parseFile(const std::string& text, const fs::path& base, fs::path& value) {
  value = tidied(base / text);
  std::error_code error;
  const fs::file_type type = fs::status(value, error).type();
  if (type == fs::file_type::directory) return value.string() + " is a directory";
  errno = 0;
  std::ifstream file(value);
  if (file) return std::nullopt;
  return value.string() + " cannot be read: " + std::generic_category().message(errno);
}

Objection parseLogFile(const std::string& text, const fs::path& base, fs::path& value) {
  if (text.empty()) {
    value.clear();
    return std::nullopt;
  }
  const fs::path path = tidied(base / text);
  std::error_code error;
  if (fs::is_directory(path, error) || !path.has_filename()) {
    return path.string() + " is a directory";
  }
  fs::path folder;
  const Objection objection = parseDirectory(path.parent_path().string(), "/", folder);
  if (objection) return *objection + ": make it, or name a file in another one";
  value = path;
  return std::nullopt;
}

}  // namespace holdfast
