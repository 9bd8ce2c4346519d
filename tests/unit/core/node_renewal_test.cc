#include "daemon/core/node_renewal.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_cluster.h"
#include "tests/support/matchers.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// One whose reports take time.
class SlowCluster : public FakeCluster {
 public:
  explicit SlowCluster(FakeBootClock& clock) : clock_(clock) {}

  Result<std::size_t> Report(const HeardBeats& heard, std::size_t reported) override {
    clock_.Advance(takes);
    return FakeCluster::Report(heard, reported);
  }

  std::chrono::milliseconds takes{0};

 private:
  FakeBootClock& clock_;
};

class NodeRenewalTest : public testing::Test {
 protected:
  NodeRenewalTest() { AddRoom("r", 7); }

  void AddRoom(const std::string& id, std::uint64_t number) {
    Room room = MakeRoom(RoomKind::kMulti, id);
    room.sequence = number;
    room.pushers = {{.user_id = {"host"}, .seat = 3}};
    leases_.Restore(room);
  }
  void HearBeat(const std::string& id = "r") {
    ASSERT_TRUE(leases_.Touch(MakeKey(RoomKind::kMulti, id), std::nullopt, {"host"}));
  }
  [[nodiscard]] int CountInLog(const std::string& text) const {
    const std::string log = log_.Text();
    int count = 0;
    for (std::size_t at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) {
      ++count;
    }
    return count;
  }
  enum class Whose : std::uint8_t { kNode, kDatabase };
  void RenewWithClock(std::chrono::milliseconds ahead, Whose wrong = Whose::kNode) {
    cluster_.AnswerRenewals(
        NodeStanding{.clock_ahead = ahead, .database_clock_differs = wrong == Whose::kDatabase});
    ASSERT_OK(renewal_.Renew());
  }
  void Fail() { cluster_.AnswerRenewals(Error{Errc::kStoreBusy, "no connection"}); }
  /// As a successful renewal by the cluster does.
  void RenewLease() { lease_.Renew(lease_.Now()); }

  FakeClock clock_;
  FakeBootClock boot_;
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kInfo, log_.file()};
  LeaseTable leases_{clock_, 20s};
  NodeLease lease_{boot_};
  SlowCluster cluster_{boot_};
  NodeRenewal renewal_{cluster_, lease_, leases_, logger_};
};

TEST_F(NodeRenewalTest, WarnsOnceOfNodesThatAreConfiguredOtherwise) {
  NodeStanding standing;
  const auto renew_with = [&](std::vector<std::string> others) {
    standing.configured_otherwise = std::move(others);
    cluster_.AnswerRenewals(standing);
    for (int round = 0; round < 3; ++round) ASSERT_OK(renewal_.Renew());
  };
  const std::string event = "nodes_configured_otherwise";
  renew_with({});
  EXPECT_THAT(log_.Text(), Not(HasSubstr(event)));
  renew_with({"two (2)", "three (3)"});
  EXPECT_EQ(CountInLog(event), 1);
  EXPECT_THAT(log_.Text(), HasSubstr("two (2), three (3)"));
  renew_with({"three (3)"});
  EXPECT_EQ(CountInLog(event), 2);
  renew_with({});
  EXPECT_EQ(CountInLog(event), 2);
}

TEST_F(NodeRenewalTest, TellsEachHeartbeatOnce) {
  HearBeat();
  clock_.Advance(1s);
  ASSERT_OK(renewal_.Renew());
  clock_.Advance(1s);
  ASSERT_OK(renewal_.Renew());
  ASSERT_THAT(cluster_.told(), SizeIs(2));
  EXPECT_THAT(cluster_.told()[0].beats, testing::ElementsAre(rtcroom::Beat{
                                            .seat = {.room_number = 7, .seat = 3}, .age = 1s}));
  EXPECT_THAT(cluster_.told()[1].beats, IsEmpty());
}

TEST_F(NodeRenewalTest, TellsTheUsesOfGroupsAmongTheHeartbeats) {
  CreatedGroups groups(clock_, 10min);
  groups.Restore({.key = {.kind = RoomKind::kLive, .id = {"g"}},
                  .sequence = 8,
                  .type = std::string(kCreatedGroup)});
  NodeRenewal renewal(cluster_, lease_, leases_, logger_, nullptr, &groups);
  HearBeat();
  groups.Use(8);
  ASSERT_OK(renewal.Renew());
  EXPECT_THAT(cluster_.told().back().beats,
              testing::ElementsAre(rtcroom::Beat{.seat = {.room_number = 7, .seat = 3}},
                                   rtcroom::Beat{.seat = {.room_number = 8}}));
}

TEST_F(NodeRenewalTest, TellsTheSignsOfViewersAmongTheHeartbeats) {
  LeaseTable viewers(clock_, 20s, LeaseTable::RenewedBy::kHeartbeats, LeasesOf::kViewers);
  const RoomKey room{.kind = RoomKind::kLive, .id = {"live"}};
  viewers.Restore(
      std::vector{StoredViewer{.room = room, .room_number = 7, .user_id = {"v"}, .seat = 2}});
  NodeRenewal renewal(cluster_, lease_, leases_, logger_, &viewers);
  HearBeat();
  ASSERT_TRUE(viewers.Touch(room, std::nullopt, {"v"}));
  ASSERT_OK(renewal.Renew());
  EXPECT_THAT(cluster_.told().at(0).beats,
              testing::ElementsAre(rtcroom::Beat{.seat = {.room_number = 7, .seat = 2}},
                                   rtcroom::Beat{.seat = {.room_number = 7, .seat = 3}}));
}

/// Notes since when it is asked.
class AskedSigns : public SeatSigns {
 public:
  std::vector<MediaSign> SignsSince(MonotonicTime since, MonotonicTime as_of) override {
    asked.emplace_back(since, as_of);
    return {{.seat = {.room_number = 7, .seat = 3}, .age = 2s}};
  }
  std::vector<std::pair<MonotonicTime, MonotonicTime>> asked{};
};

TEST_F(NodeRenewalTest, TellsTheSignsOfMediaThatAreNewSinceTheLastRound) {
  AskedSigns signs;
  renewal_.ShareMedia(signs);
  ASSERT_OK(renewal_.Renew());
  clock_.Advance(1s);
  ASSERT_OK(renewal_.Renew());
  ASSERT_THAT(signs.asked, SizeIs(2));
  EXPECT_EQ(signs.asked[1], (std::pair{signs.asked[0].second, clock_.Monotonic()}));
  EXPECT_THAT(cluster_.told().back().signs, SizeIs(1));
}

TEST_F(NodeRenewalTest, WhatCouldNotBeToldIsToldNextTime) {
  ASSERT_OK(renewal_.Renew());
  clock_.Advance(1s);
  HearBeat();
  clock_.Advance(1s);
  Fail();
  EXPECT_ERROR(kStoreBusy, renewal_.Renew());
  clock_.Advance(1s);
  cluster_.AnswerRenewals(NodeStanding{});
  ASSERT_OK(renewal_.Renew());
  EXPECT_THAT(cluster_.told().back().beats, testing::ElementsAre(rtcroom::Beat{
                                                .seat = {.room_number = 7, .seat = 3}, .age = 2s}));
}

TEST_F(NodeRenewalTest, WhatARoundDoesNotGetToIsReportedByTheNextOnes) {
  const std::vector<std::string> rooms = {"r", "s", "t"};
  for (std::size_t i = 1; i < rooms.size(); ++i) AddRoom(rooms[i], 7 + i);
  clock_.Advance(1s);
  for (const std::string& room : rooms) HearBeat(room);
  clock_.Advance(1s);
  cluster_.AnswerReports(1);
  cluster_.takes = NodeRenewal::kPeriod / 2;
  ASSERT_OK(renewal_.Renew());
  EXPECT_THAT(cluster_.told(), SizeIs(2)) << "then its time is over";
  clock_.Advance(1s);
  HearBeat();
  ASSERT_OK(renewal_.Renew());
  ASSERT_THAT(cluster_.told(), SizeIs(3));
  EXPECT_THAT(cluster_.told().back().beats, SizeIs(rooms.size())) << "first those of before";
  ASSERT_OK(renewal_.Renew());
  EXPECT_THAT(cluster_.told().back().beats, SizeIs(1)) << "that came in between";
}

TEST_F(NodeRenewalTest, LeavesOnlyWhenAllHeartbeatsAreReported) {
  AddRoom("s", 8);
  clock_.Advance(1s);
  for (const char* const room : {"r", "s"}) HearBeat(room);
  cluster_.AnswerReports(1);
  cluster_.takes = NodeRenewal::kLeaving;
  renewal_.Leave();
  EXPECT_FALSE(cluster_.has_left());
  EXPECT_THAT(log_.Text(), HasSubstr("node_not_left"));
}

TEST_F(NodeRenewalTest, IsRenewedThoughHeartbeatsCannotBeReportedAndSaysSoOnce) {
  RenewLease();
  cluster_.AnswerReports(Error{Errc::kStoreBusy, "too slow"});
  for (int round = 0; round < 3; ++round) EXPECT_ERROR(kStoreBusy, renewal_.Renew());
  EXPECT_TRUE(lease_.Holds(Duty::kReaper));
  EXPECT_EQ(CountInLog("heartbeats_not_reported detail=\"too slow\""), 1);
  EXPECT_EQ(CountInLog("node_not_renewed"), 0);
  cluster_.AnswerReports(1);
  ASSERT_OK(renewal_.Renew());
  EXPECT_EQ(CountInLog("heartbeats_reported"), 1);
}

TEST_F(NodeRenewalTest, KeepsWhatTheClusterGrants) {
  cluster_.AnswerRenewals(
      NodeStanding{.terms = {std::nullopt, 4, std::nullopt, std::nullopt}, .nodes = 2});
  RenewLease();
  ASSERT_OK(renewal_.Renew());
  EXPECT_TRUE(lease_.Holds(Duty::kIm));
  EXPECT_FALSE(lease_.Holds(Duty::kReaper));
  EXPECT_EQ(lease_.nodes(), 2U);
  EXPECT_THAT(log_.Text(), HasSubstr("duty_taken"));
}

TEST_F(NodeRenewalTest, AnOutageIsLoggedOnce) {
  RenewLease();
  ASSERT_OK(renewal_.Renew());
  Fail();
  for (int i = 0; i < 10; ++i) {
    boot_.Advance(1s);
    EXPECT_ERROR(kStoreBusy, renewal_.Renew());
  }
  const std::string log = log_.Text();
  for (const char* const event : {"node_not_renewed", "node_cut_off"}) {
    ASSERT_THAT(log, HasSubstr(event));
    EXPECT_THAT(log.substr(log.find(event) + 1), Not(HasSubstr(event)));
  }
}

TEST_F(NodeRenewalTest, ANodeThatWasGivenUpWhileItWasStoppedSaysSo) {
  RenewLease();
  ASSERT_OK(renewal_.Renew());
  EXPECT_THAT(log_.Text(), Not(HasSubstr("node_renewed")));
  cluster_.AnswerRenewals(NodeStanding{.nodes = 2, .was_gone = true});
  ASSERT_OK(renewal_.Renew());
  EXPECT_THAT(log_.Text(), HasSubstr("node_renewed"));
}

TEST_F(NodeRenewalTest, TheNodeServesWhileItsDatabaseFailsOver) {
  RenewLease();
  boot_.Advance(NodeLease::kTtl - 1s);
  EXPECT_OK(renewal_.CheckContact(0s));
  boot_.Advance(NodeRenewal::kServesWithout);
  EXPECT_ERROR(kUnavailable, renewal_.CheckContact(0s));
  EXPECT_OK(renewal_.CheckContact(NodeRenewal::kServesWithout));
  boot_.Advance(1s);
  EXPECT_ERROR(kUnavailable, renewal_.CheckContact(NodeRenewal::kServesWithout));
}

TEST_F(NodeRenewalTest, WarnsOnceOfAClockThatDiffersAndSaysWhenItAgrees) {
  RenewWithClock(60s);
  EXPECT_THAT(log_.Text(), Not(HasSubstr("clock_")));
  for (int round = 0; round < 3; ++round) RenewWithClock(61s);
  EXPECT_EQ(CountInLog("clock_differs by_ms=61000 from=\"the database\""), 1);
  for (int round = 0; round < 3; ++round) RenewWithClock(-59s);
  EXPECT_EQ(CountInLog("clock_agrees"), 1);
  RenewWithClock(-1h);
  EXPECT_EQ(CountInLog("clock_differs by_ms=-3600000"), 1);
  EXPECT_EQ(CountInLog("database_clock_differs"), 0);
}

TEST_F(NodeRenewalTest, WarnsOnceOfAClockOfTheDatabaseThatDiffers) {
  for (int round = 0; round < 3; ++round) RenewWithClock(1h, Whose::kDatabase);
  EXPECT_EQ(CountInLog("database_clock_differs by_ms=-3600000"), 1);
  EXPECT_EQ(CountInLog("clock_differs"), 1) << "it is no node's";
  RenewWithClock(1h);
  EXPECT_EQ(CountInLog("clock_differs by_ms=3600000"), 1)
      << "another node agrees with the database";
  RenewWithClock(0s);
  EXPECT_EQ(CountInLog("clock_agrees"), 1);
}

TEST_F(NodeRenewalTest, KeepsWhetherTheWallClockIsTrusted) {
  RenewWithClock(1h);
  EXPECT_FALSE(lease_.TrustsWallClock());
  RenewWithClock(1h, Whose::kDatabase);
  EXPECT_TRUE(lease_.TrustsWallClock());
  EXPECT_EQ(lease_.ClockAhead(), 1h);
}

TEST_F(NodeRenewalTest, APlaceThatIsRefusedIsNeitherLoggedNorKept) {
  HearBeat();
  cluster_.AnswerRenewals(NodeStanding{.terms = {1, 1, 1, 1}, .nodes = 2, .clock_ahead = 1h});
  RenewLease();
  EXPECT_ERROR(kStoreBusy, renewal_.Begin(/*with_wrong_clock=*/false));
  EXPECT_THAT(log_.Text(), IsEmpty());
  EXPECT_FALSE(lease_.Holds(Duty::kUpkeep));
  renewal_.Leave();
  EXPECT_THAT(cluster_.told().back().beats, SizeIs(1)) << "as if nothing had been told";
}

TEST_F(NodeRenewalTest, LeavesWithTheLastHeartbeats) {
  ASSERT_OK(renewal_.Renew());
  clock_.Advance(1s);
  HearBeat();
  renewal_.Leave();
  EXPECT_TRUE(cluster_.has_left());
  EXPECT_THAT(cluster_.told().back().beats, SizeIs(1));
}

TEST(StartClock, MayDifferByTenMinutes) {
  EXPECT_OK(CheckStartClock({.clock_ahead = 10min}));
  EXPECT_OK(CheckStartClock({.clock_ahead = -10min}));
  EXPECT_ERROR(kStoreBusy, CheckStartClock({.clock_ahead = 10min + 1ms}));
  EXPECT_ERROR(kStoreBusy, CheckStartClock({.clock_ahead = -10min - 1ms}));
}

TEST(StartClock, SaysByHowMuchItDiffersAndWhatToSet) {
  const std::string ahead = CheckStartClock({.clock_ahead = 1h - 3ms}).error().detail;
  EXPECT_THAT(ahead, HasSubstr("this machine's clock is 3600 s ahead of the database's"));
  EXPECT_THAT(ahead, HasSubstr("store.start_with_wrong_clock"));
  EXPECT_THAT(CheckStartClock({.clock_ahead = -1h}).error().detail,
              HasSubstr("3600 s behind the database's"));
}

TEST(StartClock, DoesNotMatterWhereTheDatabasesIsWrong) {
  EXPECT_OK(CheckStartClock({.clock_ahead = 1h, .database_clock_differs = true}));
}

}  // namespace
}  // namespace rtcroom
