#include "config/nearest_key.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(EditDistance, CountsInsertionsRemovalsAndReplacements) {
  EXPECT_EQ(editDistance("", ""), 0u);
  EXPECT_EQ(editDistance("workers", "workers"), 0u);
  EXPECT_EQ(editDistance("", "abc"), 3u);
  EXPECT_EQ(editDistance("abc", ""), 3u);
  EXPECT_EQ(editDistance("worker", "workers"), 1u);
  EXPECT_EQ(editDistance("wurkers", "workers"), 1u);
  EXPECT_EQ(editDistance("kitten", "sitting"), 3u);
}

struct NearestKeyCase {
  const char* written;
  const char* meant;
};

class NearestKey : public testing::TestWithParam<NearestKeyCase> {};

TEST_P(NearestKey, IsWhatWasProbablyMeant) {
  EXPECT_EQ(nearestKey(GetParam().written), GetParam().meant);
}

INSTANTIATE_TEST_SUITE_P(Mistakes, NearestKey,
                         testing::Values(NearestKeyCase{"server.worker", "server.workers"},
                                         NearestKeyCase{"server.wrokers", "server.workers"},
                                         NearestKeyCase{"app.Handler", "app.handler"},
                                         NearestKeyCase{"app.workers", "server.workers"},
                                         NearestKeyCase{"workers", "server.workers"},
                                         NearestKeyCase{"handlr", "app.handler"},
                                         NearestKeyCase{"sever", "server"},
                                         NearestKeyCase{"apps", "app"},
                                         NearestKeyCase{"server.show-errors", "server.show_errors"},
                                         NearestKeyCase{"", "app"}));

TEST(NearestKeyOfOption, IsNotOneThatAFileCannotSet) {
  EXPECT_NE(nearestKey("server.socket_modes"), "server.socket_mode");
}

TEST(NearestVariable, IsOnlyForNamesThatLookLikeOurs) {
  EXPECT_EQ(nearestVariable("WSGI_HANDELR"), "WSGI_HANDLER");
  EXPECT_EQ(nearestVariable("wsgi_worker"), "WSGI_WORKERS");
  EXPECT_EQ(nearestVariable("HOLDFAST_LISTN"), "HOLDFAST_LISTEN");
  EXPECT_EQ(nearestVariable("WSGI_HANDLER"), "");
  EXPECT_EQ(nearestVariable("wsgi_handler"), "");
  EXPECT_EQ(nearestVariable("WSGI_SOMETHING_ELSE"), "");
  EXPECT_EQ(nearestVariable("PYTHONPAHT"), "");
  EXPECT_EQ(nearestVariable(""), "");
}

}  // namespace
}  // namespace holdfast
