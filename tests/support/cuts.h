/// \file cuts.h
/// Every parser case runs whole, byte by byte, and cut at random.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

using Chunks = std::vector<std::string_view>;

inline Chunks cutEvery(std::string_view bytes, std::size_t size) {
  Chunks chunks;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    chunks.push_back(bytes.substr(0, size));
  }
  return chunks;
}

/// Mostly short chunks, some long ones.
inline Chunks cutAtRandom(std::string_view bytes, unsigned seed) {
  std::mt19937 random(seed);
  Chunks chunks;
  while (!bytes.empty()) {
    const std::size_t longest = random() % 4 == 0 ? bytes.size() : std::size_t{24};
    const std::size_t size = 1 + random() % std::min(longest, bytes.size());
    chunks.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return chunks;
}

/// \param check  called with the same bytes in chunks of every kind, until one of them fails
inline void forEachCut(std::string_view bytes, const std::function<void(const Chunks&)>& check) {
  {
    SCOPED_TRACE("whole");
    check({bytes});
  }
  {
    SCOPED_TRACE("byte by byte");
    check(cutEvery(bytes, 1));
  }
  for (unsigned seed = 1; seed <= 20 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("cut at random, seed " + std::to_string(seed));
    check(cutAtRandom(bytes, seed));
  }
}

}  // namespace holdfast
