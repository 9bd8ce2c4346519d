#include "daemon/core/lease_table.h"

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/rooms.h"
#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

/// The table as a listener of a store; the rooms are created through the use cases.
class LeaseTableTest : public ServiceFixture {
 protected:
  void SetUp() override {
    ASSERT_OK(CreateRoom(Create("r1", "host")));
    ASSERT_OK(AddNow(rooms_, Add(room_, "guest")));
  }
  std::vector<std::string> LapsedUsers(std::size_t limit = 100) {
    std::vector<std::string> users;
    for (const LapsedLease& lease : leases_.Lapsed(limit, clock_.Monotonic()))
      users.push_back(lease.user_id.value);
    return users;
  }
  bool Touch(const std::string& user, Dialect dialect = Dialect::kGen1) {
    return leases_.Touch(room_, dialect, {user});
  }

  const RoomKey room_ = Key("r1");
};

TEST_F(LeaseTableTest, HoldsALeaseForEachPusherOnly) {
  EXPECT_EQ(leases_.size(), 2U);
  EXPECT_TRUE(Touch("host"));
  EXPECT_TRUE(Touch("guest"));
  EXPECT_FALSE(Touch("stranger"));
  EXPECT_FALSE(leases_.Touch(Key("r2"), Dialect::kGen1, {"host"}));
  EXPECT_FALSE(leases_.Touch(Key("r1", RoomKind::kLive), Dialect::kGen1, {"host"}));
}

TEST_F(LeaseTableTest, HidesALeaseFromTheOtherDialect) {
  EXPECT_FALSE(Touch("host", Dialect::kGen2));
}

TEST_F(LeaseTableTest, BindsAPusherToTheAddressThatItsEventNames) {
  const std::string here = "192.0.2.1";
  AddPusherCommand bound = Add(room_, "guest");
  bound.from = here;
  ASSERT_OK(AddNow(rooms_, bound));
  EXPECT_TRUE(leases_.Touch(room_, Dialect::kGen1, {"guest"}, here));
  EXPECT_FALSE(leases_.Touch(room_, Dialect::kGen1, {"guest"}, "192.0.2.2"));
  Room stored = *sqlite_.rooms().Load(room_);
  // As a store of several servers has it.
  for (Pusher& pusher : stored.pushers)
    pusher.bound_to = pusher.user_id.value == "guest" ? here : "";
  LeaseTable restarted(clock_, kTimeout);
  restarted.Restore(stored);
  EXPECT_TRUE(restarted.IsBoundElsewhere(room_, {"guest"}, "192.0.2.2"));
  EXPECT_FALSE(restarted.IsBoundElsewhere(room_, {"host"}, "192.0.2.2"));
  ASSERT_OK(AddNow(rooms_, Add(room_, "guest")));  // by a caller of gen-2
  EXPECT_TRUE(leases_.Touch(room_, Dialect::kGen1, {"guest"}, "192.0.2.2"));
}

TEST_F(LeaseTableTest, RemovesALeaseWithItsPusher) {
  ASSERT_OK(rooms_.DeletePusher(Member(room_, "guest")));
  EXPECT_FALSE(Touch("guest"));
  EXPECT_TRUE(Touch("host"));
  ASSERT_OK(rooms_.DestroyRoom(Member(room_, "host")));
  EXPECT_EQ(leases_.size(), 0U);
}

TEST_F(LeaseTableTest, ReportsTheStateOfALease) {
  clock_.Advance(5s);
  EXPECT_TRUE(Touch("guest"));
  clock_.Advance(1s);
  const std::optional<LeaseState> host = leases_.StateOf(room_, {"host"});
  ASSERT_TRUE(host.has_value());
  EXPECT_EQ(host->age, 6s);
  EXPECT_EQ(host->remaining, kTimeout - 6s);
  EXPECT_EQ(leases_.StateOf(room_, {"guest"})->age, 1s);
  EXPECT_FALSE(leases_.StateOf(room_, {"stranger"}).has_value());
  clock_.Advance(kTimeout);
  EXPECT_EQ(leases_.StateOf(room_, {"host"})->remaining, 0s);
  leases_.GraceForAll();
  EXPECT_EQ(leases_.StateOf(room_, {"host"})->remaining, kTimeout);
}

TEST_F(LeaseTableTest, LapsesOnlyAfterMoreThanTheTimeout) {
  clock_.Advance(kTimeout);
  EXPECT_TRUE(LapsedUsers().empty());
  clock_.Advance(1ms);
  EXPECT_EQ(LapsedUsers(), (std::vector<std::string>{"host", "guest"}));
}

TEST_F(LeaseTableTest, AReportRenewsALeaseFromItsHeartbeatOn) {
  clock_.Advance(kTimeout + 1ms);
  const std::vector<LapsedLease> lapsed = leases_.Lapsed(2, clock_.Monotonic());
  leases_.RenewByReport(lapsed[0], 5s);
  leases_.RenewByReport(lapsed[1], 8s);
  EXPECT_TRUE(LapsedUsers().empty());
  EXPECT_EQ(leases_.StateOf(room_, {"host"})->age, 5s);
  clock_.Advance(kTimeout - 8s + 1ms);
  EXPECT_EQ(LapsedUsers(), std::vector<std::string>{"guest"});
  clock_.Advance(3s);
  EXPECT_EQ(LapsedUsers(), (std::vector<std::string>{"guest", "host"}));
}

TEST_F(LeaseTableTest, AHeartbeatFollowsAReport) {
  clock_.Advance(kTimeout + 1ms);
  const std::vector<LapsedLease> lapsed = leases_.Lapsed(2, clock_.Monotonic());
  leases_.RenewByReport(lapsed[0], 5s);
  clock_.Advance(10s);
  EXPECT_TRUE(Touch("host"));
  EXPECT_TRUE(Touch("guest"));
  clock_.Advance(kTimeout);
  EXPECT_TRUE(LapsedUsers().empty());
  clock_.Advance(1ms);
  EXPECT_EQ(LapsedUsers(), (std::vector<std::string>{"host", "guest"}));
}

TEST_F(LeaseTableTest, AnOldReportHasNoEffect) {
  clock_.Advance(kTimeout + 1ms);
  const std::vector<LapsedLease> lapsed = leases_.Lapsed(2, clock_.Monotonic());
  EXPECT_TRUE(Touch("guest"));
  leases_.RenewByReport(lapsed[0], kTimeout + 2ms);
  leases_.RenewByReport(lapsed[1], 5s);
  EXPECT_EQ(LapsedUsers(), std::vector<std::string>{"host"});
  EXPECT_EQ(leases_.StateOf(room_, {"guest"})->age, 0s);
}

TEST_F(LeaseTableTest, AReportedMemberCanLeave) {
  clock_.Advance(kTimeout + 1ms);
  leases_.RenewByReport(leases_.Lapsed(2, clock_.Monotonic()).at(1), 5s);
  ASSERT_OK(rooms_.DeletePusher(Member(room_, "guest")));
  clock_.Advance(kTimeout);
  EXPECT_EQ(LapsedUsers(), std::vector<std::string>{"host"});
}

class HeardSinceTest : public LeaseTableTest {
 protected:
  SeatKey Seat(const std::string& user) {
    const LapsedLease lease = *leases_.Observe(room_, {user}, clock_.Monotonic());
    return {.room_number = lease.room_number, .seat = lease.seat};
  }
  std::vector<Beat> HeardSince(MonotonicTime since) { return leases_.HeardSince(since).beats; }

  const MonotonicTime start_ = clock_.Monotonic();
};

TEST_F(HeardSinceTest, TellsTheNewestHeartbeatOfEachMemberWithItsAge) {
  EXPECT_TRUE(HeardSince(start_).empty());  // joining is no heartbeat
  EXPECT_TRUE(Touch("guest"));
  clock_.Advance(2s);
  EXPECT_TRUE(Touch("host"));
  EXPECT_TRUE(Touch("host"));
  clock_.Advance(1s);
  const HeardBeats heard = leases_.HeardSince(start_);
  EXPECT_EQ(heard.as_of, clock_.Monotonic());
  EXPECT_EQ(heard.beats, (std::vector{Beat{.seat = Seat("host"), .age = 1s},
                                      Beat{.seat = Seat("guest"), .age = 3s}}));
}

TEST_F(HeardSinceTest, TellsWhatWasNotToldYet) {
  EXPECT_TRUE(Touch("guest"));
  clock_.Advance(1ms);
  const MonotonicTime told = leases_.HeardSince(start_).as_of;
  EXPECT_TRUE(HeardSince(told).empty());
  EXPECT_TRUE(Touch("host"));
  EXPECT_EQ(HeardSince(told).size(), 1U);
  EXPECT_EQ(HeardSince(start_).size(), 2U);
}

TEST_F(HeardSinceTest, DoesNotTellWhatAnotherNodeHasHeard) {
  clock_.Advance(kTimeout + 1ms);
  const MonotonicTime told = leases_.HeardSince(start_).as_of;
  leases_.RenewByReport(leases_.Lapsed(1, clock_.Monotonic()).at(0), 0ms);
  EXPECT_TRUE(HeardSince(told).empty());
}

TEST_F(HeardSinceTest, TellsAHeartbeatWhoseLeaseWasDeferredSince) {
  EXPECT_TRUE(Touch("guest"));
  clock_.Advance(kTimeout + 1ms);
  for (const LapsedLease& lease : leases_.Lapsed(2, clock_.Monotonic())) leases_.Defer(lease);
  EXPECT_EQ(HeardSince(start_), (std::vector{Beat{.seat = Seat("guest"), .age = kTimeout + 1ms}}));
}

TEST_F(HeardSinceTest, TellsAHeartbeatOfAMemberThatWasAddedAgainSince) {
  EXPECT_TRUE(Touch("guest"));
  clock_.Advance(1s);
  ASSERT_OK(AddNow(rooms_, Add(room_, "guest")));
  EXPECT_EQ(HeardSince(start_), (std::vector{Beat{.seat = Seat("guest"), .age = 1s}}));
}

TEST_F(HeardSinceTest, DoesNotTellAHeartbeatOfAnEarlierStay) {
  EXPECT_TRUE(Touch("guest"));
  ASSERT_OK(rooms_.DeletePusher(Member(room_, "guest")));
  ASSERT_OK(AddNow(rooms_, Add(room_, "guest")));
  EXPECT_TRUE(HeardSince(start_).empty());
}

TEST_F(LeaseTableTest, AMemberThatIsAddedAgainAfterAReportHasAWholeTimeout) {
  clock_.Advance(kTimeout + 1ms);
  leases_.RenewByReport(leases_.Lapsed(2, clock_.Monotonic()).at(1), 5s);
  ASSERT_OK(AddNow(rooms_, Add(room_, "guest")));
  EXPECT_EQ(leases_.StateOf(room_, {"guest"})->remaining, kTimeout);
}

/// More members than are looked at while the table is locked once, each in a room of its own.
class ManyHeardTest : public testing::Test {
 protected:
  static constexpr int kRooms = 5'000;

  ManyHeardTest() {
    for (int i = 0; i < kRooms; ++i) {
      Room room = MakeRoom(RoomKind::kMulti, std::to_string(i), "host");
      room.sequence = static_cast<std::uint64_t>(i);
      room.pushers.push_back({.user_id = {"host"}});
      leases_.Restore(room);
    }
  }

  void TouchAll() {
    for (int i = 0; i < kRooms; ++i) {
      const RoomKey room{.kind = RoomKind::kMulti, .id = {std::to_string(i)}};
      EXPECT_TRUE(leases_.Touch(room, std::nullopt, {"host"}));
    }
  }

  FakeClock clock_;
  LeaseTable leases_{clock_, 20s};
  const MonotonicTime start_ = clock_.Monotonic();
};

TEST_F(ManyHeardTest, AllHeartbeatsThatCameBeforeAreToldWhileMoreCome) {
  TouchAll();
  clock_.Advance(1s);
  const std::jthread more([this] { TouchAll(); });
  EXPECT_EQ(leases_.HeardSince(start_).beats.size(), std::size_t{kRooms});
}

TEST_F(ManyHeardTest, AllHeartbeatsOfOneInstantAreTold) {
  TouchAll();
  EXPECT_EQ(leases_.HeardSince(start_).beats.size(), std::size_t{kRooms});
}

TEST_F(LeaseTableTest, RenewsALeaseOnHeartbeat) {
  clock_.Advance(10s);
  EXPECT_TRUE(Touch("host"));
  clock_.Advance(10s + 1ms);
  EXPECT_EQ(LapsedUsers(), std::vector<std::string>{"guest"});
  clock_.Advance(10s);
  EXPECT_EQ(LapsedUsers(), (std::vector<std::string>{"guest", "host"}));
}

TEST_F(LeaseTableTest, RenewsALeaseOnRejoin) {
  clock_.Advance(15s);
  ASSERT_OK(AddNow(rooms_, Add(room_, "guest")));
  clock_.Advance(10s);
  EXPECT_EQ(LapsedUsers(), std::vector<std::string>{"host"});
}

TEST_F(LeaseTableTest, IgnoresWallClockJumps) {
  clock_.JumpWallClock(240h);
  EXPECT_TRUE(LapsedUsers().empty());
  clock_.JumpWallClock(-480h);
  clock_.Advance(kTimeout + 1ms);
  EXPECT_EQ(LapsedUsers().size(), 2U);
}

TEST_F(LeaseTableTest, ReturnsABoundedNumberOfLapsedLeasesOldestFirst) {
  clock_.Advance(kTimeout + 500ms);
  const std::vector<LapsedLease> lapsed = leases_.Lapsed(1, clock_.Monotonic());
  ASSERT_EQ(lapsed.size(), 1U);
  EXPECT_EQ(lapsed[0].user_id, UserId{"host"});
  EXPECT_EQ(lapsed[0].overdue, 500ms);
}

TEST_F(LeaseTableTest, IgnoresHeartbeatsOfAClaimedLease) {
  clock_.Advance(kTimeout + 1ms);
  const LapsedLease lease = leases_.Lapsed(1, clock_.Monotonic()).front();
  EXPECT_TRUE(leases_.ClaimExpiry(lease));
  EXPECT_FALSE(Touch("host"));
  EXPECT_EQ(LapsedUsers(), std::vector<std::string>{"guest"});
}

TEST_F(LeaseTableTest, AllowsRepeatedClaims) {
  clock_.Advance(kTimeout + 1ms);
  const LapsedLease lease = leases_.Lapsed(1, clock_.Monotonic()).front();
  EXPECT_TRUE(leases_.ClaimExpiry(lease));
  EXPECT_TRUE(leases_.ClaimExpiry(lease));
}

TEST_F(LeaseTableTest, RenewsAReleasedLeaseForOneTimeout) {
  clock_.Advance(kTimeout + 1ms);
  const LapsedLease lease = leases_.Lapsed(1, clock_.Monotonic()).front();
  ASSERT_TRUE(leases_.ClaimExpiry(lease));
  leases_.ReleaseExpiry(lease);
  EXPECT_EQ(LapsedUsers(), std::vector<std::string>{"guest"});
  clock_.Advance(kTimeout);
  EXPECT_EQ(LapsedUsers(), std::vector<std::string>{"guest"});
  clock_.Advance(1ms);
  EXPECT_EQ(LapsedUsers(), (std::vector<std::string>{"guest", "host"}));
  EXPECT_TRUE(Touch("host"));
}

TEST_F(LeaseTableTest, IgnoresTheReleaseOfAnUnclaimedLease) {
  clock_.Advance(kTimeout + 1ms);
  const LapsedLease lease = leases_.Lapsed(1, clock_.Monotonic()).front();
  leases_.ReleaseExpiry(lease);
  EXPECT_EQ(LapsedUsers(), (std::vector<std::string>{"host", "guest"}));
}

TEST_F(LeaseTableTest, ADeferredLeaseRunsForOneMoreTimeoutAndStaysSilent) {
  clock_.Advance(kTimeout + 1ms);
  const LapsedLease lease = leases_.Lapsed(1, clock_.Monotonic()).front();
  leases_.Defer(lease);
  EXPECT_EQ(LapsedUsers(), std::vector<std::string>{"guest"});
  EXPECT_EQ(leases_.StateOf(room_, {"host"})->age, kTimeout + 1ms);
  EXPECT_EQ(leases_.StateOf(room_, {"host"})->remaining, kTimeout);
  clock_.Advance(kTimeout + 1ms);
  EXPECT_EQ(LapsedUsers(), (std::vector<std::string>{"guest", "host"}));
  EXPECT_EQ(leases_.Lapsed(2, clock_.Monotonic()).back().silent, 2 * (kTimeout + 1ms));
  EXPECT_TRUE(leases_.ClaimExpiry(leases_.Lapsed(2, clock_.Monotonic()).back()));
}

TEST_F(LeaseTableTest, ALeaseThatHasNotRunOutIsNotDeferred) {
  const std::optional<LapsedLease> lease = leases_.Observe(room_, {"host"}, clock_.Monotonic());
  clock_.Advance(kTimeout);
  leases_.Defer(*lease);
  clock_.Advance(1ms);
  EXPECT_EQ(LapsedUsers(), (std::vector<std::string>{"host", "guest"}));
}

TEST_F(LeaseTableTest, HeartbeatsRenewNothingWhereOnlyDeferralsDo) {
  LeaseTable leases(clock_, kTimeout, LeaseTable::RenewedBy::kDeferral);
  leases.Restore(*store_.Load(room_));
  clock_.Advance(kTimeout + 1ms);
  EXPECT_TRUE(leases.Touch(room_, Dialect::kGen1, {"host"}));
  const std::vector<LapsedLease> lapsed = leases.Lapsed(2, clock_.Monotonic());
  ASSERT_EQ(lapsed.size(), 2U);
  EXPECT_EQ(lapsed[0].silent, 0ms);
  EXPECT_EQ(lapsed[0].added_ago, kTimeout + 1ms);
  EXPECT_EQ(leases.StateOf(room_, {"host"})->age, 0ms);
  EXPECT_FALSE(leases.ClaimExpiry(lapsed[0]));
  EXPECT_TRUE(leases.ClaimExpiry(lapsed[0], /*despite_heartbeats=*/true));
}

TEST_F(LeaseTableTest, RefusesToClaimARenewedLease) {
  clock_.Advance(kTimeout + 1ms);
  const LapsedLease lease = leases_.Lapsed(1, clock_.Monotonic()).front();
  EXPECT_TRUE(Touch("host"));
  EXPECT_FALSE(leases_.ClaimExpiry(lease));
}

TEST_F(LeaseTableTest, RefusesToClaimALaterStayOfTheSameUser) {
  clock_.Advance(kTimeout + 1ms);
  LapsedLease lease = leases_.Lapsed(2, clock_.Monotonic()).back();
  ASSERT_EQ(lease.user_id, UserId{"guest"});
  ASSERT_OK(rooms_.DeletePusher(Member(room_, "guest")));
  EXPECT_FALSE(leases_.ClaimExpiry(lease));
  ASSERT_OK(AddNow(rooms_, Add(room_, "guest")));
  clock_.Advance(kTimeout + 1ms);
  EXPECT_FALSE(leases_.ClaimExpiry(lease));
}

TEST_F(LeaseTableTest, GraceExtendsAllLeasesByOneTimeout) {
  clock_.Advance(kTimeout + 1h);
  leases_.GraceForAll();
  EXPECT_TRUE(LapsedUsers().empty());
  clock_.Advance(kTimeout);
  EXPECT_TRUE(LapsedUsers().empty());
  clock_.Advance(1ms);
  EXPECT_EQ(LapsedUsers().size(), 2U);
}

TEST_F(LeaseTableTest, GrantsRestoredPushersOneTimeout) {
  LeaseTable restarted(clock_, kTimeout);
  clock_.Advance(1h);
  restarted.Restore(*sqlite_.rooms().Load(room_));
  EXPECT_EQ(restarted.size(), 2U);
  clock_.Advance(kTimeout);
  EXPECT_TRUE(restarted.Lapsed(10, clock_.Monotonic()).empty());
  EXPECT_TRUE(restarted.Touch(room_, Dialect::kGen1, {"guest"}));
}

TEST_F(LeaseTableTest, AcceptsABoundPusherOnlyFromItsAddress) {
  AddPusherCommand guest = Add(room_, "guest");
  guest.from = "192.0.2.1";
  ASSERT_OK(AddNow(rooms_, guest));
  MemberCommand elsewhere = Member(room_, "guest");
  elsewhere.from = "192.0.2.2";
  EXPECT_ERROR(kPusherNotFound, rooms_.TouchPusher(elsewhere));
  EXPECT_ERROR(kPusherNotFound, rooms_.DeletePusher(elsewhere));
  MemberCommand home = elsewhere;
  home.from = guest.from;
  EXPECT_OK(rooms_.TouchPusher(home));
  EXPECT_OK(rooms_.TouchPusher(Member(room_, "guest"))) << "an authenticated caller";
  EXPECT_OK(rooms_.DeletePusher(home));
}

TEST_F(LeaseTableTest, AllowsABoundCreatorToDestroyOnlyFromItsAddress) {
  CreateRoomCommand create = Create("bound", "host");
  create.from = "192.0.2.1";
  ASSERT_OK(CreateRoom(create));
  MemberCommand elsewhere = Member(Key("bound"), "host");
  elsewhere.from = "192.0.2.2";
  EXPECT_ERROR(kNotCreator, rooms_.DestroyRoom(elsewhere));
  elsewhere.from = create.from;
  EXPECT_OK(rooms_.DestroyRoom(elsewhere));
}

}  // namespace
}  // namespace rtcroom
