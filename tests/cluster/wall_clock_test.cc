// The wall clock of one of three nodes is wrong: nothing is removed, and all answers stay the same.
#include "tests/support/wall_clock.h"

#include <array>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/node_fixture.h"
#include "tests/e2e/store_commands.h"
#include "tests/support/metrics_text.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class NodesWallClock : public Nodes, public testing::WithParamInterface<const char*> {
 protected:
  static constexpr std::size_t kNodes = 3;
  static constexpr std::size_t kWrong = 1;

  void SetUp() override {
    for (const WallClockFile& clock : clocks_) {
      nodes_.push_back(std::make_unique<ServerProcess>(
          ServerOptions{.settings = NodeSettings(url_, {{"room.heartbeat_timeout", "30m"},
                                                        {"store.event_retention", "30m"},
                                                        {"auth.token_ttl", "1h"}}),
                        .environment = clock.Environment(RTCROOM_LIBFAKETIME)}));
    }
    Gen2Client bob = LoggedIn(node(kWrong), "bob", "multi_room");
    token_ = bob.token();
    ASSERT_EQ(bob.Call("add_pusher", PusherBody("named", "bob")).code(), kOk);
  }

  [[nodiscard]] std::string Stored() const {
    const FinishedCommand checked =
        RunBinary({"check-store", "--config", nodes_.front()->config_file().string()});
    EXPECT_EQ(checked.exit_code, 0) << checked.err;
    return checked.out;
  }
  [[nodiscard]] bool HasUpkeep(std::size_t at) {
    return MetricOf(node(at), R"(rtcroomd_duty{duty="upkeep"})") == 1;
  }
  void ExpectLoggedIn(std::size_t at) {
    Gen2Client bob(node(at).Http(), "bob", "multi_room", token_);
    EXPECT_THAT(PusherIds(bob.Call("get_pushers", RoomBody("named"))), ElementsAre("bob")) << at;
  }

  const std::array<WallClockFile, kNodes> clocks_;
  std::string token_;
};

TEST_P(NodesWallClock, OfOneNodeRemovesNothing) {
  const std::string stored = Stored();
  EXPECT_THAT(stored, HasSubstr("1 sessions"));

  clocks_.at(kWrong).Set(GetParam());
  ASSERT_TRUE(node(kWrong).WaitForLog(R"("event":"clock_differs")"));
  EXPECT_TRUE(Eventually([&] { return !HasUpkeep(kWrong) && (HasUpkeep(0) || HasUpkeep(2)); }));
  ExpectLoggedIn(0);
  EXPECT_EQ(Stored(), stored);

  ASSERT_EQ(node(kWrong).Terminate(), 0);
  node(kWrong).Start(ServerProcess::Until::kWaiting);
  clocks_.at(kWrong).Set("+0");
  EXPECT_TRUE(node(kWrong).AwaitReady());
  EXPECT_EQ(Stored(), stored);
  for (std::size_t at = 0; at < kNodes; ++at) ExpectLoggedIn(at);
}

INSTANTIATE_TEST_SUITE_P(Jumps, NodesWallClock,
                         testing::Values("+1h", "-1h", "+2d", "-2d", "+40d", "-40d", "+10y",
                                         "-10y"));

}  // namespace
}  // namespace rtcroom
