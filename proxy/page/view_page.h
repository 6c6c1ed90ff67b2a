/// \file view_page.h
/// The private status view, and the form that asks for the secret before it. Pure.
#pragma once

#include <string>

#include "proxy/channel_events.h"

namespace holdfast::proxy {

/// \param path  of the channel
/// \param rows  any text
std::string renderViewPage(const std::string& path, const ViewRows& rows);

/// \param objection  why the last attempt failed, any text; empty: there was none
std::string renderViewForm(const std::string& path, const std::string& objection);

}  // namespace holdfast::proxy
