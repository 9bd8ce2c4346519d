// Removals by operators revoke the push URLs of the removed.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Room "r1" of a host and a guest. Gen-1 streams are named as their users; see `FakeStreams`.
class StreamRevocations : public ServiceFixture {
 protected:
  void SetUp() override {
    ASSERT_OK(CreateRoom(Create("r1", "host")));
    ASSERT_OK(AddNow(revoking_, Add(kRoom, "guest")));
  }
  Status Kick(const std::string& user) {
    const auto kicked = revoking_.KickPusher({.room = kRoom, .user_id = {user}});
    return kicked ? Status() : kicked.error();
  }
  std::vector<std::string> Revoked() {
    std::vector<std::string> streams;
    const auto stored = sqlite_.bans().LoadRevocations(clock_.Now());
    for (const Revocation& revocation : *stored) {
      streams.push_back(revocation.stream);
      EXPECT_EQ(revocation.until, clock_.Now() + 1h) << revocation.stream;
    }
    return streams;
  }

  RoomServiceDeps RevokingDeps() {
    RoomServiceDeps deps = Deps(store_);
    deps.claims = &claims_;
    return deps;
  }

  const RoomKey kRoom = Key("r1");
  RoomService revoking_{RevokingDeps(), {.push_url_ttl = 1h}, logger_};
};

TEST_F(StreamRevocations, AKickRevokesTheUrlsOfTheRemoved) {
  ASSERT_OK(Kick("guest"));
  EXPECT_THAT(Revoked(), UnorderedElementsAre("guest"));
}

TEST_F(StreamRevocations, AKickThatEndsTheRoomRevokesThoseOfTheKickedAlone) {
  ASSERT_OK(Kick("host"));
  EXPECT_THAT(Revoked(), UnorderedElementsAre("host"));
}

TEST_F(StreamRevocations, ADismissalRevokesThoseOfAllPushers) {
  ASSERT_OK(revoking_.DismissRoom(kRoom));
  EXPECT_THAT(Revoked(), UnorderedElementsAre("host", "guest"));
}

TEST_F(StreamRevocations, AStreamOfAnotherRoomStaysValid) {
  ASSERT_OK(CreateRoom(Create("r2", "guest")));
  ASSERT_OK(Kick("guest"));
  EXPECT_THAT(Revoked(), IsEmpty());
}

TEST_F(StreamRevocations, LeavingAndSilenceRevokeNothing) {
  ASSERT_OK(revoking_.DeletePusher(Member(kRoom, "guest")));
  ASSERT_OK(AddNow(revoking_, Add(kRoom, "guest")));
  const Eviction eviction{.lease = *leases_.Observe(kRoom, {"guest"}, clock_.Monotonic()),
                          .despite_heartbeats = true};
  EXPECT_EQ(
      revoking_.ExpirePushers({{eviction}}, [](const Eviction& /*one*/) { return true; }).expired,
      1U);
  ASSERT_OK(revoking_.DestroyRoom(Member(kRoom, "host")));
  EXPECT_THAT(Revoked(), IsEmpty());
}

TEST_F(StreamRevocations, AFailedKickRevokesNothing) {
  EXPECT_ERROR(kPusherNotFound, Kick("stranger"));
  EXPECT_THAT(Revoked(), IsEmpty());
}

class NamedStreams : public StreamRevocations {
 protected:
  /// Adds a gen-2 pusher whose URL names that stream.
  void AddGen2(const RoomKey& room, const std::string& user, const std::string& stream) {
    AddPusherCommand add = Add(room, user);
    add.dialect = Dialect::kGen2;
    add.profile.push_url = "rtmp://h/live/" + stream + "?txSecret=1&txTime=2";
    ASSERT_OK(AddNow(revoking_, add));
  }
  const RoomKey kNamed = Key("r3");
};

TEST_F(NamedStreams, OfAnotherUserStayValid) {
  AddGen2(kNamed, "alice", "alice_0011aabb");
  AddGen2(kNamed, "mallory", "alice_0011aabb");
  ASSERT_OK(revoking_.KickPusher({.room = kNamed, .user_id = {"mallory"}}));
  AddGen2(Key("r4"), "mallory", "bob_0011aabb");
  ASSERT_OK(revoking_.DismissRoom(Key("r4")));
  EXPECT_THAT(Revoked(), IsEmpty());
}

TEST_F(NamedStreams, AreRevokedWithTheirOwnUserWhoeverElseNamesThem) {
  AddGen2(kNamed, "alice", "alice_0011aabb");
  AddGen2(Key("r4"), "mallory", "alice_0011aabb");
  ASSERT_OK(revoking_.KickPusher({.room = kNamed, .user_id = {"alice"}}));
  EXPECT_THAT(Revoked(), UnorderedElementsAre("alice_0011aabb"));
}

TEST_F(StreamRevocations, InGen2TheStreamOfThePushUrlIsRevoked) {
  AddPusherCommand add = Add(Key("r3"), "alice");
  add.dialect = Dialect::kGen2;
  add.profile.push_url = "rtmp://h/live/alice_0011aabb?txSecret=1&txTime=2";
  ASSERT_OK(AddNow(revoking_, add));
  ASSERT_OK(revoking_.DismissRoom(Key("r3")));
  EXPECT_THAT(Revoked(), UnorderedElementsAre("alice_0011aabb"));
}

TEST_F(StreamRevocations, WithoutAGuardNothingIsRevoked) {
  ASSERT_OK(rooms_.DismissRoom(kRoom));
  EXPECT_THAT(Revoked(), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
