/// \file params.h
/// The name-value pairs of one request (FastCGI 1.0, section 6.2 "FCGI_PARAMS").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast {

/// An ordered list of pairs, all bytes in one allocation. Names and values are
/// the client's bytes, of no particular encoding. Not thread-safe.
class Params {
 public:
  struct Pair {
    std::string_view name;   ///< valid until the next add()
    std::string_view value;  ///< valid until the next add()
  };

  void reserve(std::size_t pairs, std::size_t bytes) {
    slices_.reserve(pairs);
    bytes_.reserve(bytes);
  }

  void add(std::string_view name, std::string_view value) {
    const auto at = static_cast<std::uint32_t>(bytes_.size());
    bytes_.insert(bytes_.end(), name.begin(), name.end());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    slices_.push_back(
        {at, static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())});
  }

  std::size_t size() const { return slices_.size(); }
  std::size_t bytes() const { return bytes_.size(); }

  Pair operator[](std::size_t index) const {
    const Slice& slice = slices_[index];
    const char* start = bytes_.data() + slice.offset;
    return {{start, slice.name_length}, {start + slice.name_length, slice.value_length}};
  }

  /// The last pair of that name, as configurations override what they include; names compare byte
  /// by byte.
  std::optional<std::string_view> find(std::string_view name) const {
    for (std::size_t i = size(); i-- > 0;) {
      const Pair pair = (*this)[i];
      if (pair.name == name) return pair.value;
    }
    return std::nullopt;
  }

  /// As find(), but an absent name reads as empty.
  std::string_view get(std::string_view name) const { return find(name).value_or(""); }

 private:
  struct Slice {
    std::uint32_t offset;
    std::uint32_t name_length;
    std::uint32_t value_length;
  };
  std::vector<char> bytes_;
  std::vector<Slice> slices_;
};

}  // namespace holdfast
