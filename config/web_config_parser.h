/// \file web_config_parser.h
/// What a web.config, or a file that it leads to, says of appSettings. Pure: opens no file, and
/// what the text refers to is not followed.
#pragma once

#include <string>
#include <vector>

namespace holdfast {

/// One element, in the order of the file.
struct WebConfigStep {
  enum Kind {
    kAdd,
    kRemove,
    kClear,
    kFile,         ///< merge what the file `value` has, if it is there
    kConfigSource  ///< the same, and it must be there
  };
  Kind kind;
  std::string key;
  std::string value;
  int line;
};

struct WebConfigFault {
  int line;  ///< 0: the file as a whole
  std::string text;
};

struct WebConfigText {
  std::vector<WebConfigStep> steps;
  std::vector<WebConfigFault> faults;
  bool complete = true;  ///< false: not all of it could be read
};

/// The root element that is due.
enum class WebConfigRoot { kConfiguration, kAppSettings };

/// \param text  as it stands in the file, with its byte order mark or declared encoding
WebConfigText parseWebConfig(const std::string& text, WebConfigRoot root);

}  // namespace holdfast
