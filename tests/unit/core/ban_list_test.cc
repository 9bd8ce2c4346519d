#include "daemon/core/ban_list.h"

#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_streams.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class BanListTest : public testing::Test {
 protected:
  Ban For(std::chrono::milliseconds time, const RoomKey& room) const {
    return {.room = room, .user_id = kBob, .until = clock_.Now() + time};
  }

  const UserId kBob{"bob"};
  const RoomKey kRoom{.kind = RoomKind::kMulti, .id = {"r1"}};
  const RoomKey kOther{.kind = RoomKind::kMulti, .id = {"r2"}};
  FakeClock clock_;
  const FakeStreams streams_{};
  BanList bans_{clock_, streams_};
};

TEST_F(BanListTest, ABanIsForOneUserInOneRoomOfOneKind) {
  ASSERT_OK(bans_.Put(For(1s, kRoom)));
  EXPECT_TRUE(bans_.IsBanned(kRoom, kBob));
  EXPECT_FALSE(bans_.IsBanned(kOther, kBob));
  EXPECT_FALSE(bans_.IsBanned(kRoom, {"amy"}));
  EXPECT_FALSE(bans_.IsBanned({.kind = RoomKind::kLive, .id = kRoom.id}, kBob));
}

TEST_F(BanListTest, HearsOfBansByOtherPrograms) {
  const Ban ban = For(1s, kRoom);
  bans_.OnCommit({.bans = {&ban, 1}});
  EXPECT_TRUE(bans_.IsBanned(kRoom, kBob));
  EXPECT_TRUE(bans_.IsStreamBanned("bob"));
  EXPECT_EQ(bans_.TakeDropped(), 0u);
}

TEST_F(BanListTest, CountsWhatWasPut) {
  const std::uint64_t before = bans_.puts();
  ASSERT_OK(bans_.Put(For(1s, kRoom)));
  const std::uint64_t after = bans_.puts();
  EXPECT_NE(after, before);
  ASSERT_OK(bans_.Put(For(2s, kRoom)));
  EXPECT_NE(bans_.puts(), after) << "a later ban of the same user";
}

TEST_F(BanListTest, FindsBansOfAUserInAnyRoomOfAKind) {
  ASSERT_OK(bans_.Put(For(1s, kRoom)));
  EXPECT_TRUE(bans_.IsBannedSomewhere(RoomKind::kMulti, kBob));
  EXPECT_FALSE(bans_.IsBannedSomewhere(RoomKind::kLive, kBob));
  EXPECT_FALSE(bans_.IsBannedSomewhere(RoomKind::kMulti, {"amy"}));
}

TEST_F(BanListTest, FindsTheStreamsOfBannedUsers) {
  ASSERT_OK(bans_.Put(For(1s, kRoom)));
  ASSERT_OK(bans_.Put({.room = {.kind = RoomKind::kWebrtc, .id = {"w"}},
                       .user_id = {"amy"},
                       .until = clock_.Now() + 1s}));
  EXPECT_TRUE(bans_.IsStreamBanned("bob"));
  EXPECT_TRUE(bans_.IsStreamBanned("bob_0011aabb"));
  EXPECT_FALSE(bans_.IsStreamBanned("bob_0011aabb_0011aabb"));
  EXPECT_FALSE(bans_.IsStreamBanned("bobby"));
  EXPECT_FALSE(bans_.IsStreamBanned("amy")) << "there are no push URLs for that kind";
  clock_.Advance(1s);
  EXPECT_FALSE(bans_.IsStreamBanned("bob"));
}

TEST_F(BanListTest, FindsStreamsWhileTheirUsersHaveAnotherBan) {
  const RoomKey live{.kind = RoomKind::kLive, .id = {"r1"}};
  ASSERT_OK(bans_.Put(For(1s, kRoom)));
  ASSERT_OK(bans_.Put(For(2s, live)));
  clock_.Advance(1s);
  EXPECT_EQ(bans_.RemoveEnded(clock_.Now()), 1U);
  EXPECT_TRUE(bans_.IsStreamBanned("bob"));
  clock_.Advance(1s);
  EXPECT_EQ(bans_.RemoveEnded(clock_.Now()), 1U);
  ASSERT_OK(bans_.Put(For(1s, kRoom)));
  EXPECT_TRUE(bans_.IsStreamBanned("bob")) << "again";
}

TEST_F(BanListTest, EndsABanAtItsInstant) {
  ASSERT_OK(bans_.Put(For(1s, kRoom)));
  clock_.Advance(999ms);
  EXPECT_TRUE(bans_.IsBanned(kRoom, kBob));
  clock_.Advance(1ms);
  EXPECT_FALSE(bans_.IsBanned(kRoom, kBob));
  EXPECT_FALSE(bans_.IsBannedSomewhere(RoomKind::kMulti, kBob));
}

TEST_F(BanListTest, RemovesEndedBans) {
  ASSERT_OK(bans_.Put(For(1s, kRoom)));
  ASSERT_OK(bans_.Put(For(2s, kOther)));
  EXPECT_EQ(bans_.RemoveEnded(clock_.Now()), 0U);
  clock_.Advance(1s);
  EXPECT_EQ(bans_.RemoveEnded(clock_.Now()), 1U);
  EXPECT_TRUE(bans_.IsBanned(kOther, kBob));
  clock_.Advance(1s);
  EXPECT_EQ(bans_.RemoveEnded(clock_.Now()), 1U);
  EXPECT_EQ(bans_.RemoveEnded(clock_.Now()), 0U);
}

TEST_F(BanListTest, RestoreUndoesABanThatCouldNotBeStored) {
  const Ban ban = For(1s, kRoom);
  const auto before = bans_.Put(ban);
  ASSERT_OK(before);
  EXPECT_EQ(*before, std::nullopt);
  bans_.Restore(ban, *before);
  EXPECT_FALSE(bans_.IsBanned(kRoom, kBob));
}

TEST_F(BanListTest, RestoreUndoesOnlyTheNewestBan) {
  const Ban first = For(1s, kRoom);
  ASSERT_OK(bans_.Put(first));
  const Ban second = For(1h, kRoom);
  const auto before = bans_.Put(second);
  ASSERT_OK(before);
  EXPECT_EQ(*before, first.until);
  bans_.Restore(second, *before);
  EXPECT_TRUE(bans_.IsBanned(kRoom, kBob));
  clock_.Advance(1s);
  EXPECT_FALSE(bans_.IsBanned(kRoom, kBob));
}

TEST_F(BanListTest, RestoreKeepsALaterBan) {
  const Ban failing = For(1s, kRoom);
  const auto before = bans_.Put(failing);
  ASSERT_OK(before);
  ASSERT_OK(bans_.Put(For(1h, kRoom)));
  bans_.Restore(failing, *before);
  EXPECT_TRUE(bans_.IsBanned(kRoom, kBob));
}

TEST_F(BanListTest, RefusesBansBeyondItsCapacity) {
  for (std::size_t i = 0; i < BanList::kMaxBans; ++i) {
    ASSERT_OK(bans_.Put(For(1h, {.kind = RoomKind::kMulti, .id = {std::to_string(i)}})));
  }
  EXPECT_ERROR(kUnavailable, bans_.Put(For(1h, kRoom)));
  EXPECT_ERROR(kUnavailable,
               bans_.Put({.room = kRoom, .user_id = {"amy"}, .until = clock_.Now() + 1h}));
  EXPECT_FALSE(bans_.IsBanned(kRoom, kBob));
  EXPECT_OK(bans_.Put(For(2h, {.kind = RoomKind::kMulti, .id = {"0"}})));  // replaces the first ban
}

TEST_F(BanListTest, IsInForceAgainWhenAWrongWallClockIsRight) {
  ASSERT_OK(bans_.Put(For(10min, kRoom)));
  const TimePoint removal = clock_.Now();
  for (const std::chrono::milliseconds jump : {1h, -1h, 192h, -192h, 87'660h, -87'660h}) {
    clock_.JumpWallClock(jump);
    EXPECT_EQ(bans_.IsBanned(kRoom, kBob), jump.count() < 0);
    EXPECT_EQ(bans_.RemoveEnded(removal), 0U);
    clock_.JumpWallClock(-jump);
    EXPECT_TRUE(bans_.IsBanned(kRoom, kBob));
  }
}

}  // namespace
}  // namespace rtcroom
