// The wall clocks of three nodes are wrong, one of them or all: nothing is removed, and all answers
// stay the same.
#include "tests/support/wall_clock.h"

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/node_fixture.h"
#include "tests/e2e/aging_rows.h"
#include "tests/e2e/store_commands.h"
#include "tests/support/metrics_text.h"

namespace rtcroom {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::years;
using testing::HasSubstr;

class NodesWallClock : public Nodes, public testing::WithParamInterface<std::chrono::seconds> {
 protected:
  static constexpr std::size_t kNodes = 3;
  static constexpr std::size_t kWrong = 1;

  void SetUp() override {
    for (const WallClockFile& clock : clocks_) {
      nodes_.push_back(std::make_unique<ServerProcess>(
          ServerOptions{.settings = NodeSettings(url_, WithAgingRows({{"auth.token_ttl", "1h"}})),
                        .environment = clock.Environment(RTCROOM_OFFSET_CLOCK)}));
    }
    rows_.emplace(node(kWrong));
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
  void ExpectAllInForce() {
    for (const auto& node : nodes_) rows_->ExpectInForce(*node);
  }

  const std::array<WallClockFile, kNodes> clocks_;
  std::optional<AgingRows> rows_;
};

TEST_P(NodesWallClock, OfOneNodeRemovesNothing) {
  const std::string stored = Stored();
  EXPECT_THAT(stored, HasSubstr(AgingRows::kCounted));

  clocks_.at(kWrong).Set(GetParam());
  ASSERT_TRUE(node(kWrong).WaitForLog(R"("event":"clock_differs")"));
  EXPECT_TRUE(Eventually([&] { return !HasUpkeep(kWrong) && (HasUpkeep(0) || HasUpkeep(2)); }));
  rows_->ExpectInForce(node(0));
  rows_->ExpectEndedLogins(node(kWrong));
  EXPECT_EQ(Stored(), stored);
  const LoginsMeanwhile logins(node(kWrong));

  ASSERT_EQ(node(kWrong).Terminate(), 0);
  node(kWrong).Start(ServerProcess::Until::kWaiting);
  clocks_.at(kWrong).Set({});
  EXPECT_TRUE(node(kWrong).AwaitReady());
  ExpectAllInForce();
  logins.ExpectKept(node(0));
  logins.ExpectKept(node(kWrong));
}

class AllWallClocks : public NodesWallClock {};

TEST_P(AllWallClocks, OfTheNodesRemoveNothing) {
  const std::string stored = Stored();
  for (const WallClockFile& clock : clocks_) clock.Set(GetParam());
  for (const auto& node : nodes_) {
    ASSERT_TRUE(node->WaitForLog(R"("event":"clock_differs")"));
    rows_->ExpectEndedLogins(*node);
  }
  EXPECT_EQ(Stored(), stored);
  for (const WallClockFile& clock : clocks_) clock.Set({});
  for (const auto& node : nodes_) ASSERT_TRUE(node->WaitForLog(R"("event":"clock_agrees")"));
  EXPECT_EQ(Stored(), stored);
  ExpectAllInForce();
}

INSTANTIATE_TEST_SUITE_P(Jumps, NodesWallClock,
                         testing::Values(hours(1), -hours(1), days(2), -days(2), days(40),
                                         -days(40), years(10), -years(10)));
INSTANTIATE_TEST_SUITE_P(Jumps, AllWallClocks,
                         testing::Values(hours(1), -days(2), days(40), -years(10)));

}  // namespace
}  // namespace rtcroom
