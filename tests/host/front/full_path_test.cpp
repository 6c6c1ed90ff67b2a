#include "host/front/full_path.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>

namespace holdfast {
namespace {

Params paramsWith(std::initializer_list<std::pair<std::string_view, std::string_view>> given) {
  Params params;
  for (const auto& [name, value] : given) params.add(name, value);
  return params;
}

TEST(FullPath, IsScriptNameAndPathInfo) {
  EXPECT_EQ(fullPath(paramsWith({{"SCRIPT_NAME", "/ptvsd/view"}})), "/ptvsd/view");
  EXPECT_EQ(fullPath(paramsWith({{"PATH_INFO", "/ptvsd/view"}})), "/ptvsd/view");
  EXPECT_EQ(fullPath(paramsWith({{"SCRIPT_NAME", "/ptvsd"}, {"PATH_INFO", "/view"}})),
            "/ptvsd/view");
  EXPECT_EQ(fullPath(Params()), "");
}

TEST(FullPath, IsPathInfoOfIis) {
  EXPECT_EQ(fullPath(paramsWith({{"SERVER_SOFTWARE", "Microsoft-IIS/10.0"},
                                 {"SCRIPT_NAME", "/ptvsd"},
                                 {"PATH_INFO", "/ptvsd"}})),
            "/ptvsd");
}

TEST(FullPath, TakesTheBytesAsTheyAre) {
  EXPECT_EQ(fullPath(paramsWith({{"PATH_INFO", "//a b\xff"}})), "//a b\xff");
}

}  // namespace
}  // namespace holdfast
