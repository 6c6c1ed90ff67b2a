#include "host/site/file_pattern.h"

#include <Poco/Exception.h>

namespace holdfast {

namespace {
/// Steps and depth of one match: a millisecond or so, a megabyte of stack. The default pattern
/// needs three steps for each byte of a path.
constexpr const char* kLimits = "(*LIMIT_MATCH=100000)(*LIMIT_RECURSION=2000)";
}  // namespace

FilePattern::FilePattern(const std::string& expression)
    : expression_(kLimits + expression, Poco::RegularExpression::RE_ANCHORED) {}

FilePattern::Verdict FilePattern::match(const std::string& path) const {
  Poco::RegularExpression::Match found{};
  try {
    // This one of its match functions is content with a part of the path, and with an empty one.
    return expression_.match(path, 0, found, 0) > 0 ? Verdict::kYes : Verdict::kNo;
  } catch (const Poco::Exception&) {
    return Verdict::kTooCostly;
  }
}

}  // namespace holdfast
