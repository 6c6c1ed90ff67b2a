/// \file full_path.h
/// The path of a request, whatever the front end has made of it. Pure.
#pragma once

#include <string>

#include "host/front/params.h"

namespace holdfast {

/// Microsoft's IIS has the whole path in PATH_INFO.
bool servedByIis(const Params& params);

/// SCRIPT_NAME and PATH_INFO together, as the app will find them: decoded. Front ends put the path
/// now in the one, now in the other; on IIS PATH_INFO alone is the path.
std::string fullPath(const Params& params);

}  // namespace holdfast
