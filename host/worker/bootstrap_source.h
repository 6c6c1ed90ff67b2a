/// \file bootstrap_source.h
/// The texts of python/*.py, put into the executable by the build.
#pragma once

#include <string_view>

namespace holdfast {

std::string_view bootstrapSource();
/// For workers of the debug lane.
std::string_view engineSource();

}  // namespace holdfast
