/// \file standard_error.h
#pragma once

#include <chrono>
#include <string_view>

namespace holdfast {

/// Writes all of it to standard error, and waits if need be. No buffer and no
/// lock: a thread that is stuck in here keeps nobody from ending the process.
/// \return false: it cannot be written (closed, disk full)
bool writeStandardError(std::string_view text) noexcept;

/// The same, but waits no longer than `patience` for a reader to take a part of it.
/// \return false also where the reader did not; a part of it may have been written
bool writeStandardErrorWithin(std::string_view text, std::chrono::milliseconds patience) noexcept;

}  // namespace holdfast
