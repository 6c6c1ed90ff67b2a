/// \file keeper.h
/// Who keeps the front end of a held request patient, and when that has to act. Pure.
///
///     received                                              limit
///     |--- wait --------------------------------------|-----|
///     |--- pad --- pad --- pad --- ...                act     the front end gives up
#pragma once

#include <chrono>

#include "host/hold/front_patience.h"

namespace holdfast {

enum class Keeper {
  kWait,     ///< nothing has to be done (for a good while)
  kPad,      ///< the front end is sent records that mean nothing
  kHop,      ///< the web server is made to ask anew, its client does not notice
  kHandOff,  ///< the client is made to ask anew
};

/// As in HoldReport: `wait`, ...
const char* nameOf(Keeper keeper);

/// How many times a web server bears it for one request of its client: an nginx with try_files
/// spends three of its ten redirects on each, and the first request another.
inline constexpr unsigned kMaxHops = 3;

/// \param hops  so far, since the client has asked
/// \param may_hop  there is a path that the web server can be sent to
Keeper keeperFor(const FrontPatience& patience, unsigned hops, bool may_hop);

/// Before the front end's limit: for the way to it, and back.
std::chrono::milliseconds marginOf(std::chrono::milliseconds limit);

/// Whether it is sent pads besides, or it would give up before its limit.
bool wantsSigns(FrontEndKind kind);

/// Between two pads.
std::chrono::milliseconds padIntervalOf(std::chrono::milliseconds limit);

}  // namespace holdfast
