/// \file page_document.h
/// The frame of the channel's pages: one document that loads nothing, and runs only its own script.
/// Pure.
#pragma once

#include <string>
#include <string_view>

#include "proxy/web_socket/web_socket_handshake.h"

namespace holdfast::proxy {

struct PageDocument {
  std::string title;        ///< any text
  std::string body;         ///< HTML of <main>
  std::string_view script;  ///< empty: none
};

std::string renderDocument(const PageDocument& document);

/// What goes with such a page: its type, and what a browser must not do with it. Nothing of the
/// page's own origin but this very script may run in it, for the app shares that origin.
HeaderFields documentHeaders(std::string_view script);

}  // namespace holdfast::proxy
