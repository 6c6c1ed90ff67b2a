#include "config/worker_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

TEST(WorkerEnvironment, IsThatOfTheProcessIfNothingIsSet) {
  EXPECT_THAT(workerEnvironment({}, {"A=1", "B=", "=C:=C:\\x"}),
              ElementsAre("A=1", "B=", "=C:=C:\\x"));
}

TEST(WorkerEnvironment, HasWhatTheSettingsAdd) {
  Settings settings;
  settings.app.environment = {{"B", "2"}, {"C", "x=y"}};
  EXPECT_THAT(workerEnvironment(settings, {"A=1", "B=", "BB=3"}),
              UnorderedElementsAre("A=1", "B=2", "BB=3", "C=x=y"));
}

TEST(WorkerEnvironment, HasPythonpathOnceAndExpanded) {
  Settings settings;
  settings.app.environment = {{"PYTHONPATH", "%X%"}};
  settings.app.pythonpath = {"/a", "/b"};
  EXPECT_THAT(workerEnvironment(settings, {"PYTHONPATH=%X%", "A=1"}),
              UnorderedElementsAre("A=1", "PYTHONPATH=/a:/b"));
}

TEST(WorkerEnvironment, NeverHasTheSecretOfTheDebugger) {
  Settings settings;
  settings.app.environment = {{"WSGI_PTVSD_SECRET", "s"}};
  EXPECT_THAT(workerEnvironment(settings, {"WSGI_PTVSD_SECRET=s", "Wsgi_Ptvsd_Secret=s",
                                           "WSGI_PTVSD_SECRETS=no"}),
              ElementsAre("WSGI_PTVSD_SECRETS=no"));
}

}  // namespace
}  // namespace holdfast
