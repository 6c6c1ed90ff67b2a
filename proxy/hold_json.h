/// \file hold_json.h
/// What is held, as JSON has it: in the channel's state, for the private view, and in `holdfast
/// status --json`. Pure.
#pragma once

#include <Poco/JSON/Object.h>

#include <chrono>
#include <cstddef>
#include <string>

#include "proxy/hold_report.h"

namespace holdfast::proxy {

/// Of more requests the oldest are listed.
inline constexpr std::size_t kMostHeldListed = 100;

/// Sets the keys `hold` (null: nothing is held) and `requests` (a list, oldest first). All texts
/// become short, printable and UTF-8, whatever they were; times are in seconds.
void setHolds(Poco::JSON::Object& object, const HoldReport& report,
              std::chrono::steady_clock::time_point now);

/// What setHolds() has written, or anybody: whatever is missing or odd is passed over, and texts
/// are as they came. Of more requests than kMostHeldListed the first are read.
HoldReport readHolds(const Poco::JSON::Object& object, std::chrono::steady_clock::time_point now);

/// A document of these two keys.
std::string holdJson(const HoldReport& report, std::chrono::steady_clock::time_point now);

}  // namespace holdfast::proxy
