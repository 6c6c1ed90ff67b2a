/// \file descriptors.h
/// What a test opens it must close.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

namespace holdfast {

/// Open descriptors of this process and what each of them is.
inline std::map<std::string, std::string> openDescriptors() {
  std::map<std::string, std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    // The listing's own descriptor is gone by the time anybody looks at it.
    if (!gone && target.string().find("/proc/") != 0) {
      found[entry.path().filename().string()] = target.string();
    }
  }
  return found;
}

/// As the first member of a fixture: checks at its end, when all other members are gone.
class DescriptorCheck {
 public:
  DescriptorCheck() : before_(openDescriptors()) {}
  DescriptorCheck(const DescriptorCheck&) = delete;
  DescriptorCheck& operator=(const DescriptorCheck&) = delete;
  ~DescriptorCheck() {
    const auto after = openDescriptors();
    EXPECT_EQ(after.size(), before_.size()) << "descriptors were left open (or closed too often)";
    for (const auto& [number, target] : after) {
      if (!before_.contains(number)) ADD_FAILURE() << "left open: " << number << " -> " << target;
    }
  }

 private:
  std::map<std::string, std::string> before_;
};

}  // namespace holdfast
