/// \file temporary_file.h
#pragma once

#include <cstdio>

namespace holdfast {

/// A file without a name, for reading and writing, in the folder for temporary files (TMPDIR, else
/// /tmp). It is gone when it is closed, or when the process ends.
/// \return null if none can be made
std::FILE* openTemporaryFile();

}  // namespace holdfast
