/// \file temporary_file.h
#pragma once

#include <cstdio>
#include <string>

namespace holdfast {

/// The folder for temporary files: TMPDIR, else /tmp.
std::string temporaryFolder();

/// A file without a name, for reading and writing, in temporaryFolder(). It is gone when it is
/// closed, or when the process ends. \return null if none can be made, errno says why; EMFILE also
/// where so few descriptors are left
///   that what clients send would keep workers from being replaced
std::FILE* openTemporaryFile();

}  // namespace holdfast
