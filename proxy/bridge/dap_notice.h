/// \file dap_notice.h
/// Messages by which the bridge itself speaks to the debugger's client (DAP events), and to the
/// site. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::proxy {

/// A line in the client's debug console, as it goes over the wire.
std::string outputNotice(std::string_view text);
/// The debugged process is gone for this client: it closes its session.
std::string terminatedNotice();
/// The answer to a request of the site's: no.
/// \param seq, command  of the request
std::string refusedRequest(std::int64_t seq, std::string_view command);

}  // namespace holdfast::proxy
