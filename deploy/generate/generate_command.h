/// \file generate_command.h
/// `holdfast generate`: prints or writes a web server's configuration of the site.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

#include "config/settings.h"
#include "deploy/generate/web_site.h"

namespace holdfast::deploy {

/// \param settings  usable ones: without problems
/// \param write  file to write to, relative to `directory`; empty: all goes to `out`. A file that
///   is there is replaced if this command has made it, else left alone.
/// \param[out] err  what is wrong, or worth a warning
/// \return exit code: 0, 1 where the file cannot be written, 2 for wrong options or settings
int generate(const GenerateOptions& options, const Settings& settings,
             const std::filesystem::path& directory, const std::string& write, std::ostream& out,
             std::ostream& err);

}  // namespace holdfast::deploy
