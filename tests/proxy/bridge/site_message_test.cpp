#include "proxy/bridge/site_message.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast::proxy {
namespace {

using Kind = SiteMessageKind;

TEST(SiteMessage, IsHarmlessAsEnginesWriteResponsesAndEvents) {
  for (
      const char* content : {
          R"({"seq": 1, "type": "response", "request_seq": 1, "success": true})",
          R"({"seq":1,"type":"event","event":"output","body":{"output":"a \" \\ {\n","x":[1.5e-3]}})",
          " {\"type\" : \"event\",\r\n\t\"event\":\"stopped\", \"a\": [[], {}, null, NaN]} ",
          R"({"type":"response","command":"runInTerminal"})",
          R"({"type":"event","event":""})",
          R"({"type":"response","body":{"type":"request","command":"runInTerminal"}})",
      }) {
    EXPECT_EQ(kindOfSiteMessage(content), Kind::kHarmless) << content;
  }
}

TEST(SiteMessage, MayBeARequest) {
  EXPECT_EQ(kindOfSiteMessage(R"({"seq":1,"type":"request","command":"runInTerminal"})"),
            Kind::kRequest);
  EXPECT_EQ(kindOfSiteMessage(R"({"command":"startDebugging","arguments":{},"Type":"request"})"),
            Kind::kRequest);
}

TEST(SiteMessage, MayMakeTheEditorStartAnotherSession) {
  for (const char* name : {"debugpyAttach", "ptvsd_attach", "ptvsd_subprocess"}) {
    const std::string content = std::string(R"({"type":"event","event":")") + name + "\"}";
    EXPECT_EQ(kindOfSiteMessage(content), Kind::kLaunch) << content;
  }
}

/// Each of them is a request, or a launch, for some reader of JSON.
TEST(SiteMessage, IsUnclearWhereReadersDiffer) {
  for (const char* content : {
           R"({"type":"event","event":"a","type":"request","command":"runInTerminal"})",
           R"({"type":"event","event":"a","Type":"request","command":"runInTerminal"})",
           R"({"type":"event","event":"a","t\u0079pe":"request"})",
           R"({"type":"re\u0071uest"})",
           R"({"type":"event","event":"debugpy\u0041ttach"})",
           R"({"type":"event","event":"a","event":"debugpyAttach"})",
           R"({"type":"event","event":"a", /* " */ 'type':'request' /* " */})",
           R"({"type":"event","event":"a","x":['"',"type":"request",'"']})",
           R"({"type":"event","event":"a","x":[1 /* ] */ ],"y":2})",
           R"({"type":"event","event":"a","x":[}]})",
           R"({"type":"event","event":"a"} {"type":"request"})",
           R"({"type":"event","event":"a")",
           R"({"type":"event","event":"a",})",
           R"({type:"request"})",
           R"(/**/{"type":"request"})",
           R"({"type":["event"],"event":"a"})",
           R"({"type":"event"})",
           R"({"type":"else"})",
           "\xEF\xBB\xBF{\"type\":\"response\"}",
           R"([{"type":"response"}])",
           R"({"type":"response","a":"\)",
           "{}",
           "{",
           "",
       }) {
    EXPECT_EQ(kindOfSiteMessage(content), Kind::kUnclear) << content;
  }
  const std::string deep = R"({"type":"response","x":)" + std::string(100'000, '[');
  EXPECT_EQ(kindOfSiteMessage(deep), Kind::kUnclear);
}

TEST(SiteMessage, IsNeverHarmlessWhereItIsCut) {
  const std::string content =
      R"({"type":"event","event":"output","body":{"output":"a \" b","x":[1,true]}})";
  for (std::size_t size = 0; size < content.size(); ++size) {
    EXPECT_EQ(kindOfSiteMessage(content.substr(0, size)), Kind::kUnclear) << size;
  }
}

}  // namespace
}  // namespace holdfast::proxy
