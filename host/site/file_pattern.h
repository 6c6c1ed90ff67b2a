/// \file file_pattern.h
/// Which files below the app root matter (reload.pattern). Pure.
#pragma once

#include <Poco/RegularExpression.h>

#include <string>

namespace holdfast {

/// A regular expression as Python's `re.match` takes it: from the start of the path, not
/// necessarily to its end, upper and lower case apart. Perl's dialect, which for paths is that of
/// Python. Time and stack are bounded whatever the expression.
class FilePattern {
 public:
  /// \param expression  one that parsePattern() takes; throws Poco::Exception for others
  explicit FilePattern(const std::string& expression);

  enum class Verdict { kNo, kYes, kTooCostly };
  /// \param path  relative to the app root, with slashes, raw bytes
  Verdict match(const std::string& path) const;

 private:
  Poco::RegularExpression expression_;
};

}  // namespace holdfast
