/// \file quantities.h
/// Times and sizes as people write them. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "config/setting_values.h"

namespace holdfast {

/// A whole number with ms, s, min, h or d, in any case, blanks between them or not; a number alone
/// means seconds. Both limits belong to what is allowed.
Objection parseDuration(const std::string& text, std::chrono::milliseconds least,
                        std::chrono::milliseconds most, std::chrono::milliseconds& value);

/// In the largest unit that makes a whole number of it: `90 s`, `5 min`.
std::string durationText(std::chrono::milliseconds value);

/// A whole number with B, kB, MB, GB (powers of 1000) or KiB, MiB, GiB (powers of 1024), in any
/// case, blanks between them or not; a number alone means bytes.
Objection parseBytes(const std::string& text, std::uint64_t least, std::uint64_t most,
                     std::uint64_t& value);

/// In the largest power of 1024 that makes a whole number of it: `1 GiB`, `1000 B`.
std::string bytesText(std::uint64_t value);

}  // namespace holdfast
