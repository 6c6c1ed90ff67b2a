#include "proxy/page/view_tokens.h"

#include <Poco/URI.h>

#include <algorithm>

#include "config/letter_case.h"
#include "config/text_parts.h"
#include "proxy/gate/credentials.h"
#include "proxy/gate/random_token.h"

namespace holdfast::proxy {

namespace {
constexpr std::string_view kName = "holdfast-view=";
constexpr std::size_t kMostTokens = 16;
constexpr std::size_t kMostTried = 4;

std::string encodedPath(const std::string& path) {
  std::string encoded;
  Poco::URI::encode(path, ";,\"", encoded);
  return encoded;
}
}  // namespace

std::string ViewTokens::issue(const std::string& path, bool tls, Clock::time_point now) {
  const std::string token = randomToken();
  std::erase_if(tokens_, [&](const Token& old) { return now >= old.end; });
  if (tokens_.size() == kMostTokens) tokens_.erase(tokens_.begin());
  tokens_.push_back({Secret(token), Secret(randomToken()), now + kLifetime});
  return std::string(kName) + token + "; Path=" + encodedPath(path) +
         "; Max-Age=" + std::to_string(kLifetime.count()) + "; HttpOnly; SameSite=Strict" +
         (tls ? "; Secure" : "");
}

std::string ViewTokens::formToken(const ChannelRequest& request, Clock::time_point now) const {
  const Token* const token = find(request, now);
  return token == nullptr ? std::string() : token->form.reveal();
}

bool ViewTokens::takesForm(const ChannelRequest& request, const Secret& given,
                           Clock::time_point now) const {
  const Token* const token = find(request, now);
  return token != nullptr && isSameSecret(token->form, given);
}

const ViewTokens::Token* ViewTokens::find(const ChannelRequest& request,
                                          Clock::time_point now) const {
  std::size_t tried = 0;
  // HTTP/2 front ends may pass several Cookie fields on (RFC 9113, section 8.2.3).
  for (const auto& [name, value] : request.headers) {
    if (!equalsIgnoringCase(name, "Cookie")) continue;
    for (std::string_view cookie : split(value, ';')) {
      cookie.remove_prefix(std::min(cookie.find_first_not_of(' '), cookie.size()));
      if (!cookie.starts_with(kName)) continue;
      if (const Token* const token = valid(cookie.substr(kName.size()), now)) return token;
      if (++tried == kMostTried) return nullptr;
    }
  }
  return nullptr;
}

const ViewTokens::Token* ViewTokens::valid(std::string_view text, Clock::time_point now) const {
  const Secret given(text);
  const auto found = std::find_if(tokens_.begin(), tokens_.end(), [&](const Token& token) {
    return now < token.end && isSameSecret(token.text, given);
  });
  return found == tokens_.end() ? nullptr : &*found;
}

}  // namespace holdfast::proxy
