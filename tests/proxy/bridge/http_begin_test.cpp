#include "proxy/bridge/http_begin.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

TEST(HttpBegin, IsToldFromTheFirstBytes) {
  for (const char* bytes : {"GET / HTTP/1.1\r\n", "POST /a:b HTTP/1.1", "OPTIONS ", "HEAD /"}) {
    EXPECT_EQ(beginsLikeHttp(bytes), true) << bytes;
  }
  for (const char* bytes : {"Content-Length: 2", "PTVSDBG", "GETS", "get /", "\x16\x03\x01"}) {
    EXPECT_EQ(beginsLikeHttp(bytes), false) << bytes;
  }
}

TEST(HttpBegin, WaitsForAsManyBytesAsItTakes) {
  for (const char* bytes : {"", "G", "POST", "P", "OPTIONS"}) {
    EXPECT_EQ(beginsLikeHttp(bytes), std::nullopt) << bytes;
  }
}

}  // namespace
}  // namespace holdfast::proxy
