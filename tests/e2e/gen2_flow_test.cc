// Conformance checks for gen-2 clients (protocol F.10, 3 to 6), over TLS.
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Gen2 : public testing::Test {
 protected:
  Gen2Client User(const std::string& user_id, std::string_view kind = "multi_room") {
    return LoggedIn(server_, user_id, kind);
  }

  ServerProcess server_{{.settings = WithLogins({{"room.heartbeat_timeout", "1h"}})}};
};

class Gen2RoomFlow : public Gen2, public testing::WithParamInterface<std::string_view> {};

TEST_P(Gen2RoomFlow, HidesARoomUntilItsFirstPusherBecomesCreator) {
  Gen2Client host = User("host", GetParam());
  Gen2Client adder = User("adder", GetParam());
  const ApiReply created = host.Call("create_room", PrepareBody("host"));
  ASSERT_EQ(created.code(), kOk) << created;
  const std::string room = created.Text("roomID");
  EXPECT_THAT(room, testing::MatchesRegex("room_[0-9a-f]{8}_[0-9a-f]{4}"));
  EXPECT_THAT(RoomIds(host), IsEmpty());
  EXPECT_EQ(host.Call("get_pushers", RoomBody(room)).code(), kNoSuchRoom);
  EXPECT_EQ(host.Call("pusher_heartbeat", MemberBody(room, "host")).code(), kNoSuchMember);

  const ApiReply added = adder.Call("add_pusher", PusherBody(room, "adder"));
  ASSERT_EQ(added.code(), kOk) << added;
  EXPECT_EQ(added.Text("roomID"), room);
  const nlohmann::json rooms = ListedRooms(host);
  ASSERT_EQ(rooms.size(), 1U) << rooms;
  EXPECT_EQ(rooms[0]["roomID"], room);
  EXPECT_EQ(rooms[0]["roomCreator"], "adder");
  EXPECT_EQ(rooms[0]["roomInfo"], "a room");
  EXPECT_EQ(rooms[0]["custom"], "{}");
  EXPECT_EQ(rooms[0].contains("audienceCount"), GetParam() == "live_room");
  EXPECT_EQ(CreatorOf(host, room), "adder");
  EXPECT_THAT(PushersOf(host, room), ElementsAre("adder"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, Gen2RoomFlow, testing::ValuesIn(kKinds),
                         [](const auto& param_info) { return std::string(param_info.param); });

TEST_F(Gen2, EndsALiveRoomAndItsAudienceWithItsCreator) {
  Gen2Client host = User("host", "live_room");
  Gen2Client guest = User("guest", "live_room");
  Gen2Client viewer = User("viewer", "live_room");
  ASSERT_EQ(host.Call("add_pusher", PusherBody("r1", "host")).code(), kOk);
  ASSERT_EQ(guest.Call("add_pusher", PusherBody("r1", "guest")).code(), kOk);
  ASSERT_EQ(viewer.Call("add_audience", AudienceBody("r1", "viewer")).code(), kOk);
  EXPECT_THAT(AudiencesOf(host, "r1"), ElementsAre("viewer"));
  EXPECT_EQ(host.Call("delete_pusher", MemberBody("r1", "host")).code(), kOk);
  EXPECT_EQ(guest.Call("get_pushers", RoomBody("r1")).code(), kNoSuchRoom);
  EXPECT_EQ(guest.Call("pusher_heartbeat", MemberBody("r1", "guest")).code(), kNoSuchMember);
  EXPECT_THAT(AudiencesOf(host, "r1"), IsEmpty());
  EXPECT_THAT(RoomIds(guest), IsEmpty());
  EXPECT_EQ(guest.Call("add_pusher", PusherBody("r1", "guest")).code(), kOk)
      << "creates a new room";
  EXPECT_THAT(AudiencesOf(host, "r1"), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
