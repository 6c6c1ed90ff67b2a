/// \file standard_error.h
#pragma once

#include <string_view>

namespace holdfast {

/// Writes all of it to standard error, and waits if need be. No buffer and no
/// lock: a thread that is stuck in here keeps nobody from ending the process.
/// \return false: it cannot be written (closed, disk full)
bool writeStandardError(std::string_view text) noexcept;

}  // namespace holdfast
