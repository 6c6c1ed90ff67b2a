/// \file fcgi_bytes.h
/// What a web server sends, in bytes.
#pragma once

#include <fastcgi.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "host/front/fcgi_record.h"
#include "tests/support/test_peer.h"

namespace holdfast {

using PairList = std::initializer_list<std::pair<std::string_view, std::string_view>>;

inline std::string encodedPairs(PairList pairs) {
  std::string bytes;
  for (const auto& [name, value] : pairs) appendPair(bytes, name, value);
  return bytes;
}

inline std::string beginRequest(unsigned id, bool keep, unsigned role = FCGI_RESPONDER) {
  const char body[8] = {static_cast<char>(role >> 8), static_cast<char>(role),
                        static_cast<char>(keep ? FCGI_KEEP_CONN : 0)};
  return rawRecord(FCGI_BEGIN_REQUEST, id, {body, sizeof body});
}

inline std::string paramsOf(unsigned id, PairList pairs) {
  const std::string end = rawRecord(FCGI_PARAMS, id);
  return pairs.size() == 0 ? end : rawRecord(FCGI_PARAMS, id, encodedPairs(pairs)) + end;
}

/// A stream as a web server writes it, in records of at most `size` bytes, and its end.
inline std::string stdinOf(unsigned id, std::string_view body, std::size_t size = 65535) {
  std::string bytes;
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    bytes += rawRecord(FCGI_STDIN, id, body.substr(0, size));
  }
  return bytes + rawRecord(FCGI_STDIN, id);
}

/// A whole request that differs from others by its URI.
inline std::string wholeRequest(unsigned id, bool keep, std::string_view uri = "/",
                                std::string_view body = {}) {
  return beginRequest(id, keep) +
         paramsOf(id, {{"REQUEST_METHOD", body.empty() ? "GET" : "POST"}, {"REQUEST_URI", uri}}) +
         stdinOf(id, body);
}

inline SeenRecord endRecord(unsigned id, unsigned protocol_status = FCGI_REQUEST_COMPLETE,
                            unsigned app_status = 0) {
  const char body[8] = {0, 0, 0, static_cast<char>(app_status), static_cast<char>(protocol_status)};
  return {FCGI_END_REQUEST, id, {body, sizeof body}};
}

}  // namespace holdfast
