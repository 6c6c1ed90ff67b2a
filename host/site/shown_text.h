/// \file shown_text.h
/// Texts of others made fit for `holdfast status`. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace holdfast {

/// \return one line of valid UTF-8: whatever is none, or could steer a terminal, is written as
///   `\xNN`; what is longer than `limit` bytes ends with `...`
std::string shownText(std::string_view text, std::size_t limit);

/// The path of a REQUEST_URI: a query may hold tokens.
std::string_view pathOf(std::string_view uri);

/// Puts names in the place of values that only the app may know, wherever they turn up.
class Redaction {
 public:
  /// For the variables of the app and the secrets among the settings.
  explicit Redaction(const Settings& settings);

  /// \return `text` with `${NAME}` in the place of each value. Values shorter than kLeastBytes are
  ///   words such as `true`, and stay. Ends after kMaxBytes of `text`.
  std::string apply(std::string_view text) const;

  static constexpr std::size_t kLeastBytes = 6;
  static constexpr std::size_t kMaxBytes = 512 * 1024;

 private:
  struct Hidden {
    Secret value;
    std::string shown;
  };
  void add(std::string_view value, const std::string& name);

  std::vector<Hidden> hidden_;  ///< longest value first
};

}  // namespace holdfast
