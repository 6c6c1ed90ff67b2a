/// \file front_patience.h
/// How long the front end of a request waits for the first byte of its answer. Pure.
///
///     nginx, Apache   60 s, unless they are configured otherwise
///     lighttpd, Caddy, the embedded HTTP front end   for ever
///     mod_fcgid       300 s in all (FcgidBusyTimeout), and 40 s without a sign (FcgidIOTimeout)
///     IIS             its activityTimeout: 30 s in some versions
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "host/front/params.h"

namespace holdfast {

enum class FrontEndKind {
  kNginx,
  kLighttpd,
  kApache,    ///< mod_proxy_fcgi
  kModFcgid,  ///< Apache as well: SERVER_SOFTWARE need not tell them apart
  kCaddy,
  kIis,
  kEmbedded,
  kOther,
};

/// As in HoldReport: `nginx`, ..., `the front end` for one that is not known.
const char* nameOf(FrontEndKind kind);

struct FrontPatience {
  FrontEndKind kind = FrontEndKind::kOther;
  std::optional<std::chrono::milliseconds> limit;  ///< nothing: it waits for ever
  /// It is not the front end's own, but of something between it and the client, such as a load
  /// balancer: only an answer to the client helps.
  bool beyond = false;
};

/// `nginx waits 60 s`
std::string limitInWords(const FrontPatience& patience);

/// What makes such a one wait long enough: the beginning of a sentence.
std::string remedyFor(FrontEndKind kind);

/// What is told counts most: the FastCGI param HOLDFAST_PATIENCE, then the setting, then what is
/// known of its kind by SERVER_SOFTWARE (RFC 3875, section 4.1.17). A setting below what the front
/// end itself tells is meant for what stands before it.
/// \param setting  hold.patience; 0: not set
/// \param from_mod_fcgid  as in Request
FrontPatience patienceOf(const Params& params, std::chrono::milliseconds setting,
                         bool from_mod_fcgid);

}  // namespace holdfast
