// The machine's wall clock is set: members with heartbeats stay, logins last, and nothing is
// removed that is stored.
#include "tests/support/wall_clock.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_caller.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/store_commands.h"
#include "tests/support/eventually.h"
#include "tests/support/metrics_text.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Shorter than every jump.
constexpr const char* kRetention = "30m";

/// A process whose wall clock is controlled by a file, with a member of each generation and all
/// that is removed when it is old.
class WallClock : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(recordings());
    server_.emplace(ServerOptions{
        .settings = WithLogins({{"room.heartbeat_timeout", kRetention},
                                {"store.event_retention", "1h"},
                                {"channel.enabled", true},
                                {"channel.history", kRetention},
                                {"live.api", "nginx-rtmp"},
                                {"live.api_base_url", "http://127.0.0.1:9"},
                                {"live.control_key", "0123456789abcdef0123456789abcdef"},
                                {"live.rtmp_callback_secret", "fedcba9876543210fedcba9876543210"},
                                {"recording.root", recordings().string()},
                                {"recording.retention", kRetention}}),
        .environment = clock_.Environment(RTCROOM_LIBFAKETIME)});
    ApiClient amy = server_->Http();
    ASSERT_EQ(amy.Call("multi_room", "create_room", CreateBody("amy", "open")).code(), kOk);
    Gen2Client bob = LoggedIn(*server_, "bob", "multi_room");
    token_ = bob.token();
    ASSERT_EQ(bob.Call("add_pusher", PusherBody("named", "bob")).code(), kOk);
    SendMessage();
    ASSERT_EQ(Ban("eve"), 0);
    Record("bob-1700000000.flv");
  }

  void SendMessage() {
    ChannelCaller caller([this] { return server_->Http(); }, "bob");
    ASSERT_EQ(ErrorCodeOf(caller.LogIn().json), 0);
    ASSERT_FALSE(caller.Join("named").empty());
    ASSERT_EQ(caller.SendText("named", "hello"), 0);
  }

  int Ban(const std::string& user) {
    ApiClient guest = server_->Http();
    EXPECT_EQ(guest.Call("multi_room", "add_pusher", PusherBody("open", user)).code(), kOk);
    return RunBinary({"rooms", "kick", "multi", "open", user, "--ban", kRetention, "--config",
                      server_->config_file().string(), "--target", server_->AddressOf("grpc")})
        .exit_code;
  }

  /// Adds a file that is complete, and waits until it is known.
  void Record(const std::string& name) {
    std::ofstream(recordings() / name) << "recorded";
    const auto ended = std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1);
    std::filesystem::last_write_time(recordings() / name, ended);
    EXPECT_EQ(server_->Terminate(), 0);
    server_->Start();  // it looks at the folder
    EXPECT_TRUE(Eventually(
        [&] { return MetricOf(*server_, R"(rtcroomd_recordings_total{result="indexed"})") == 1; }));
  }

  [[nodiscard]] std::size_t JumpsInTheLog() const {
    const std::string log = server_->Log();
    const std::string_view event = R"("event":"wall_clock_jumped")";
    std::size_t count = 0;
    for (auto at = log.find(event); at != std::string::npos; at = log.find(event, at + 1)) ++count;
    return count;
  }

  /// What is stored, in numbers; the server is not running.
  [[nodiscard]] std::string Stored() const {
    const FinishedCommand checked = CheckStoreFile(server_->data_directory() / "rtcroomd.db");
    EXPECT_EQ(checked.exit_code, 0) << checked.err;
    return checked.out;
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

  [[nodiscard]] std::filesystem::path recordings() const {
    return directory_.path() / "recordings";
  }

  const TempDirectory directory_;
  const WallClockFile clock_;
  std::optional<ServerProcess> server_;
  std::string token_;
};

TEST_P(WallClock, JumpEvictsNoMemberEndsNoLoginAndRemovesNothing) {
  EXPECT_EQ(server_->Terminate(), 0);
  const std::string stored = Stored();
  EXPECT_THAT(stored,
              HasSubstr("1 sessions, 1 bans, 0 deliveries, 1 messages, 0 revocations, 1 rec"));
  server_->Start();

  clock_.Set(GetParam());
  BeatUntilJumpIsNoticed(1);
  ExpectBothInTheirRooms();

  EXPECT_EQ(server_->Terminate(), 0);
  EXPECT_EQ(Stored(), stored);
  server_->Start();
  Beat();
  ExpectBothInTheirRooms();

  clock_.Set("+0");
  BeatUntilJumpIsNoticed(2);
  ExpectBothInTheirRooms();

  EXPECT_EQ(server_->Terminate(), 0);
  EXPECT_EQ(Stored(), stored);
  server_->Start();
  Beat();
  ExpectBothInTheirRooms();
  ApiClient eve = server_->Http();
  EXPECT_NE(eve.Call("multi_room", "add_pusher", PusherBody("open", "eve")).code(), kOk)
      << "is banned again";
  EXPECT_TRUE(std::filesystem::exists(recordings() / "bob-1700000000.flv"));
}

INSTANTIATE_TEST_SUITE_P(Jumps, WallClock,
                         testing::Values("+1h", "-1h", "+2d", "-2d", "+40d", "-40d", "+10y",
                                         "-10y"));

}  // namespace
}  // namespace rtcroom
