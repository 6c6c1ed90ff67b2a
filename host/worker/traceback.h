/// \file traceback.h
/// Finds in the text of a Python traceback what a person looks for first. Pure.
///
///     Traceback (most recent call last):
///       File "/srv/site/app.py", line 7, in price        <- a frame: place,
///         return float(text)                             <- and its code
///     ValueError: could not convert string to float      <- the exception
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// One line that was being executed. Views into the traceback.
struct TracebackFrame {
  std::string_view file;
  std::string_view line;
  std::string_view function;  ///< empty where a SyntaxError tells of the place
  std::string_view code;      ///< lines with markers, each indented by four; may be empty
};

/// \return "ValueError: no": the first line of the last exception, not longer than a few hundred
///   bytes; of a text that is no traceback the last line that is not indented
std::string exceptionOf(std::string_view traceback);

/// Frames of the site's code, not of installed packages, the standard library or the interpreter,
/// on the way to the last exception that has any: nearest to the exception first.
std::vector<TracebackFrame> ownFrames(std::string_view traceback);

}  // namespace holdfast
