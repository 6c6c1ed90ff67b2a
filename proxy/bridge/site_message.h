/// \file site_message.h
/// What a message of the site's may do to the debugger that gets it (DAP). Pure.
///
/// Editors obey more than they show: the requests `runInTerminal` and `startDebugging` run commands
/// on the developer's machine, and so does VS Code at debugpy's event of a new subprocess. A
/// debugger that attaches needs none of them, and a site may be in the hands of others.
#pragma once

#include <string_view>

namespace holdfast::proxy {

enum class SiteMessageKind {
  kHarmless,  ///< a response or an event, for every reader of JSON
  kRequest,   ///< readEnvelope() has its number and command
  kLaunch,    ///< an event that makes an editor start another session
  kUnclear,   ///< readers may differ about it, or it is no message
};

/// As strict as no editor is: what one of them might take for a request is never harmless.
/// \param content  JSON of one message
SiteMessageKind kindOfSiteMessage(std::string_view content);

}  // namespace holdfast::proxy
