#include "proxy/bridge/http_begin.h"

namespace holdfast::proxy {
namespace {

/// With others a browser asks first, by OPTIONS (Fetch, "CORS-preflight").
constexpr std::string_view kMethods[] = {"GET ",    "HEAD ",  "POST ",    "OPTIONS ", "PUT ",
                                         "DELETE ", "PATCH ", "CONNECT ", "TRACE "};

}  // namespace

std::optional<bool> beginsLikeHttp(std::string_view bytes) {
  bool may_become_one = false;
  for (const std::string_view method : kMethods) {
    if (bytes.starts_with(method)) return true;
    may_become_one = may_become_one || method.starts_with(bytes);
  }
  if (may_become_one) return std::nullopt;
  return false;
}

}  // namespace holdfast::proxy
