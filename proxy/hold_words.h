/// \file hold_words.h
/// What is held, in words for a person. Pure: texts are taken as they are.
#pragma once

#include <string>

#include "proxy/hold_report.h"

namespace holdfast::proxy {

/// `/srv/site/views.py:42 in view (GET /x)`, as much of it as is known; empty: nothing is.
std::string placeText(const Hold& hold);

/// `kept by hop, nginx waits 60 s, 34 s left`
std::string patienceText(const HeldRequestReport& request);

}  // namespace holdfast::proxy
