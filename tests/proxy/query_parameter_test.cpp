#include "proxy/query_parameter.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

TEST(QueryParameter, IsDecoded) {
  EXPECT_EQ(queryParameter("file=a%2Fb+c%C3%A9", "file"), "a/b c\xC3\xA9");
  EXPECT_EQ(queryParameter("x=1&file=a&file=b", "file"), "a");
  EXPECT_EQ(queryParameter("file=", "file"), "");
  EXPECT_EQ(queryParameter("file=a=b", "file"), "a=b");
}

TEST(QueryParameter, IsNotFoundInOthers) {
  for (const char* text : {"", "file", "files=a", "afile=a", "=a", "&&", "File=a"}) {
    EXPECT_FALSE(queryParameter(text, "file")) << text;
  }
}

TEST(QueryParameter, MalformedIsNone) {
  for (const char* text : {"file=%", "file=%2", "file=%zz"}) {
    EXPECT_FALSE(queryParameter(text, "file")) << text;
  }
}

}  // namespace
}  // namespace holdfast::proxy
