// The machine's wall clock is set: members with heartbeats stay, logins last, and nothing is
// removed that is stored.
#include "tests/support/wall_clock.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/aging_rows.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/store_audit.h"
#include "tests/e2e/store_commands.h"
#include "tests/support/eventually.h"
#include "tests/support/metrics_text.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::years;
using testing::ElementsAre;
using testing::HasSubstr;

/// A process whose wall clock is controlled by a file, with a member of each generation and all
/// that is removed when it is old.
class WallClock : public testing::TestWithParam<std::chrono::seconds> {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(recordings());
    server_.emplace(
        ServerOptions{.settings = WithAgingRows({{"recording.root", recordings().string()},
                                                 {"recording.retention", kShortRetention}}),
                      .environment = clock_.Environment(RTCROOM_OFFSET_CLOCK)});
    rows_.emplace(*server_);
    Record("bob-1700000000.flv");
  }

  /// Adds a file that is complete, and waits until it is known.
  void Record(const std::string& name) {
    std::ofstream(recordings() / name) << "recorded";
    const auto ended = std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1);
    std::filesystem::last_write_time(recordings() / name, ended);
    Restart();  // it looks at the folder
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

  void Restart() {
    EXPECT_EQ(server_->Terminate(), 0);
    server_->Start();
  }

  /// What is stored, in numbers; the server is not running.
  [[nodiscard]] std::string Stored() const {
    const std::filesystem::path store = server_->data_directory() / "rtcroomd.db";
    const FinishedCommand checked = CheckStoreFile(store);
    EXPECT_EQ(checked.exit_code, 0) << checked.err;
    std::string counted = checked.out;
    for (const char* const table : {"ended_logins", "account_validities", "group_joins"}) {
      counted += fmt::format("{} {}\n", CountRows(store, table), table);
    }
    return counted;
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

  Gen2Client Bob() { return {server_->Http(), "bob", "multi_room", rows_->token()}; }

  [[nodiscard]] std::filesystem::path recordings() const {
    return directory_.path() / "recordings";
  }

  const TempDirectory directory_;
  const WallClockFile clock_;
  std::optional<ServerProcess> server_;
  std::optional<AgingRows> rows_;
};

TEST_P(WallClock, JumpEvictsNoMemberEndsNoLoginAndRemovesNothing) {
  EXPECT_EQ(server_->Terminate(), 0);
  const std::string stored = Stored();
  EXPECT_THAT(stored, HasSubstr(std::string(AgingRows::kCounted) + ", 1 recordings"));
  EXPECT_THAT(stored, HasSubstr("2 ended_logins\n1 account_validities\n1 group_joins"));
  server_->Start();

  clock_.Set(GetParam());
  BeatUntilJumpIsNoticed(1);
  ExpectBothInTheirRooms();
  rows_->ExpectEndedLogins(*server_);

  EXPECT_EQ(server_->Terminate(), 0);
  EXPECT_EQ(Stored(), stored);
  server_->Start();
  Beat();
  ExpectBothInTheirRooms();

  clock_.Set({});
  BeatUntilJumpIsNoticed(2);
  ExpectBothInTheirRooms();
  rows_->ExpectInForce(*server_);

  EXPECT_EQ(server_->Terminate(), 0);
  EXPECT_EQ(Stored(), stored);
  server_->Start();
  Beat();
  ExpectBothInTheirRooms();
  rows_->ExpectInForce(*server_);
  EXPECT_EQ(rows_->SendAgain(*server_), 0);
  EXPECT_TRUE(std::filesystem::exists(recordings() / "bob-1700000000.flv"));
}

class LoginsOverJump : public WallClock {};

TEST_P(LoginsOverJump, AndLogoutsMadeMeanwhileHoldOnceTheClockIsRight) {
  clock_.Set(GetParam());
  BeatUntilJumpIsNoticed(1);
  const LoginsMeanwhile logins(*server_);
  clock_.Set({});
  BeatUntilJumpIsNoticed(2);
  logins.ExpectKept(*server_);
  rows_->ExpectInForce(*server_);
  EXPECT_EQ(rows_->SendAgain(*server_), 0);
  Restart();
  logins.ExpectKept(*server_);
  rows_->ExpectInForce(*server_);
}

INSTANTIATE_TEST_SUITE_P(Jumps, WallClock,
                         testing::Values(hours(1), -hours(1), days(2), -days(2), days(40),
                                         -days(40), years(10), -years(10)));
INSTANTIATE_TEST_SUITE_P(Jumps, LoginsOverJump,
                         testing::Values(hours(1), -hours(1), years(10), -years(10)));

}  // namespace
}  // namespace rtcroom
