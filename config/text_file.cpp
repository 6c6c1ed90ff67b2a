#include "config/text_file.h"

#include <cerrno>
#include <fstream>

namespace holdfast {

std::error_code readTextFile(const std::filesystem::path& file, std::string& text) {
  constexpr std::size_t kLimit = kMaxSettingsBytes + 1;
  std::error_code error;
  const auto kind = std::filesystem::status(file, error).type();
  if (kind == std::filesystem::file_type::directory) {
    return std::make_error_code(std::errc::is_a_directory);
  }
  // A pipe that nobody writes to would be waited for.
  if (kind == std::filesystem::file_type::fifo) {
    return std::make_error_code(std::errc::invalid_seek);
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  text.resize(kLimit);
  if (stream) stream.read(text.data(), static_cast<std::streamsize>(kLimit));
  // A stream that ends before the limit has failed as well, but is not bad.
  if (!stream.is_open() || stream.bad()) {
    return {errno != 0 ? errno : EIO, std::generic_category()};
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return {};
}

}  // namespace holdfast
