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

TEST_P(Gen2RoomFlow, CreatesAnUnknownRoomOnAddPusher) {
  Gen2Client user = User("user", GetParam());
  nlohmann::json body = PusherBody("unheard_of", "user");
  body["roomInfo"] = R"({"title":"kept"})";
  const ApiReply added = user.Call("add_pusher", body);
  ASSERT_EQ(added.code(), kOk) << added;
  EXPECT_EQ(added.Text("roomID"), "unheard_of");
  const ApiReply room = user.Call("get_pushers", RoomBody("unheard_of"));
  EXPECT_THAT(PusherIds(room), ElementsAre("user"));
  EXPECT_EQ(room.Text("roomCreator"), "user");
  EXPECT_EQ(room.Text("roomInfo"), R"({"title":"kept"})");
  EXPECT_THAT(RoomIds(user), ElementsAre("unheard_of"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, Gen2RoomFlow, testing::ValuesIn(kKinds),
                         [](const auto& param_info) { return std::string(param_info.param); });

TEST_F(Gen2, AcceptsOnlyTheTokenOfTheLastLogin) {
  Gen2Client user = User("user");
  const std::string first = user.token();
  const ApiReply good = user.Call("get_room_list", ListBody());
  ASSERT_EQ(good.code(), kOk) << good;

  ASSERT_EQ(user.Login().code(), kOk);
  ASSERT_NE(user.token(), first);
  EXPECT_EQ(user.Call("get_room_list", ListBody()).code(), kOk);
  user.UseToken(first);
  const ApiReply old = user.Call("get_room_list", ListBody());
  EXPECT_EQ(old.code(), kNotAuthorized);
  EXPECT_EQ(old.Text("message"), kTokenWrong);
  EXPECT_EQ(old.json.size(), 2U) << "a refusal contains only code and message: " << old;
}

TEST_F(Gen2, NamesTheFaultOfAToken) {
  Gen2Client user = User("user");
  Gen2Client other = User("other");
  Gen2Client stranger(server_.Https(), "stranger", "multi_room");
  const std::string token = user.token();
  const auto said = [](Gen2Client& client, const std::string& with) {
    client.UseToken(with);
    const ApiReply reply = client.Call("create_room", PrepareBody(client.user_id(), "r1"));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.code(), kNotAuthorized) << reply;
    return reply.Text("message");
  };
  EXPECT_EQ(said(user, other.token()), kTokenWrong);
  std::string altered = token;
  altered.front() = altered.front() == '0' ? '1' : '0';
  EXPECT_EQ(said(user, altered), kTokenWrong);
  EXPECT_EQ(said(user, "garbage"), kTokenMalformed);
  EXPECT_EQ(said(user, token + "*"), kTokenMalformed);
  EXPECT_EQ(said(stranger, token), kNotLoggedIn);
  EXPECT_EQ(said(user, ""), kNoToken);
  EXPECT_EQ(said(user, token.substr(0, 32) + "*53724e02*MA=="), kUnknownApp);
  other.UseToken(token);
  EXPECT_EQ(other.Call("get_room_list", ListBody()).Text("message"), kTokenWrong);
  user.UseToken(token);
  EXPECT_EQ(user.Call("create_room", PrepareBody("user", "r1")).code(), kOk)
      << "no room was created";
}

TEST_F(Gen2, RejectsAQueryWithoutUserIdOrToken) {
  const Gen2Client user = User("user");
  ApiClient api = server_.Https();
  for (const std::string& query :
       {std::string("userID=user"), "token=" + user.token(), std::string("userID=&token="),
        "userID=&token=" + user.token(), std::string("userID=undefined&token=")}) {
    ApiRequest request;
    request.target = "/weapp/multi_room/get_room_list?" + query;
    request.body = ListBody().dump();
    const ApiReply reply = api.Send(request);
    EXPECT_EQ(reply.code(), kNotAuthorized) << query;
    EXPECT_EQ(reply.Text("message"), kNoToken) << query;
  }
}

TEST_F(Gen2, RejectsCallsForAnotherUser) {
  Gen2Client alice = User("alice");
  Gen2Client mallory = User("mallory");
  ASSERT_EQ(alice.Call("add_pusher", PusherBody("r1", "alice")).code(), kOk);
  for (const char* endpoint : {"delete_pusher", "destroy_room", "pusher_heartbeat"}) {
    const ApiReply reply = mallory.Call(endpoint, MemberBody("r1", "alice"));
    EXPECT_EQ(reply.code(), kNotAuthorized) << endpoint;
    EXPECT_EQ(reply.Text("message"), kTokenWrong) << endpoint;
  }
  EXPECT_EQ(mallory.Call("add_pusher", PusherBody("r1", "bob")).code(), kNotAuthorized);
  EXPECT_EQ(mallory.Call("create_room", PrepareBody("bob")).code(), kNotAuthorized);
  EXPECT_THAT(PushersOf(alice, "r1"), ElementsAre("alice"));
}

TEST_F(Gen2, KeepsAMultiRoomWhenItsCreatorLeaves) {
  Gen2Client first = User("first");
  Gen2Client second = User("second");
  Gen2Client third = User("third");
  ASSERT_EQ(first.Call("add_pusher", PusherBody("r1", "first")).code(), kOk);
  ASSERT_EQ(second.Call("add_pusher", PusherBody("r1", "second")).code(), kOk);
  ASSERT_EQ(third.Call("add_pusher", PusherBody("r1", "third")).code(), kOk);

  EXPECT_EQ(first.Call("delete_pusher", MemberBody("r1", "first")).code(), kOk);
  EXPECT_THAT(PushersOf(second, "r1"), ElementsAre("second", "third"));
  EXPECT_EQ(CreatorOf(second, "r1"), "second");
  const ApiReply again = first.Call("delete_pusher", MemberBody("r1", "first"));
  EXPECT_EQ(again.code(), kNoSuchMember);
  EXPECT_EQ(again.Text("message"), "退出房间失败，不是房间成员");
  EXPECT_EQ(first.Call("destroy_room", MemberBody("r1", "first")).code(), kNoSuchRoom);
  EXPECT_EQ(third.Call("destroy_room", MemberBody("r1", "third")).Text("message"),
            "不是房间主人，无法销毁房间");
  EXPECT_EQ(second.Call("destroy_room", MemberBody("r1", "second")).code(), kOk);
  EXPECT_THAT(RoomIds(third), IsEmpty());
}

TEST_F(Gen2, EndsARoomWithItsLastPusher) {
  Gen2Client user = User("user", "double_room");
  ASSERT_EQ(user.Call("add_pusher", PusherBody("r1", "user")).code(), kOk);
  ASSERT_EQ(user.Call("delete_pusher", MemberBody("r1", "user")).code(), kOk);
  EXPECT_EQ(user.Call("get_pushers", RoomBody("r1")).code(), kNoSuchRoom);
  EXPECT_EQ(user.Call("create_room", PrepareBody("user", "r1")).code(), kOk) << "the ID is free";
}

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
