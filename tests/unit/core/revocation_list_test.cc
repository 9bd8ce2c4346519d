#include "daemon/core/revocation_list.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class RevocationListTest : public testing::Test {
 protected:
  Revocation For(std::chrono::milliseconds time, const std::string& stream = "1_bob") const {
    return {.stream = stream, .until = clock_.Now() + time};
  }
  bool IsRevokedAt(TimePoint expires) const {
    const std::optional<TimePoint> until = revocations_.RevokedUntil("1_bob");
    return until && expires <= *until;
  }

  FakeClock clock_;
  RevocationList revocations_;
};

TEST_F(RevocationListTest, RevokesSignaturesThatExpireByItsEnd) {
  const TimePoint until = kNoon + 1h;
  EXPECT_FALSE(IsRevokedAt(until));
  revocations_.Put({.stream = "1_bob", .until = until});
  EXPECT_TRUE(IsRevokedAt(kNoon));
  EXPECT_TRUE(IsRevokedAt(until));
  EXPECT_FALSE(IsRevokedAt(until + 1ms)) << "of a URL that was signed later";
}

TEST_F(RevocationListTest, RevokesOneStream) {
  revocations_.Put(For(1h));
  for (const char* const other : {"1_amy", "1_bob_0badc0de", "1_bo", "1_BOB", ""}) {
    EXPECT_FALSE(revocations_.RevokedUntil(other).has_value()) << other;
  }
}

TEST_F(RevocationListTest, KeepsTheLatestEndOfAStream) {
  revocations_.Put(For(2h));
  revocations_.Put(For(1h));
  EXPECT_TRUE(IsRevokedAt(kNoon + 2h));
  revocations_.Put(For(3h));
  EXPECT_TRUE(IsRevokedAt(kNoon + 3h));
  clock_.Advance(2h);
  EXPECT_EQ(revocations_.RemoveEnded(clock_.Now()), 0U);
  clock_.Advance(1h);
  EXPECT_EQ(revocations_.RemoveEnded(clock_.Now()), 1U) << "it is one revocation";
}

TEST_F(RevocationListTest, RemovesEndedRevocations) {
  revocations_.Put(For(1s));
  revocations_.Put(For(2s, "1_amy"));
  EXPECT_EQ(revocations_.RemoveEnded(clock_.Now()), 0U);
  clock_.Advance(1s);
  EXPECT_EQ(revocations_.RemoveEnded(clock_.Now()), 1U);
  EXPECT_FALSE(revocations_.RevokedUntil("1_bob").has_value());
  EXPECT_TRUE(revocations_.RevokedUntil("1_amy").has_value());
  clock_.Advance(1s);
  EXPECT_EQ(revocations_.RemoveEnded(clock_.Now()), 1U);
  EXPECT_EQ(revocations_.RemoveEnded(clock_.Now()), 0U);
}

TEST_F(RevocationListTest, DropsTheRevocationThatEndsFirstBeyondItsCapacity) {
  for (std::size_t i = 1; i <= RevocationList::kMaxRevocations; ++i) {
    revocations_.Put(For(std::chrono::seconds(i), std::to_string(i)));
  }
  EXPECT_EQ(revocations_.TakeDropped(), 0U);
  revocations_.Put(For(192h));
  EXPECT_TRUE(revocations_.RevokedUntil("1_bob"));
  EXPECT_FALSE(revocations_.RevokedUntil("1"));
  EXPECT_TRUE(revocations_.RevokedUntil("2"));
  revocations_.Put(For(1s, "earliest"));
  EXPECT_FALSE(revocations_.RevokedUntil("earliest"));
  EXPECT_TRUE(revocations_.RevokedUntil("2"));
  EXPECT_EQ(revocations_.TakeDropped(), 2U);
  EXPECT_EQ(revocations_.TakeDropped(), 0U);
  revocations_.Put(For(193h));
  EXPECT_EQ(revocations_.TakeDropped(), 0U) << "of a known stream";
}

TEST_F(RevocationListTest, AddsTheRevocationsOfCommittedChanges) {
  TempStore store({}, "00c0ffee00c0ffee", revocations_);
  const Room room = MakeRoom(RoomKind::kMulti, "r1");
  const std::vector<Revocation> both = {For(1h), For(1h, "1_amy")};
  ASSERT_OK(Apply(store, Creating(room)));
  EXPECT_FALSE(IsRevokedAt(kNoon));
  EXPECT_ERROR(kPusherNotFound, Apply(store, Revoking(Deleting(room.key, "eve"), both)));
  EXPECT_FALSE(IsRevokedAt(kNoon));
  ASSERT_OK(Apply(store, Revoking(Destroying(room.key), both)));
  EXPECT_TRUE(IsRevokedAt(kNoon));
  EXPECT_TRUE(revocations_.RevokedUntil("1_amy"));
}

}  // namespace
}  // namespace rtcroom
