#include "daemon/core/stream_claims.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rooms.h"
#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// Gen-1 streams are named as their users; see `FakeStreams`.
class StreamClaimsTest : public ServiceFixture {
 protected:
  std::vector<std::string> RoomsOf(const std::string& stream) {
    std::vector<std::string> rooms;
    for (const StreamClaims::Member& member : claims_.MembersOf(stream)) {
      rooms.push_back(member.room.id.value);
    }
    return rooms;
  }
};

TEST_F(StreamClaimsTest, APusherClaimsItsStreamWhileItIsAMember) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  EXPECT_TRUE(claims_.IsClaimed("host"));
  EXPECT_FALSE(claims_.IsClaimed("guest"));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "guest")));
  EXPECT_EQ(claims_.StreamOf(Key("r1"), {"guest"}), "guest");
  ASSERT_OK(rooms_.DeletePusher(Member(Key("r1"), "guest")));
  EXPECT_FALSE(claims_.IsClaimed("guest"));
  EXPECT_EQ(claims_.StreamOf(Key("r1"), {"guest"}), std::nullopt);
  ASSERT_OK(rooms_.DestroyRoom(Member(Key("r1"), "host")));
  EXPECT_FALSE(claims_.IsClaimed("host"));
}

TEST_F(StreamClaimsTest, TellsTheUserOfAStreamFromThoseWhoNameIt) {
  AddPusherCommand add = Add(Key("r1"), "mallory");
  add.dialect = Dialect::kGen2;
  add.profile.push_url = "rtmp://h/live/alice_0011aabb";
  ASSERT_OK(AddNow(rooms_, add));
  EXPECT_FALSE(claims_.IsClaimedByItsUser("alice_0011aabb"));
  add.user_id = {"alice"};
  ASSERT_OK(AddNow(rooms_, add));
  EXPECT_TRUE(claims_.IsClaimedByItsUser("alice_0011aabb"));
  EXPECT_FALSE(claims_.IsClaimedByItsUser("alice"));
}

TEST_F(StreamClaimsTest, TheUserOfAStreamComesBeforeAllWhoNameIt) {
  const auto name_it = [&](const std::string& room, const std::string& user) {
    AddPusherCommand add = Add(Key(room), user);
    add.dialect = Dialect::kGen2;
    add.profile.push_url = "rtmp://h/live/alice_0011aabb";
    ASSERT_OK(AddNow(rooms_, add));
  };
  const auto leave = [&](const std::string& room, const std::string& user) {
    auto member = Member(Key(room), user);
    member.dialect = Dialect::kGen2;
    ASSERT_OK(rooms_.DeletePusher(member));
  };
  name_it("alices", "alice");
  for (std::size_t i = 0; i < StreamClaims::kMostMembers; ++i) {
    name_it("r" + std::to_string(i), "mallory");
  }
  EXPECT_EQ(RoomsOf("alice_0011aabb").front(), "alices");
  EXPECT_TRUE(claims_.IsClaimedByItsUser("alice_0011aabb"));
  leave("r63", "mallory");
  name_it("r63", "trudy");
  name_it("second", "alice");
  leave("alices", "alice");
  EXPECT_EQ(RoomsOf("alice_0011aabb").front(), "second");
  leave("second", "alice");
  EXPECT_EQ(RoomsOf("alice_0011aabb").front(), "r63");
  EXPECT_FALSE(claims_.IsClaimedByItsUser("alice_0011aabb"));
}

TEST_F(StreamClaimsTest, TellTheOwnStreamsOfARoom) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  ASSERT_OK(CreateRoom(Create("r2", "other")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "guest")));
  AddPusherCommand add = Add(Key("r3"), "mallory");
  add.dialect = Dialect::kGen2;
  add.profile.push_url = "rtmp://h/live/alice_0011aabb";
  ASSERT_OK(AddNow(rooms_, add));
  add.user_id = {"alice"};
  ASSERT_OK(AddNow(rooms_, add));
  EXPECT_THAT(claims_.OwnStreamsIn(Key("r1")), ElementsAre("guest", "host"));
  EXPECT_THAT(claims_.OwnStreamsIn(Key("r3")), ElementsAre("alice_0011aabb"));
  EXPECT_THAT(claims_.OwnStreamsIn(Key("r")), IsEmpty());
}

TEST_F(StreamClaimsTest, AUserOfSeveralRoomsClaimsOneStreamInEach) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  ASSERT_OK(CreateRoom(Create("r2", "host")));
  EXPECT_THAT(RoomsOf("host"), ElementsAre("r2", "r1"));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "host")));
  EXPECT_THAT(RoomsOf("host"), ElementsAre("r1", "r2"));
  ASSERT_OK(rooms_.DestroyRoom(Member(Key("r1"), "host")));
  EXPECT_THAT(RoomsOf("host"), ElementsAre("r2"));
}

TEST_F(StreamClaimsTest, InGen2ThePushUrlNamesTheStream) {
  AddPusherCommand add = Add(Key("r1"), "alice");
  add.dialect = Dialect::kGen2;
  add.profile.push_url = "rtmp://h/live/alice_0011aabb?txSecret=1&txTime=2";
  ASSERT_OK(AddNow(rooms_, add));
  EXPECT_EQ(claims_.StreamOf(Key("r1"), {"alice"}), "alice_0011aabb");
  add.profile.push_url = "rtmp://h/live/alice_0011aabc?txSecret=1&txTime=2";
  ASSERT_OK(AddNow(rooms_, add));
  EXPECT_THAT(RoomsOf("alice_0011aabb"), IsEmpty());
  EXPECT_THAT(RoomsOf("alice_0011aabc"), ElementsAre("r1"));
}

TEST_F(StreamClaimsTest, StreamsOfTheEvictedAreTakenOnce) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "guest")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "polite")));
  ASSERT_OK(rooms_.DeletePusher(Member(Key("r1"), "polite")));
  EXPECT_FALSE(claims_.removals().Wait(MonotonicTime::min()));
  EXPECT_OK(rooms_.KickPusher({.room = Key("r1"), .user_id = {"guest"}}));
  EXPECT_TRUE(claims_.removals().Wait(MonotonicTime::min()));
  EXPECT_THAT(claims_.TakeEvicted(), ElementsAre("guest"));
  EXPECT_THAT(claims_.TakeEvicted(), IsEmpty());
}

TEST_F(StreamClaimsTest, AStreamWithAnotherMemberIsNotTaken) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  ASSERT_OK(CreateRoom(Create("r2", "guest")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "guest")));
  EXPECT_OK(rooms_.KickPusher({.room = Key("r1"), .user_id = {"guest"}}));
  EXPECT_THAT(claims_.TakeEvicted(), IsEmpty());
  EXPECT_TRUE(claims_.IsClaimed("guest"));
}

TEST_F(StreamClaimsTest, TheOwnerOfAStreamIsKnownAfterItLeft) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  const std::uint64_t number = store_.Load(Key("r1"))->sequence;
  const TimePoint joined = clock_.Now();
  clock_.Advance(10s);
  const StreamOwner host{.room = Key("r1"), .room_number = number, .user_id = {"host"}};
  EXPECT_EQ(claims_.OwnerOf("host", joined, clock_.Now()), host);
  ASSERT_OK(rooms_.DestroyRoom(Member(Key("r1"), "host")));
  const TimePoint left = clock_.Now();
  clock_.Advance(10s);
  EXPECT_EQ(claims_.OwnerOf("host", joined, clock_.Now()), host);
  EXPECT_EQ(claims_.OwnerOf("host", std::nullopt, clock_.Now()), host);
  EXPECT_EQ(claims_.OwnerOf("host", left + 1ms, clock_.Now()), std::nullopt);
  EXPECT_EQ(claims_.OwnerOf("host", std::nullopt, joined - 1ms), std::nullopt);
  EXPECT_EQ(claims_.OwnerOf("guest", std::nullopt, clock_.Now()), std::nullopt);
}

TEST_F(StreamClaimsTest, TheOwnerIsThatOfTheTime) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  clock_.Advance(10s);
  ASSERT_OK(rooms_.DestroyRoom(Member(Key("r1"), "host")));
  const TimePoint first_end = clock_.Now();
  clock_.Advance(10s);
  ASSERT_OK(CreateRoom(Create("r2", "host")));
  clock_.Advance(10s);
  ASSERT_OK(CreateRoom(Create("r3", "host")));
  const auto room_at = [&](TimePoint since, TimePoint until) {
    return claims_.OwnerOf("host", since, until)->room.id.value;
  };
  EXPECT_EQ(room_at(first_end - 5s, first_end + 1s), "r1");
  EXPECT_EQ(room_at(first_end + 9s, first_end + 15s), "r2");
  EXPECT_EQ(room_at(first_end + 9s, clock_.Now()), "r2") << "r3 has it at the end";
  clock_.Advance(10s);
  EXPECT_EQ(room_at(first_end + 19s, clock_.Now()), "r3") << "r2 still has it, too";
  ASSERT_OK(rooms_.DestroyRoom(Member(Key("r3"), "host")));
  EXPECT_EQ(room_at(first_end + 19s, clock_.Now()), "r3");
  clock_.Advance(1s);
  EXPECT_EQ(room_at(clock_.Now(), clock_.Now()), "r2") << "still a member";
}

TEST_F(StreamClaimsTest, TheOwnerOfAStreamThatMovesIsTheRoomThatHadItLonger) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  const TimePoint start = clock_.Now() + 1s;
  clock_.Advance(10s);
  ASSERT_OK(rooms_.DestroyRoom(Member(Key("r1"), "host")));
  ASSERT_OK(CreateRoom(Create("r2", "host")));
  const TimePoint moved = clock_.Now();
  clock_.Advance(20s);
  const auto room_of = [&](TimePoint until) {
    return claims_.OwnerOf("host", start, until)->room.id.value;
  };
  EXPECT_EQ(room_of(moved), "r1") << "it ends as it moves";
  EXPECT_EQ(room_of(moved + 1s), "r1");
  EXPECT_EQ(room_of(clock_.Now()), "r2");
  ASSERT_OK(rooms_.DestroyRoom(Member(Key("r2"), "host")));
  ASSERT_OK(CreateRoom(Create("r3", "host")));
  clock_.Advance(15s);
  EXPECT_EQ(room_of(clock_.Now()), "r2") << "longer than the others, not half of the time";
}

TEST_F(StreamClaimsTest, AStreamBelongsToItsUserWhoeverNamesIt) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  const auto name_it = [&] {
    AddPusherCommand add = Add(Key("r2"), "mallory");
    add.dialect = Dialect::kGen2;
    add.profile.push_url = "rtmp://h/live/host";
    ASSERT_OK(AddNow(rooms_, add));
  };
  clock_.Advance(10s);
  name_it();
  EXPECT_EQ(claims_.OwnerOf("host", std::nullopt, clock_.Now())->user_id, UserId{"host"});
  ASSERT_OK(rooms_.DeletePusher(Member(Key("r1"), "host")));
  clock_.Advance(1s);
  EXPECT_EQ(claims_.OwnerOf("host", std::nullopt, clock_.Now())->user_id, UserId{"host"});
}

TEST_F(StreamClaimsTest, RemembersAsManyEndedClaimsAsMayBe) {
  StreamClaims claims(streams_);
  Room room = MakeRoom(RoomKind::kMulti, "r1");
  room.pushers = {{.user_id = {"first"}, .added_at = clock_.Now()}};
  Room busy = MakeRoom(RoomKind::kMulti, "r2");
  busy.pushers = {{.user_id = {"busy"}, .added_at = clock_.Now()}};
  claims.Restore(room);
  room.pushers.front().added_at += 1h;
  claims.Restore(room);  // ends the claim before
  const auto is_known = [&] {
    return claims.OwnerOf("first", std::nullopt, room.pushers.front().added_at - 1s).has_value();
  };
  for (std::size_t i = 0; i < StreamClaims::kMaxReleased; ++i) claims.Restore(busy);
  EXPECT_TRUE(is_known());
  claims.Restore(busy);
  EXPECT_FALSE(is_known());
}

TEST_F(StreamClaimsTest, StreamsOfARoomThatEndsWithItsEvictedCreatorAreTaken) {
  const RoomKey left{RoomKind::kLive, {"left"}};
  const RoomKey kicked{RoomKind::kLive, {"kicked"}};
  ASSERT_OK(CreateRoom(Create("left", "host1", RoomKind::kLive)));
  ASSERT_OK(AddNow(rooms_, Add(left, "guest1")));
  ASSERT_OK(CreateRoom(Create("kicked", "host2", RoomKind::kLive)));
  ASSERT_OK(AddNow(rooms_, Add(kicked, "guest2")));
  ASSERT_OK(rooms_.DeletePusher(Member(left, "host1")));
  EXPECT_THAT(claims_.TakeEvicted(), IsEmpty());
  EXPECT_OK(rooms_.KickPusher({.room = kicked, .user_id = {"host2"}}));
  EXPECT_THAT(claims_.TakeEvicted(), ElementsAre("host2", "guest2"));
}

TEST_F(StreamClaimsTest, StreamsOfARoomThatEndsAfterAnEvictionAreNotTaken) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "guest")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "third")));
  // In one commit, as a store may tell them.
  const auto event = [&](EventPayload payload) {
    return StoredEvent{.event = {.room = Key("r1"), .payload = std::move(payload)}};
  };
  const LeaveReason with_room = LeaveReason::kRoomDestroyed;
  const std::vector<StoredEvent> events = {
      event(PusherDeleted{.user_id = {"third"}, .reason = LeaveReason::kKicked}),
      event(PusherDeleted{.user_id = {"host"}, .reason = with_room}),
      event(PusherDeleted{.user_id = {"guest"}, .reason = with_room}),
      event(RoomDestroyed{.reason = EndReason::kDestroyed})};
  claims_.OnCommit({.events = events});
  EXPECT_THAT(claims_.TakeEvicted(), ElementsAre("third"));
}

TEST_F(StreamClaimsTest, AStreamThatIsAnotherUsersIsNotTaken) {
  AddPusherCommand add = Add(Key("r1"), "mallory");
  add.dialect = Dialect::kGen2;
  add.profile.push_url = "rtmp://h/live/alice_0011aabb";
  ASSERT_OK(AddNow(rooms_, add));
  EXPECT_OK(rooms_.KickPusher({.room = Key("r1"), .user_id = {"mallory"}}));
  EXPECT_THAT(claims_.TakeEvicted(), IsEmpty());
  EXPECT_FALSE(claims_.IsClaimed("alice_0011aabb"));
}

TEST_F(StreamClaimsTest, StoredRoomsAreRestored) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  StreamClaims restored(streams_);
  restored.Restore(*store_.Load(Key("r1")));
  EXPECT_TRUE(restored.IsClaimed("host"));
}

}  // namespace
}  // namespace rtcroom
