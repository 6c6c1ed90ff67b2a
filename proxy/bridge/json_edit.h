/// \file json_edit.h
/// Changes in the text of a JSON document that leave all the rest of it as it is. Pure.
#pragma once

#include <string>
#include <string_view>

#include "proxy/bridge/jsonc.h"

namespace holdfast::proxy {

/// Collects changes of one text whose positions are those of the text before all of them.
class JsonEdit {
 public:
  /// \param text  outlives the edit
  explicit JsonEdit(std::string_view text) : text_(text) {}

  /// \param json  the new value
  void replace(const JsonValue& value, std::string json);
  /// Behind the last member or element, in the way in which those are laid out. Once for each
  /// container.
  /// \param item  `"NAME": VALUE` for an object, a value for an array, or several with commas; its
  ///   further lines are indented as if the first were not
  void append(const JsonValue& container, std::string_view item);

  bool empty() const { return changes_.empty(); }
  std::string result() const;

 private:
  struct Change {
    std::size_t begin;
    std::size_t end;
    std::string text;
  };
  void appendToEmpty(const JsonValue& container, std::string_view item);
  std::size_t endOfItemLine(std::size_t at) const;
  std::string_view lineIndent(std::size_t at) const;
  std::string indented(std::string_view item, std::string_view indent) const;

  std::string_view text_;
  std::vector<Change> changes_;
};

/// `\r\n` where the text has it, else `\n`.
std::string lineEnd(std::string_view text);
/// What one level of indentation is in that text: four blanks if it does not show.
std::string indentUnit(std::string_view text);

}  // namespace holdfast::proxy
