/// \file temp_directory.h
/// A directory for one test, removed with all that is in it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace holdfast {

class TempDirectory {
 public:
  TempDirectory() {
    // Canonical, because the temporary directory itself may be behind a symbolic link.
    const auto base = std::filesystem::canonical(std::filesystem::temp_directory_path());
    std::string name = (base / "holdfast-config-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

  /// Makes a file, and the directories that lead to it. \return its path
  std::filesystem::path write(const std::string& name, const std::string& text = "") const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  /// The same for a file that can be executed.
  std::filesystem::path writeProgram(const std::string& name) const {
    const std::filesystem::path file = write(name, "#!/bin/sh\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace holdfast
