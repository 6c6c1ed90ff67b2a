#include "proxy/path_mapping.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

std::string below(std::string_view path, std::string_view folder) {
  return pathBelow(path, folder).value_or("-");
}

TEST(PathMapping, KnowsTheSystemOfAPath) {
  for (const char* path : {"C:\\site", "c:/site", "\\\\server\\share", "Z:\\"}) {
    EXPECT_TRUE(isWindowsPath(path)) << path;
  }
  for (const char* path : {"/srv/C:\\site", "C:", "site", "", "1:\\x", "C:site"}) {
    EXPECT_FALSE(isWindowsPath(path)) << path;
  }
}

TEST(PathMapping, ComparesAsTheSystemOfThePathDoes) {
  EXPECT_TRUE(isSameFolder("/srv/site/", "/srv/site"));
  EXPECT_FALSE(isSameFolder("/srv/Site", "/srv/site"));
  EXPECT_TRUE(isSameFolder("C:\\Site", "c:/site/"));
  EXPECT_FALSE(isSameFolder("C:\\site", "/c/site"));
}

TEST(PathMapping, FindsWhatIsBelow) {
  EXPECT_EQ(below("/srv/site/a/b.py", "/srv/site"), "a/b.py");
  EXPECT_EQ(below("/srv/site/a.py", "/srv/site/"), "a.py");
  EXPECT_EQ(below("/a.py", "/"), "a.py");
  EXPECT_EQ(below("C:\\Src\\Site\\A\\B.py", "c:\\src\\site"), "A/B.py");
  EXPECT_EQ(below("c:\\a.py", "C:\\"), "a.py");
  EXPECT_EQ(below("\\\\srv\\share\\a.py", "\\\\SRV\\share"), "a.py");
  EXPECT_EQ(below("/srv/site/back\\slash.py", "/srv/site"), "back\\slash.py");
  for (const char* path : {"/srv/site", "/srv/site/", "/srv/site2/a.py", "/other/a.py", "a.py", "",
                           "/srv/site/../../etc/passwd", "/srv/site/./a.py"}) {
    EXPECT_EQ(below(path, "/srv/site"), "-") << path;
  }
}

TEST(PathMapping, MapsByTheLongestThatFits) {
  const std::vector<PathMapping> mappings = {
      {"C:\\src", "/srv"}, {"C:\\src\\lib", "/usr/lib/python"}, {"/home/me", "D:\\site"}};
  EXPECT_EQ(remotePath("c:\\src\\a\\b.py", mappings), "/srv/a/b.py");
  EXPECT_EQ(remotePath("C:\\src\\lib\\c.py", mappings), "/usr/lib/python/c.py");
  EXPECT_EQ(remotePath("/home/me/x/y.py", mappings), "D:\\site\\x\\y.py");
  EXPECT_EQ(remotePath("/elsewhere/y.py", mappings), "/elsewhere/y.py");
}

}  // namespace
}  // namespace holdfast::proxy
