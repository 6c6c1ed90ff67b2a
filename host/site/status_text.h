/// \file status_text.h
/// The status of a host for a person in a hurry: what is wrong first. Pure.
#pragma once

#include <Poco/JSON/Object.h>

#include <string>

namespace holdfast {

/// \param host  as statusJson() makes it; whatever is missing or odd is passed over
/// \return lines of at most 100 columns, but for settings
std::string statusText(const Poco::JSON::Object& host);

}  // namespace holdfast
