/// \file file_below.h
/// Reads a file of which a peer has named the path, and none outside of one folder.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace holdfast::proxy {

/// Symbolic links count as what they lead to: one that leads out of the folder leads nowhere.
/// Whoever changes the folder meanwhile cannot lead it out either.
/// \param folder  absolute
/// \param relative  below it, with `/`; no part of it is `..`
/// \param max_bytes  of the file
/// \param take  gets the content piece by piece
/// \return whether it is a regular file below the folder, not too large, and was read to its end
bool readFileBelow(const std::string& folder, const std::string& relative, std::size_t max_bytes,
                   const std::function<void(std::span<const std::byte>)>& take);

}  // namespace holdfast::proxy
