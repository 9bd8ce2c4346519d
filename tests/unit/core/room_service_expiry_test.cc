// Evictions of a pusher that has rejoined the room before the leases were notified.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

/// Forwards commits from a store to a listener and delays them on request of a test, like a store
/// that reports a group of changes only after all are committed.
///
/// @threads for one thread.
class DelayingListener : public CommitListener {
 public:
  explicit DelayingListener(CommitListener& listener) : listener_(listener) {}

  void OnCommit(const Committed& committed) noexcept override {
    withheld_.insert(withheld_.end(), committed.events.begin(), committed.events.end());
    if (!withholding_) PassOn();
  }

  void Withhold() { withholding_ = true; }
  void Release() {
    withholding_ = false;
    PassOn();
  }

 private:
  void PassOn() {
    listener_.OnCommit({.events = withheld_});
    withheld_.clear();
  }

  CommitListener& listener_;
  std::vector<StoredEvent> withheld_;
  bool withholding_ = false;
};

/// A room with a host that sends heartbeats and a guest that does not.
class RoomServiceExpiry : public ServiceFixture {
 protected:
  void SetUp() override {
    ASSERT_OK(CreateNow(late_, Create("r1", "host")));
    ASSERT_OK(AddNow(late_, Add(kRoom, "guest")));
    clock_.Advance(kTimeout);
    ASSERT_OK(late_.TouchPusher(Member(kRoom, "host")));
    clock_.Advance(1ms);
    lapsed_ = leases_.Lapsed(10, clock_.Monotonic());
    ASSERT_EQ(lapsed_.size(), 1U);
    ASSERT_EQ(lapsed_[0].user_id, UserId{"guest"});
  }

  /// Evicts the guest based on stale leases, then delivers the withheld notifications.
  void ExpectThatTheGuestStays() {
    const ExpiryOutcome outcome = ExpireNow(late_, lapsed_);
    listener_.Release();
    EXPECT_EQ(outcome.skipped, 1U);
    EXPECT_EQ(outcome.expired, 0U);
    const Result<Room> room = late_.LoadRoom(kRoom, Dialect::kGen1);
    ASSERT_OK(room);
    EXPECT_NE(FindPusher(*room, {"guest"}), nullptr);
    EXPECT_OK(late_.TouchPusher(Member(kRoom, "guest")));
    EXPECT_TRUE(leases_.Lapsed(10, clock_.Monotonic()).empty());
  }

  const RoomKey kRoom = Key("r1");
  DelayingListener listener_{leases_};
  TempStore late_store_{{}, "00000000000000ac", listener_};
  RoomService late_{Deps(late_store_.rooms()), {}, logger_};
  std::vector<LapsedLease> lapsed_;
};

TEST_F(RoomServiceExpiry, SparesARejoinedPusherBeforeTheLeasesAreUpdated) {
  listener_.Withhold();
  ASSERT_OK(AddNow(late_, Add(kRoom, "guest")));
  ExpectThatTheGuestStays();
}

TEST_F(RoomServiceExpiry, DistinguishesStaysAfterAClockSetBack) {
  listener_.Withhold();
  ASSERT_OK(late_.DeletePusher(Member(kRoom, "guest")));
  clock_.JumpWallClock(-(kTimeout + 1ms));  // to the exact instant of the previous stay
  ASSERT_OK(AddNow(late_, Add(kRoom, "guest")));
  ExpectThatTheGuestStays();
}

TEST_F(RoomServiceExpiry, EvictsALapsedPusherBeforeTheLeasesAreUpdated) {
  listener_.Withhold();
  ASSERT_OK(AddNow(late_, Add(kRoom, "third")));
  const ExpiryOutcome outcome = ExpireNow(late_, lapsed_);
  listener_.Release();
  EXPECT_EQ(outcome.expired, 1U);
  EXPECT_ERROR(kPusherNotFound, late_.TouchPusher(Member(kRoom, "guest")));
  EXPECT_OK(late_.TouchPusher(Member(kRoom, "third")));
}

}  // namespace
}  // namespace rtcroom
