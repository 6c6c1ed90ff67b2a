/// \file debug_mark.h
/// What says that a request is for the debugged worker: cookie `holdfast-debug`, or header
/// `X-Holdfast-Debug`. Pure.
#pragma once

#include <string_view>

#include "host/front/params.h"

namespace holdfast {

/// The value of the header, else of the first such cookie; empty: there is none, or an empty one.
/// Valid as long as the params are not changed.
std::string_view debugMark(const Params& params);

/// Whether any of the marks of a request is `mark`: beside the right cookie an old one, set for
/// another path, may have come. In a time that does not depend on what it is. False for an empty
/// one.
bool isMarkedAs(const Params& params, std::string_view mark);

/// Removes all marks. What else is in HTTP_COOKIE stays byte for byte; if nothing is, it goes.
/// \return whether there were any
bool stripDebugMark(Params& params);

}  // namespace holdfast
