/// \file view_page.h
/// The private status view, and the form that asks for the secret before it. Pure.
#pragma once

#include <chrono>
#include <string>

#include "proxy/channel_events.h"

namespace holdfast::proxy {

struct ViewPage {
  std::string path;  ///< of the channel
  ViewRows rows;     ///< any text
  HoldReport holds;  ///< any text
  std::chrono::steady_clock::time_point now;
  std::string form_token;  ///< that the button's form carries
};

/// With a button that lets the app run on while something is held. Its script is kViewPageScript.
std::string renderViewPage(const ViewPage& page);

/// \param objection  why the last attempt failed, any text; empty: there was none
std::string renderViewForm(const std::string& path, const std::string& objection);

}  // namespace holdfast::proxy
