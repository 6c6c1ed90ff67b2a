/// \file log_line.h
/// One event of the log as a line of text or of JSON. Pure: no clock, no file.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "config/settings.h"

namespace holdfast::log {

/// A value for programs that read the log. Texts: as they came, in any encoding.
using FieldValue = std::variant<std::string, std::int64_t, double, bool>;

struct Field {
  Field(const char* the_name, std::string_view text) : name(the_name), value(std::string(text)) {}
  template <typename Number>
  requires std::is_arithmetic_v<Number> Field(const char* the_name, Number number)
      : name(the_name) {
    if constexpr (std::is_same_v<Number, bool>) {
      value = number;
    } else if constexpr (std::is_integral_v<Number>) {
      value = static_cast<std::int64_t>(number);
    } else {
      value = static_cast<double>(number);
    }
  }

  const char* name;  ///< a literal, such as `status`
  FieldValue value;
};
using Fields = std::vector<Field>;

/// What is logged, before it has a format.
struct Event {
  using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;
  Time time;
  const char* level = "info";  ///< `trace`, `debug`, `info`, `warning`, `error`
  std::string_view text;       ///< of several lines, all but the first are details
  const Fields* fields = nullptr;
};

/// `2026-11-23T01:35:12.345Z INFO  text`, details in lines of their own with `  | ` in front: a
/// text cannot look like another event. Without the fields. What appendPrintable() escapes becomes
/// \xNN.
std::string textLine(const Event& event);

/// `{"time":"2026-11-23T01:35:12.345Z","level":"info","message":"text"}`, then `detail` if there
/// are details, then the fields. One line of valid UTF-8 whatever comes in: bytes that are none
/// become the text \xNN, and what steers() is \uNNNN.
std::string jsonLine(const Event& event);

/// What steers(), line breaks too but no tabs, and bytes that are no UTF-8 become \xNN.
void appendPrintable(std::string& out, std::string_view text);

}  // namespace holdfast::log
