/// \file parts.h
/// What the configurations of several web servers have in common. Pure.
#pragma once

#include <string>
#include <string_view>

#include "deploy/generate/web_site.h"

namespace holdfast::deploy {

/// `text` in quotation marks; a WebSite's texts need no more than that.
std::string quotedText(std::string_view text);

/// With what stands for itself in a regular expression, for a WebSite's names and URLs.
std::string pattern(std::string_view text);

/// The elements of `list` with `separator` between them.
std::string joined(const std::vector<std::string>& list, std::string_view separator);

/// Loud where the secret would cross the network in the clear. Comment lines, or empty.
std::string tlsWarning(const WebSite& site);

/// How to have a channel where there is none. Comment lines, or empty.
std::string channelHint(const WebSite& site);

}  // namespace holdfast::deploy
