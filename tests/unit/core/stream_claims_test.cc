#include "daemon/core/stream_claims.h"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Gen-1 streams are named as their users; see `FakeStreams`.
class StreamClaimsTest : public ServiceFixture {
 protected:
  std::vector<std::string> RoomsOf(const std::string& stream, std::size_t limit = 10) {
    std::vector<std::string> rooms;
    for (const StreamClaims::Member& member : claims_.MembersOf(stream, limit)) {
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

TEST_F(StreamClaimsTest, AUserOfSeveralRoomsClaimsOneStreamInEach) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  ASSERT_OK(CreateRoom(Create("r2", "host")));
  EXPECT_THAT(RoomsOf("host"), ElementsAre("r2", "r1"));
  EXPECT_THAT(RoomsOf("host", 1), ElementsAre("r2"));
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

TEST_F(StreamClaimsTest, StoredRoomsAreRestored) {
  ASSERT_OK(CreateRoom(Create("r1", "host")));
  StreamClaims restored(streams_);
  restored.Restore(*store_.Load(Key("r1")));
  EXPECT_TRUE(restored.IsClaimed("host"));
}

}  // namespace
}  // namespace rtcroom
