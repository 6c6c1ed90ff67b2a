/// \file bootstrap_source.h
/// The text of python/bootstrap.py, put into the executable by the build.
#pragma once

#include <string_view>

namespace holdfast {

std::string_view bootstrapSource();

}  // namespace holdfast
