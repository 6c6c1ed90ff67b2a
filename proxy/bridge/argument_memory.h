/// \file argument_memory.h
/// The command line as the system shows it to everybody on the machine (ps).
#pragma once

#include "config/secret.h"

namespace holdfast::proxy {

/// Overwrites the user part of the first argument that is a URL with one, where the system allows,
/// and makes it `***` for those who read the argument later.
/// \return what stood there, as it was written; empty: nothing
Secret hideUserPart(int argc, char** argv);

}  // namespace holdfast::proxy
