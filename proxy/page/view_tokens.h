/// \file view_tokens.h
/// Cookies that open the private status view, and nothing else, for an hour. Pure, but for the
/// random tokens.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "config/secret.h"
#include "proxy/channel_request.h"

namespace holdfast::proxy {

/// Belongs to one thread. At most 16 are valid; the oldest gives way.
class ViewTokens {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kLifetime{3600};

  /// A new token. \return the value of Set-Cookie that brings it to the browser
  /// \param path  of the channel
  std::string issue(const std::string& path, bool tls, Clock::time_point now);

  /// Whether the request has the cookie of a valid token.
  bool opens(const ChannelRequest& request, Clock::time_point now) const {
    return find(request, now) != nullptr;
  }

  /// What the forms of the view have to carry that this request opens; empty: it opens none.
  std::string formToken(const ChannelRequest& request, Clock::time_point now) const;
  /// Whether `given` is that.
  bool takesForm(const ChannelRequest& request, const Secret& given, Clock::time_point now) const;

  /// Another secret: all of them are void.
  void clear() { tokens_.clear(); }

 private:
  struct Token {
    Secret text;
    Secret form;
    Clock::time_point end;
  };
  /// \return null: the request has the cookie of none
  const Token* find(const ChannelRequest& request, Clock::time_point now) const;
  const Token* valid(std::string_view text, Clock::time_point now) const;

  std::vector<Token> tokens_;
};

}  // namespace holdfast::proxy
