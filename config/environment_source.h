/// \file environment_source.h
/// The settings given as environment variables.
#pragma once

#include <filesystem>

#include "config/setting_source.h"

namespace holdfast {

/// A variable that is set but empty counts as not set: that is how process managers and container
/// files unset what they inherit.
/// \param directory  the current one, from which users mean their paths
SourceContents readEnvironment(EnvironmentLookup environment,
                               const std::filesystem::path& directory);

}  // namespace holdfast
