#include "host/worker/engine.h"

#include <charconv>

namespace holdfast {

namespace {

/// The second number of "3.11.2"; 0: it has none.
int minorVersion(std::string_view version) {
  int minor = 0;
  const std::size_t dot = version.find('.');
  if (dot == std::string_view::npos) return 0;
  std::from_chars(version.data() + dot + 1, version.data() + version.size(), minor);
  return minor;
}

/// For a shell.
std::string quoted(const std::string& path) {
  constexpr char kPlain[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+,:@%";
  if (!path.empty() && path.find_first_not_of(kPlain) == std::string::npos) return path;
  std::string text = "'";
  for (const char character : path) {
    if (character == '\'') {
      text += "'\\''";
    } else {
      text += character;
    }
  }
  return text + "'";
}

/// The newest that was seen at work on Python 3.`minor`; where pip finds it by itself, the name.
std::string package(int minor, std::string_view engine) {
  constexpr int kFirstForPtvsd = 6;
  constexpr int kLastForPtvsd = 12;
  if (engine == "ptvsd") {
    return minor >= kFirstForPtvsd && minor <= kLastForPtvsd ? "ptvsd==4.3.2" : "";
  }
  switch (minor) {
    case 6:
      return "debugpy==1.5.1";
    case 7:
      return "debugpy==1.6.7";
    case 8:
    case 9:
      return "debugpy==1.8.14";
    default:
      return "debugpy";
  }
}

}  // namespace

std::string installCommand(const std::string& python, std::string_view version,
                           std::string_view engine) {
  const std::string wanted = package(minorVersion(version), engine);
  return wanted.empty() ? "" : quoted(python) + " -m pip install " + wanted;
}

}  // namespace holdfast
