/// \file secret.h
/// A text that must not get into a log, a message or a core of freed memory.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

namespace holdfast {

/// Overwrites the characters and leaves an empty text.
inline void wipe(std::string& text) {
  // Volatile, because a compiler may leave out writes that nothing reads.
  volatile char* const bytes = text.data();
  for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = 0;
  text.clear();
}

/// Cannot be printed, converted or compared by accident; its memory is wiped at the end.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : text_(text) {}
  Secret(const Secret&) = default;
  // A moved short string would leave its characters behind.
  Secret(Secret&& other) : text_(other.text_) { wipe(other.text_); }
  Secret& operator=(const Secret& other) {
    if (this == &other) return *this;
    wipe(text_);
    text_ = other.text_;
    return *this;
  }
  Secret& operator=(Secret&& other) {
    if (this == &other) return *this;
    *this = static_cast<const Secret&>(other);
    wipe(other.text_);
    return *this;
  }
  ~Secret() { wipe(text_); }

  bool empty() const { return text_.empty(); }
  /// For the one place that needs it; to be compared only in constant time.
  const std::string& reveal() const { return text_; }

  bool operator==(const Secret&) const = delete;
  bool operator==(std::string_view) const = delete;
  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

 private:
  std::string text_;
};

}  // namespace holdfast
