// A server whose clock differs from its database's.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/database_clock.h"
#include "tests/cluster/node_fixture.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

class WrongClock : public testing::Test {
 protected:
  static constexpr int kMostEvents = 100;

  void SetDatabaseClock(const std::string& ahead) { (void)UrlWithClock(database_, ahead); }

  PostgresServer database_;
  const Secret url_ = UrlWithClock(database_, "0 s");
};

TEST_F(WrongClock, AServerWaitsUntilItIsRightAndSaysWhy) {
  ServerProcess server({.settings = NodeSettings(url_)});
  ASSERT_EQ(server.Terminate(), 0);
  SetDatabaseClock("-1 hour");
  server.Start(ServerProcess::Until::kWaiting);
  EXPECT_TRUE(
      server.WaitForLog(R"("event":"waiting_for_database","reason":"this machine's clock is )"));
  EXPECT_EQ(server.Admin().Get("/readyz").status, 503);
  EXPECT_THAT(server.Log(), Not(HasSubstr("clock_differs"))) << "one line says it";
  SetDatabaseClock("0 s");
  EXPECT_TRUE(server.AwaitReady());
}

TEST_F(WrongClock, AServerThatStartsNeverthelessLeavesTheUpkeepToOthers) {
  SetDatabaseClock("1 hour");
  const ServerProcess wrong({.settings = NodeSettings(url_, {{"store.start_with_wrong_clock", true},
                                                             {"store.max_events", kMostEvents}})});
  EXPECT_LT(MetricOf(wrong, "rtcroomd_clock_difference_seconds"), -3000);
  EXPECT_EQ(MetricOf(wrong, R"(rtcroomd_duty{duty="upkeep"})"), 0);
  EXPECT_EQ(MetricOf(wrong, R"(rtcroomd_duty{duty="reaper"})"), 1);
  EXPECT_TRUE(wrong.WaitForLog(R"("event":"clock_differs","by_ms":-3)"));
  for (int room = 0; room < kMostEvents; ++room) {
    ASSERT_EQ(wrong.Https().Call("multi_room", "create_room", CreateBody("amy")).code(), kOk);
  }
  EXPECT_TRUE(Eventually([&] { return MetricOf(wrong, "rtcroomd_events_trimmed_total") > 0; }))
      << "the bounds hold";
  const ServerProcess right({.settings = NodeSettings(database_.Url())});
  EXPECT_TRUE(Eventually([&] { return MetricOf(right, R"(rtcroomd_duty{duty="upkeep"})") == 1; }));
}

}  // namespace
}  // namespace rtcroom
