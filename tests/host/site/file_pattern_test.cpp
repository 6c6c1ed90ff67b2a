#include "host/site/file_pattern.h"

#include <gtest/gtest.h>

#include <string>

#include "config/settings.h"

namespace holdfast {
namespace {

using Verdict = FilePattern::Verdict;

struct Case {
  const char* pattern;
  const char* path;
  bool matches;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  // Escaped: reports are XML, where a path that is not UTF-8 has no place.
  return out << c.pattern << " on " << testing::PrintToString(std::string(c.path));
}

class FilePatternTest : public testing::TestWithParam<Case> {};

TEST_P(FilePatternTest, MatchesAsPythonsReMatchDoes) {
  const Case& c = GetParam();
  EXPECT_EQ(FilePattern(c.pattern).match(c.path), c.matches ? Verdict::kYes : Verdict::kNo);
}

// What each comes to was seen with re.match of CPython 3.11.
INSTANTIATE_TEST_SUITE_P(
    OfPaths, FilePatternTest,
    testing::Values(
        Case{".*\\.data$", "myapp.data", true}, Case{".*\\.data$", "a/b/myapp.data", true},
        Case{".*\\.data$", "myapp.data.bak", false}, Case{".*\\.data", "myapp.data.bak", true},
        Case{"^sub/", "sub/app.py", true}, Case{"^sub/", "other/sub/app.py", false},
        Case{"sub/", "sub/app.py", true}, Case{"sub/", "other/sub/app.py", false},
        Case{"app", "app.py", true}, Case{"app$", "app.py", false}, Case{"py", "app.py", false},
        Case{"(?!static/).*\\.py$", "app.py", true},
        Case{"(?!static/).*\\.py$", "static/app.py", false}, Case{"(?i).*\\.PY$", "app.py", true},
        Case{".*\\.PY$", "app.py", false},
        Case{"(?P<name>\\w+)/(?P=name)\\.py", "app/app.py", true},
        Case{"(?P<name>\\w+)/(?P=name)\\.py", "app/views.py", false}, Case{"a|b", "b.py", true},
        Case{"a|b", "cb.py", false}, Case{"", "app.py", true}, Case{"(?=a)", "app.py", true},
        Case{".*\\.py$", "app.py\n", true}, Case{".*\\.py$", "two\nlines.py", false},
        Case{"(?s).*\\.py$", "two\nlines.py", true}, Case{".*\\.py$", "\xFF\xFE.py", true},
        Case{"b\xC3\xBC.*", "b\xC3\xBC.py", true}));

TEST(FilePattern, OfTheDefaultTakesCodeAndSettings) {
  const FilePattern pattern(Settings().reload.pattern);
  for (const char* path : {"app.py", "a/b/c.py", "web.config", "a/web.config", ".py"}) {
    EXPECT_EQ(pattern.match(path), Verdict::kYes) << path;
  }
  for (const char* path : {"app.pyc", "app.PY", "app.py~", ".app.py.swp", "4913", "", "py"}) {
    EXPECT_EQ(pattern.match(path), Verdict::kNo) << path;
  }
}

TEST(FilePattern, OfTheDefaultCopesWithTheLongestPath) {
  const FilePattern pattern(Settings().reload.pattern);
  EXPECT_EQ(pattern.match(std::string(4093, 'a') + ".py"), Verdict::kYes);
  EXPECT_EQ(pattern.match(std::string(4096, 'a')), Verdict::kNo);
  EXPECT_EQ(pattern.match(std::string(4096, '.')), Verdict::kNo);
}

TEST(FilePattern, GivesUpOnWhatTakesTooLong) {
  EXPECT_EQ(FilePattern("(a+)+$").match(std::string(60, 'a') + "b"), Verdict::kTooCostly);
  // As deep as the path is long, which would be a matter of the stack.
  EXPECT_EQ(FilePattern("(a|b)*c").match(std::string(1'000'000, 'a')), Verdict::kTooCostly);
}

TEST(FilePattern, MatchesOnAfterItGaveUp) {
  const FilePattern pattern("(a+)+$");
  EXPECT_EQ(pattern.match(std::string(60, 'a') + "b"), Verdict::kTooCostly);
  EXPECT_EQ(pattern.match("aaa"), Verdict::kYes);
}

}  // namespace
}  // namespace holdfast
