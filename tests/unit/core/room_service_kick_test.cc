// Operator actions on rooms and their members.
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// A room with a host and a guest.
class RoomServiceKick : public ServiceFixture {
 protected:
  void SetUp() override {
    ASSERT_OK(CreateRoom(Create("r1", "host")));
    ASSERT_OK(AddNow(rooms_, Add(kRoom, "guest")));
  }

  KickCommand Kick(const std::string& user,
                   std::optional<std::chrono::milliseconds> ban = {}) const {
    return {.room = kRoom, .user_id = {user}, .ban = ban};
  }
  Ban Stored() {
    const auto bans = sqlite_.bans().LoadBans(clock_.Now());
    return bans && bans->size() == 1 ? bans->front() : Ban{};
  }

  const RoomKey kRoom = Key("r1");
};

TEST_F(RoomServiceKick, RemovesAPusherWithItsReason) {
  const auto kicked = rooms_.KickPusher(Kick("guest"));
  ASSERT_OK(kicked);
  EXPECT_TRUE(kicked->was_pusher);
  EXPECT_FALSE(kicked->room_destroyed);
  EXPECT_EQ(kicked->banned_until, std::nullopt);
  EXPECT_THAT(UsersIn(kRoom), ElementsAre("host"));
  EXPECT_EQ(Events().back().payload,
            EventPayload(PusherDeleted{.user_id = {"guest"}, .reason = LeaveReason::kKicked}));
}

TEST_F(RoomServiceKick, AllowsRejoiningWithoutABan) {
  ASSERT_OK(rooms_.KickPusher(Kick("guest")));
  EXPECT_ERROR(kPusherNotFound, rooms_.TouchPusher(Member(kRoom, "guest")));
  EXPECT_OK(AddNow(rooms_, Add(kRoom, "guest")));
}

TEST_F(RoomServiceKick, EndsTheRoomIfItsCreatorIsKicked) {
  const auto kicked = rooms_.KickPusher(Kick("host"));
  ASSERT_OK(kicked);
  EXPECT_TRUE(kicked->room_destroyed);
  const std::vector<RoomEvent> events = Events();
  ASSERT_GE(events.size(), 3U);
  EXPECT_EQ(events[events.size() - 3].payload,
            EventPayload(PusherDeleted{.user_id = {"host"}, .reason = LeaveReason::kKicked}));
  EXPECT_EQ(
      events[events.size() - 2].payload,
      EventPayload(PusherDeleted{.user_id = {"guest"}, .reason = LeaveReason::kRoomDestroyed}));
  EXPECT_EQ(events.back().payload, EventPayload(RoomDestroyed{.reason = EndReason::kCreatorLeft}));
}

TEST_F(RoomServiceKick, ReportsAMissingPusher) {
  EXPECT_ERROR(kPusherNotFound, rooms_.KickPusher(Kick("stranger")));
  EXPECT_ERROR(kPusherNotFound,
               rooms_.KickPusher({.room = Key("no such room"), .user_id = {"guest"}}));
}

TEST_F(RoomServiceKick, RefusesABannedUserUntilTheBanEnds) {
  const auto kicked = rooms_.KickPusher(Kick("guest", 60s));
  ASSERT_OK(kicked);
  EXPECT_EQ(kicked->banned_until, clock_.Now() + 60s);
  EXPECT_EQ(Stored(), (Ban{.room = kRoom, .user_id = {"guest"}, .until = clock_.Now() + 60s}));
  EXPECT_ERROR(kNotAllowed, AddNow(rooms_, Add(kRoom, "guest")));
  EXPECT_ERROR(kNotAllowed, rooms_.CheckMayPush(kRoom.kind, kRoom.id, {"guest"}));
  EXPECT_ERROR(kNotAllowed, rooms_.CheckMayPush(kRoom.kind, {}, {"guest"}));
  EXPECT_OK(rooms_.CheckMayPush(kRoom.kind, RoomId{"another"}, {"guest"}));
  EXPECT_OK(rooms_.CheckMayPush(RoomKind::kLive, {}, {"guest"}));
  EXPECT_ERROR(kPusherNotFound, rooms_.TouchPusher(Member(kRoom, "guest")));
  EXPECT_OK(AddNow(rooms_, Add(kRoom, "somebody else")));
  clock_.Advance(60s);
  EXPECT_OK(AddNow(rooms_, Add(kRoom, "guest")));
  EXPECT_OK(rooms_.CheckMayPush(kRoom.kind, {}, {"guest"}));
}

TEST_F(RoomServiceKick, KeepsABanAfterTheRoomEnds) {
  ASSERT_OK(rooms_.KickPusher(Kick("host", 60s)));
  EXPECT_ERROR(kNotAllowed, CreateRoom(Create("r1", "host")));
  ASSERT_OK(CreateRoom(Create("r1", "another")));
  EXPECT_ERROR(kNotAllowed, AddNow(rooms_, Add(kRoom, "host")));
}

TEST_F(RoomServiceKick, BansAnAbsentUser) {
  const auto kicked = rooms_.KickPusher(Kick("stranger", 60s));
  ASSERT_OK(kicked);
  EXPECT_FALSE(kicked->was_pusher);
  EXPECT_EQ(Stored().user_id, UserId{"stranger"});
  EXPECT_ERROR(kNotAllowed, AddNow(rooms_, Add(kRoom, "stranger")));
}

TEST_F(RoomServiceKick, DropsABanThatCouldNotBeStored) {
  store_.broken = true;
  EXPECT_ERROR(kStoreBroken, rooms_.KickPusher(Kick("guest", 60s)));
  store_.broken = false;
  EXPECT_THAT(UsersIn(kRoom), ElementsAre("host", "guest"));
  EXPECT_OK(rooms_.CheckMayPush(kRoom.kind, {}, {"guest"}));
}

TEST_F(RoomServiceKick, KeepsABanThatMayBeStored) {
  store_.failure = Errc::kOutcomeUnknown;
  store_.broken = true;
  EXPECT_ERROR(kOutcomeUnknown, rooms_.KickPusher(Kick("guest", 60s)));
  EXPECT_ERROR(kNotAllowed, rooms_.CheckMayPush(kRoom.kind, {}, {"guest"}));
}

TEST_F(RoomServiceKick, DismissesARoomOfAnyCreator) {
  ASSERT_OK(rooms_.DismissRoom(kRoom));
  EXPECT_ERROR(kRoomNotFound, rooms_.DismissRoom(kRoom));
  EXPECT_EQ(leases_.size(), 0U);
  const std::vector<RoomEvent> events = Events();
  EXPECT_EQ(
      events[events.size() - 2].payload,
      EventPayload(PusherDeleted{.user_id = {"guest"}, .reason = LeaveReason::kRoomDestroyed}));
  EXPECT_EQ(events.back().payload, EventPayload(RoomDestroyed{.reason = EndReason::kDismissed}));
}

}  // namespace
}  // namespace rtcroom
