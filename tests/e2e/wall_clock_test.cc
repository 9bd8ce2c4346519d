// The machine's wall clock is set: members with heartbeats stay, and logins last.
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;

/// A process whose wall clock is controlled by a file, and a member of each generation in it.
class WallClock : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    SetWallClock("+0");
    server_.emplace(ServerOptions{.settings = WithLogins({{"room.heartbeat_timeout", "30m"}}),
                                  .environment = {{"LD_PRELOAD", RTCROOM_LIBFAKETIME},
                                                  {"FAKETIME_TIMESTAMP_FILE", setting().string()},
                                                  {"FAKETIME_NO_CACHE", "1"},
                                                  {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}}});
    ApiClient amy = server_->Http();
    ASSERT_EQ(amy.Call("multi_room", "create_room", CreateBody("amy", "open")).code(), kOk);
    Gen2Client bob = LoggedIn(*server_, "bob", "multi_room");
    token_ = bob.token();
    ASSERT_EQ(bob.Call("add_pusher", PusherBody("named", "bob")).code(), kOk);
  }

  /// @param offset  from the real time, such as "-8d".
  void SetWallClock(std::string_view offset) {
    const std::filesystem::path fresh = directory_.path() / "fresh";
    std::ofstream(fresh) << offset << "\n";
    std::filesystem::rename(fresh, setting());
  }

  [[nodiscard]] std::size_t JumpsInTheLog() const {
    const std::string log = server_->Log();
    const std::string_view event = R"("event":"wall_clock_jumped")";
    std::size_t count = 0;
    for (auto at = log.find(event); at != std::string::npos; at = log.find(event, at + 1)) ++count;
    return count;
  }

  void Beat() {
    ApiClient amy = server_->Http();
    const ApiReply open = amy.Call("multi_room", "pusher_heartbeat", MemberBody("open", "amy"));
    EXPECT_EQ(open.code(), kOk) << open;
    const ApiReply named = Bob().Call("pusher_heartbeat", MemberBody("named", "bob"));
    EXPECT_EQ(named.code(), kOk) << named;
  }

  /// Both send heartbeats until the server has detected another jump, and some time longer.
  void BeatUntilJumpIsNoticed(std::size_t number) {
    EXPECT_TRUE(Eventually([&] {
      Beat();
      return HasFailure() || JumpsInTheLog() >= number;
    }));
    for (int beat = 0; beat < 10 && !HasFailure(); ++beat) Beat();
    EXPECT_EQ(JumpsInTheLog(), number);
  }

  void ExpectBothInTheirRooms() {
    ApiClient amy = server_->Http();
    EXPECT_THAT(PushersOf(amy, "multi_room", "open"), ElementsAre("amy"));
    EXPECT_THAT(PusherIds(Bob().Call("get_pushers", RoomBody("named"))), ElementsAre("bob"));
  }

  Gen2Client Bob() { return {server_->Http(), "bob", "multi_room", token_}; }

  [[nodiscard]] std::filesystem::path setting() const { return directory_.path() / "clock"; }

  const TempDirectory directory_;
  std::optional<ServerProcess> server_;
  std::string token_;
};

TEST_P(WallClock, JumpEvictsNoMemberAndEndsNoLogin) {
  SetWallClock(GetParam());
  BeatUntilJumpIsNoticed(1);
  ExpectBothInTheirRooms();

  EXPECT_EQ(server_->Terminate(), 0);
  server_->Start();
  Beat();
  ExpectBothInTheirRooms();

  SetWallClock("+0");
  BeatUntilJumpIsNoticed(2);
  ExpectBothInTheirRooms();

  EXPECT_EQ(server_->Terminate(), 0);
  server_->Start();
  Beat();
  ExpectBothInTheirRooms();
}

INSTANTIATE_TEST_SUITE_P(Jumps, WallClock,
                         testing::Values("+1h", "-1h", "+8d", "-8d", "+10y", "-10y"));

}  // namespace
}  // namespace rtcroom
