/// \file web_config_source.h
/// The settings given in web.config: <appSettings> as .NET reads it, the rest of the file passed
/// over.
///
///     <configuration>
///       <appSettings>
///         <add key="WSGI_HANDLER" value="mysite.wsgi.application"/>
///       </appSettings>
///     </configuration>
#pragma once

#include <filesystem>
#include <string>

#include "config/setting_source.h"

namespace holdfast {

/// Reads the web.config in the app root, whatever the case of its name; none is no mistake.
SourceContents readWebConfig(const std::filesystem::path& root);

/// The same of a text in memory. \param file  names it; the files that it leads to are beside it
SourceContents parseWebConfigSource(const std::string& text, const std::filesystem::path& file);

}  // namespace holdfast
