#include "proxy/page/info_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/proxy/channel_requests.h"

namespace holdfast::proxy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

InfoPage page() {
  InfoPage page;
  page.path = "/ptvsd";
  page.host = "site.example";
  page.engine.kind = EngineState::kReady;
  page.engine.name = "debugpy";
  page.engine.version = "1.8.22";
  page.engine.python = "3.11.2";
  page.time_left = std::chrono::hours(47);
  page.tls = true;
  page.confidential = true;
  page.client_is_known = true;
  return page;
}

TEST(InfoPage, TellsWhatRuns) {
  EXPECT_THAT(renderInfoPage(page()),
              AllOf(HasSubstr("Debugging is on<"), HasSubstr("debugpy 1.8.22"), HasSubstr("3.11.2"),
                    HasSubstr("in 47 h"), Not(HasSubstr("class=\"card warning\">"))));
}

TEST(InfoPage, NamesTheLineThatAttaches) {
  const std::string html = renderInfoPage(page());
  EXPECT_THAT(html, AllOf(HasSubstr("holdfast attach <span class=\"scheme\">wss://</span>"),
                          HasSubstr("&lt;secret&gt;</span>@<span class=\"address\">"
                                    "site.example/ptvsd</span>")));
}

TEST(InfoPage, TellsThatTheImportWaitsForADebugger) {
  EXPECT_THAT(renderInfoPage(page()), Not(HasSubstr("debug.wait")));
  InfoPage waiting = page();
  waiting.engine.import_waits = true;
  EXPECT_THAT(renderInfoPage(waiting),
              AllOf(HasSubstr("Debugging is on; the import of the app waits for a debugger<"),
                    HasSubstr("debug.wait")));
}

TEST(InfoPage, NamesTheProblemOfTheEngine) {
  InfoPage broken = page();
  broken.engine.kind = EngineState::kFailed;
  broken.engine.problem = "debugpy is not installed in <venv>: run pip install debugpy";
  EXPECT_THAT(
      renderInfoPage(broken),
      AllOf(HasSubstr("no debugger can attach"),
            HasSubstr("debugpy is not installed in &lt;venv&gt;: run pip install debugpy")));
}

struct Warning {
  void (*change)(InfoPage&);
  const char* text;
};

TEST(InfoPage, WarnsOfWhatIsWrong) {
  const Warning cases[] = {
      {[](InfoPage& p) { p.expired = true; }, "Debugging has expired"},
      {[](InfoPage& p) { p.weak_secret = true; }, "The secret is too short"},
      {[](InfoPage& p) { p.tls = p.confidential = false; }, "did not come by HTTPS"},
      {[](InfoPage& p) {
         p.tls = p.confidential = false;
         p.scheme_unsaid = true;
       },
       "does not say whether you use HTTPS"},
      {[](InfoPage& p) { p.client_is_known = false; }, "does not say who you are"},
      {[](InfoPage& p) { p.by_fastcgi = true; }, "by FastCGI, which carries no WebSocket"},
  };
  for (const Warning& warning : cases) {
    InfoPage changed = page();
    EXPECT_THAT(renderInfoPage(changed), Not(HasSubstr(warning.text)));
    warning.change(changed);
    EXPECT_THAT(renderInfoPage(changed), HasSubstr(warning.text));
  }
}

TEST(InfoPage, RemediesNameTheListener) {
  InfoPage unix_socket = page();
  unix_socket.listener = "unix:/run/site.sock";
  EXPECT_THAT(renderInfoPage(unix_socket),
              AllOf(HasSubstr("proxy_pass http://unix:/run/site.sock:;"),
                    HasSubstr("unix:/run/site.sock|http://localhost/ptvsd"),
                    HasSubstr("&quot;host&quot; =&gt; &quot;/run/site.sock&quot;"),
                    HasSubstr("reverse_proxy @holdfast unix//run/site.sock")));
  InfoPage tcp = page();
  tcp.listener = "tcp:127.0.0.1:9001";
  EXPECT_THAT(renderInfoPage(tcp),
              AllOf(HasSubstr("proxy_pass http://127.0.0.1:9001;"),
                    HasSubstr("&quot;http://127.0.0.1:9001/ptvsd&quot; upgrade=websocket"),
                    HasSubstr("&quot;127.0.0.1&quot;, &quot;port&quot; =&gt; 9001"),
                    HasSubstr("reverse_proxy @holdfast 127.0.0.1:9001")));
  EXPECT_THAT(renderInfoPage(page()), HasSubstr("--channel unix:"));
}

TEST(ShownHost, IsANameAndAPort) {
  for (const char* host :
       {"site.example", "site.example:8443", "[2001:db8::1]:8000", "127.0.0.1"}) {
    EXPECT_EQ(shownHost(withHeader(ChannelRequest(), "host", host)), host);
  }
}

TEST(ShownHost, IsAPlaceholderForAnythingElse) {
  EXPECT_EQ(shownHost(ChannelRequest()), "SITE");
  for (const std::string& host :
       {std::string(), std::string("<script>"), std::string("a\"b"), std::string("a b"),
        std::string("a/b"), std::string("a@b"), std::string("\xC3\xA9"), std::string(256, 'a')}) {
    EXPECT_EQ(shownHost(withHeader(ChannelRequest(), "Host", host)), "SITE") << host;
  }
  EXPECT_EQ(shownHost(withHeader(requestFor("/ptvsd"), "Host", "b")), "SITE") << "two of them";
}

}  // namespace
}  // namespace holdfast::proxy
