/// \file json_walker.h
/// Reads a JSON text from its front to its back, without building a tree of it: for a few fields of
/// a message that may be large, deep or broken. Pure.
///
///     JsonWalker walker(content);
///     walker.eachMember([&](std::string_view key) {
///       return key == "line" ? walker.takeInteger(line) : walker.skipValue();
///     });
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::proxy {

/// Whatever is malformed ends the walk: all say false from there on, or give what they can. The
/// text has to live as long.
class JsonWalker {
 public:
  explicit JsonWalker(std::string_view text) : text_(text) {}

  /// Skips white space, then that character. \return whether it was there
  bool take(char expected);
  /// \return what stands between the quotation marks, escapes as they are
  std::optional<std::string_view> takeString();
  /// A number, true, false or null, as it is written; empty where something else stands.
  std::string_view takeWord();
  /// However deep it is.
  bool skipValue();

  /// Takes any value. \param[out] number  set if it is an integer
  bool takeInteger(std::optional<std::int64_t>& number);
  /// Takes any value. \param[out] text  set if it is a string: decoded, printable, cut
  bool takeText(std::string& text, std::size_t max_bytes);

  /// Takes an object, or skips another value. \param visit  gets each key as it is written, takes
  ///   the value behind it, and returns whether to go on
  template <typename Visit>
  bool eachMember(Visit visit) {
    if (!take('{')) return skipValue();
    if (take('}')) return true;
    do {
      const auto key = takeString();
      if (!key || !take(':') || !visit(*key)) return false;
    } while (take(','));
    return take('}');
  }
  /// Likewise an array. \param visit  takes an element, and returns whether to go on
  template <typename Visit>
  bool eachElement(Visit visit) {
    if (!take('[')) return skipValue();
    if (take(']')) return true;
    do {
      if (!visit()) return false;
    } while (take(','));
    return take(']');
  }

 private:
  void skipSpace();
  bool skipNested();

  const std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace holdfast::proxy
