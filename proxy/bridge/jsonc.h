/// \file jsonc.h
/// JSON by position, so that a document can be changed in one place and stay as it is in all
/// others. Also takes what VS Code allows in its files: comments and trailing commas. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::proxy {

struct JsonMember;

/// One value and where it stands.
struct JsonValue {
  enum class Kind { kObject, kArray, kString, kOther /* number, true, false, null */ };

  Kind kind = Kind::kOther;
  std::size_t begin = 0;  ///< of its first byte
  std::size_t end = 0;    ///< behind its last
  std::vector<JsonMember> members;
  std::vector<JsonValue> elements;
  std::optional<std::size_t> trailing_comma;  ///< where it stands, of an object or array

  bool isObject() const { return kind == Kind::kObject; }
  bool isArray() const { return kind == Kind::kArray; }
  bool isString() const { return kind == Kind::kString; }
  /// The last member of that name, as readers of JSON have it; null if there is none, or this is no
  /// object.
  const JsonValue* find(std::string_view name) const;
};

struct JsonMember {
  std::string name;
  std::size_t begin = 0;  ///< of the name's quotation mark
  JsonValue value;
};

/// \param text  UTF-8
/// \return nothing if it is no JSON, even with comments, or nested too deeply
/// \param[out] problem  then: what is wrong, with its line
std::optional<JsonValue> parseJsonc(std::string_view text, std::string& problem);

/// What a string's value is, decoded. \return empty for what is no string
std::string jsonString(std::string_view text, const JsonValue& value);
/// The same for a member that may be missing.
std::string jsonString(std::string_view text, const JsonValue& object, std::string_view name);

/// As a JSON string, with its quotation marks. Bytes from U+0080 on are kept.
std::string quotedJson(std::string_view text);

}  // namespace holdfast::proxy
