#include "proxy/page/html_text.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

TEST(HtmlText, IsFitForTagsAndAttributes) {
  EXPECT_EQ(htmlText("<a href='x'>\"&\""), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;");
  EXPECT_EQ(htmlText("caf\xC3\xA9\n\ttwo"), "caf\xC3\xA9\n\ttwo");
}

TEST(HtmlText, ShowsWhatNoPageMayHave) {
  EXPECT_EQ(htmlText("\x1B[31m\x7F"), "\xEF\xBF\xBD[31m\xEF\xBF\xBD");
  EXPECT_EQ(htmlText("caf\xE9"), "caf\xEF\xBF\xBD");
}

}  // namespace
}  // namespace holdfast::proxy
