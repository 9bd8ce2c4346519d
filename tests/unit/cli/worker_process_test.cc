#include "daemon/cli/worker_process.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class WorkerConfigTest : public testing::Test {
 protected:
  std::optional<Config> Load(const Environment& environment) {
    return LoadWorkerConfig({"grpc", "log", "web"}, {},
                            {.err = err_, .environment = environment, .clock = clock_});
  }
  std::ostringstream err_;
  FakeClock clock_;
};

TEST_F(WorkerConfigTest, NeedsNothingThatOnlyTheServerHas) {
  const std::optional<Config> config = Load({{"RTCROOMD_WEB_MAX_SESSIONS", "20"},
                                             {"RTCROOMD_WEB_TURN_URLS", "turn:turn.example.com"},
                                             {"RTCROOMD_WEB_PORTS", "50000-50019"}});
  EXPECT_THAT(err_.str(), IsEmpty());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->web.max_sessions, 20U);
}

TEST_F(WorkerConfigTest, NeedsAPortForEachSession) {
  EXPECT_FALSE(Load({{"RTCROOMD_WEB_MAX_SESSIONS", "20"}, {"RTCROOMD_WEB_PORTS", "50000-50009"}}));
  EXPECT_THAT(err_.str(), HasSubstr("web.ports: "));
}

}  // namespace
}  // namespace rtcroom
