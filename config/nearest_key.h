/// \file nearest_key.h
/// What somebody may have meant who wrote a key that does not exist. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast {

/// Characters to insert, remove or replace until `a` is `b` (Levenshtein).
std::size_t editDistance(std::string_view a, std::string_view b);

/// \param key  as written in holdfast.yaml: `server.worker`, or a word outside of any section
/// \return the key of holdfast.yaml that is the least distance away, by its whole name or by its
///   name within the section (`workers`, `app.workers`); for a word also the name of a section
std::string nearestKey(std::string_view key);

/// \param name  of an appSetting or environment variable
/// \return the variable of a setting that was probably meant by a name that begins as ours do but
///   is none; empty if it is one, or if none is near
std::string nearestVariable(std::string_view name);

}  // namespace holdfast
