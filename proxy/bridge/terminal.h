/// \file terminal.h
/// The terminal that the bridge runs in.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace holdfast::proxy {

/// Whether standard output is one that can rewrite its last line.
bool isLiveTerminal();
/// Columns of standard output's terminal; 0 if unknown.
std::size_t terminalColumns();

/// Asks on the terminal itself, whatever standard input is; what is typed is not shown.
/// \return nothing if there is no terminal, or the answer was called off (Ctrl-C, Ctrl-D)
std::optional<std::string> askHidden(const std::string& question);

}  // namespace holdfast::proxy
