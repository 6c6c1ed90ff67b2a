/// \file credentials.h
/// The secret as a client gives it in Authorization (RFC 6750 section 2.1, RFC 7617). Pure.
#pragma once

#include <string_view>

#include "config/secret.h"
#include "proxy/channel_request.h"

namespace holdfast::proxy {

enum class CredentialScheme {
  kNone,       ///< no such header
  kBearer,     ///< `Bearer SECRET`
  kBasic,      ///< `Basic base64("SECRET:")`, what clients make of wss://SECRET@host/
  kMalformed,  ///< another scheme, several headers, no base64
};

struct Credentials {
  CredentialScheme scheme = CredentialScheme::kNone;
  Secret secret;  ///< as it was given
};

Credentials credentialsOf(const ChannelRequest& request);

/// In a time that does not depend on where they differ, nor on how long `secret` is. An empty
/// secret is like nothing.
bool isSameSecret(const Secret& secret, const Secret& given);

}  // namespace holdfast::proxy
