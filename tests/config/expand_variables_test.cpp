#include "config/expand_variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/fake_environment.h"

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ExpandVariables : public testing::Test {
 protected:
  ExpandVariables() {
    environment_.set("HOME", "/root");
    environment_.set("EMPTY", "");
    environment_.set("BOTH", "of the process");
  }

  std::string expand(const std::string& text) {
    unknown_.clear();
    return expandVariables(text, FakeEnvironment::get, more_, unknown_);
  }

  FakeEnvironment environment_;
  const std::vector<EnvironmentVariable> more_{{"SiteLocation", "/site"}, {"BOTH", "of a file"}};
  std::vector<std::string> unknown_;
};

TEST_F(ExpandVariables, ReplacesBothForms) {
  EXPECT_EQ(expand("%HOME%/a;${HOME}/b"), "/root/a;/root/b");
  EXPECT_EQ(expand("%HOME%%HOME%"), "/root/root");
  EXPECT_EQ(expand("%EMPTY%"), "");
  EXPECT_THAT(unknown_, IsEmpty());
}

TEST_F(ExpandVariables, PrefersTheProcess) {
  EXPECT_EQ(expand("%BOTH%"), "of the process");
  EXPECT_EQ(expand("${SiteLocation}"), "/site");
}

TEST_F(ExpandVariables, HasNoRegardToCaseWhereWindowsHasNone) {
  EXPECT_EQ(expand("%home%"), "/root");
  EXPECT_EQ(expand("%SITELOCATION%"), "/site");
  EXPECT_EQ(expand("${home}"), "${home}");
  EXPECT_THAT(unknown_, ElementsAre("home"));
}

TEST_F(ExpandVariables, LeavesWhatIsUnknown) {
  EXPECT_EQ(expand("%NO%;%HOME%;${NO}"), "%NO%;/root;${NO}");
  EXPECT_THAT(unknown_, ElementsAre("NO", "NO"));
}

TEST_F(ExpandVariables, LeavesWhatIsNoVariable) {
  for (const char* text : {"100%", "%", "%%", "${}", "${HOME", "$HOME", "%a/b%", "50%;20%", ""}) {
    EXPECT_EQ(expand(text), text);
    EXPECT_THAT(unknown_, IsEmpty()) << text;
  }
  EXPECT_EQ(expand("5%/%HOME%"), "5%//root");
}

TEST_F(ExpandVariables, DoesNotExpandWhatItPutIn) {
  environment_.set("A", "%HOME%");
  EXPECT_EQ(expand("%A%"), "%HOME%");
}

TEST(SplitPythonpath, SplitsAtBothSeparatorsAndMeansFoldersFromTheRoot) {
  EXPECT_THAT(splitPythonpath("lib;/opt/x:../y", "/srv/site"),
              ElementsAre("/srv/site/lib", "/opt/x", "/srv/site/../y"));
  EXPECT_THAT(splitPythonpath(";;a:;", "/r"), ElementsAre("/r/a"));
  EXPECT_THAT(splitPythonpath("", "/r"), IsEmpty());
}

TEST(JoinPythonpath, IsAsPythonReadsIt) {
  EXPECT_EQ(joinPythonpath({"/a", "/b c"}), "/a:/b c");
  EXPECT_EQ(joinPythonpath({}), "");
}

}  // namespace
}  // namespace holdfast
