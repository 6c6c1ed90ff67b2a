/// \file http_listener.h
/// Where an HTTP front end listens.
#pragma once

#include "host/platform/listening.h"

namespace holdfast {

/// As openListener(), but in `tcp:HOST:PORT` HOST may be a name or an IPv6 address in brackets, and
/// port 0 means any free one. Throws as openListener().
OpenedListener openHttpListener(const ListenerOptions& options);

}  // namespace holdfast
