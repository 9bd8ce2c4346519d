// Replies of the calls that create, change and end rooms (protocol A.4.3 to A.4.9).
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"
#include "tests/unit/handlers/reply_texts.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr std::string_view kNoMember = R"({"code":5,"message":"您请求的房间成员不存在"})";
constexpr std::string_view kServerFault = R"({"code":6,"message":"服务器内部错误"})";

class RoomEndpoints : public testing::Test {
 protected:
  static json Member(const std::string& room, const std::string& user) {
    return {{"roomID", room}, {"userID", user}};
  }
  static json Profile(const std::string& room, const std::string& user) {
    return {{"roomID", room},
            {"userID", user},
            {"userName", "name of " + user},
            {"userAvatar", "https://avatar/" + user},
            {"pushURL", "rtmp://push/live/" + user + "?txSecret=s"},
            {"roomName", "room of " + user}};
  }
  std::string Post(const std::string& kind_and_endpoint, const json& body) {
    return server_.Post("/weapp/" + kind_and_endpoint, body.dump()).body;
  }

  RouterFixture server_;
};

TEST_F(RoomEndpoints, CreateRoomGeneratesAnId) {
  EXPECT_EQ(Post("double_room/create_room", Profile("", "u1")),
            R"({"code":0,"message":"请求成功","roomID":"room_00000001_0000"})");
  json without_room = Profile("", "u1");
  without_room["roomid"] = nullptr;
  without_room.erase("roomID");
  EXPECT_EQ(Post("double_room/create_room", without_room),
            R"({"code":0,"message":"请求成功","roomID":"room_00000002_0000"})");
}

TEST_F(RoomEndpoints, CreateRoomUsesTheGivenId) {
  EXPECT_EQ(Post("live_room/create_room", Profile("r1", "u1")),
            R"({"code":0,"message":"请求成功","roomID":"r1"})");
  json aliased = Profile("", "u1");
  aliased["roomid"] = 77;
  EXPECT_EQ(Post("live_room/create_room", aliased),
            R"({"code":0,"message":"请求成功","roomID":"77"})");
}

TEST_F(RoomEndpoints, CreateRoomAcceptsANicknameCutInsideAnEmoji) {
  const auto create = [this](const std::string& nickname) {
    return server_
        .Post("/weapp/double_room/create_room",
              R"({"roomID":"r1","userID":"u1","userName":")" + nickname +
                  R"(","userAvatar":"a","pushURL":"p","roomName":"name"})")
        .body;
  };
  EXPECT_EQ(create(std::string(126, 'n') + R"(\ud83d)"),
            R"({"code":1,"message":"请求参数错误","detail":"userName: longer than 128 bytes"})");
  EXPECT_EQ(create(std::string(125, 'n') + R"(\ud83d)"),
            R"({"code":0,"message":"请求成功","roomID":"r1"})");
  EXPECT_EQ(server_.Call("double_room/get_pushers", {{"roomID", "r1"}})["pushers"][0]["userName"],
            std::string(125, 'n') + "\uFFFD");
}

TEST_F(RoomEndpoints, CreateRoomIsSafeToRepeatByItsCreatorOnly) {
  EXPECT_EQ(server_.Call("double_room/create_room", Profile("r1", "u1"))["code"], 0);
  EXPECT_EQ(Post("double_room/create_room", Profile("r1", "u1")),
            R"({"code":0,"message":"请求成功","roomID":"r1"})");
  EXPECT_EQ(Post("double_room/create_room", Profile("r1", "u2")),
            R"({"code":2,"message":"您请求的房间已经存在"})");
  EXPECT_EQ(Post("live_room/create_room", Profile("r1", "u1")),
            R"({"code":2,"message":"您请求的房间已经存在"})");
}

TEST_F(RoomEndpoints, CreateRoomAcceptsRoomInfoAsRoomName) {
  json body = Profile("r1", "u1");
  body["roomInfo"] = "info";
  static_cast<void>(Post("multi_room/create_room", body));
  EXPECT_EQ(server_.rooms.LoadRoom({RoomKind::kMulti, {"r1"}}, Dialect::kGen1)->info, "room of u1");
  body["roomID"] = "r2";
  body.erase("roomName");
  static_cast<void>(Post("multi_room/create_room", body));
  EXPECT_EQ(server_.rooms.LoadRoom({RoomKind::kMulti, {"r2"}}, Dialect::kGen1)->info, "info");
}

TEST_F(RoomEndpoints, CreateRoomReturnsInternalErrorWithoutAGroup) {
  server_.groups.AnswerWith(
      [](const RoomId&, MonotonicTime) { return Error{Errc::kUnavailable, "im: 502"}; });
  const LabelledReply reply =
      server_.Post("/weapp/double_room/create_room", Profile("r1", "u1").dump());
  EXPECT_EQ(reply.body, kServerFault);
  EXPECT_EQ(reply.label.failure, Errc::kUnavailable);
  EXPECT_EQ(reply.label.failure_detail, "im: 502");
}

TEST_F(RoomEndpoints, CreateRoomReturnsInternalErrorAtTheRoomLimit) {
  const RouterFixture small({}, {}, {.max_rooms = 1});
  EXPECT_EQ(small.Call("double_room/create_room", Profile("r1", "u1"))["code"], 0);
  EXPECT_EQ(small.Post("/weapp/double_room/create_room", Profile("r2", "u1").dump()).body,
            kServerFault);
}

TEST_F(RoomEndpoints, AFailingStoreIsAnInternalError) {
  static_cast<void>(Post("double_room/create_room", Profile("r1", "u1")));
  server_.store.broken = true;
  for (const char* endpoint : {"create_room", "add_pusher", "delete_pusher", "destroy_room"}) {
    EXPECT_EQ(Post(std::string("double_room/") + endpoint, Profile("r1", "u1")), kServerFault)
        << endpoint;
  }
}

TEST_F(RoomEndpoints, AddPusherAddsAndUpdates) {
  static_cast<void>(Post("double_room/create_room", Profile("r1", "u1")));
  EXPECT_EQ(Post("double_room/add_pusher", Profile("r1", "u2")), kOk);
  EXPECT_EQ(Post("double_room/add_pusher", Profile("r1", "u3")),
            R"({"code":5001,"message":"超出房间人数上限"})");
  EXPECT_EQ(Post("double_room/add_pusher", Profile("r1", "u1")), kOk);
}

TEST_F(RoomEndpoints, ARoomIsFoundUnderItsOwnKindOnly) {
  static_cast<void>(Post("double_room/create_room", Profile("r1", "u1")));
  EXPECT_EQ(Post("multi_room/add_pusher", Profile("r1", "u2")), kNoGen1Room);
  EXPECT_EQ(Post("multi_room/get_pushers", Member("r1", "u1")), kNoGen1Room);
  EXPECT_EQ(Post("multi_room/destroy_room", Member("r1", "u1")), kNoGen1Room);
  EXPECT_EQ(Post("multi_room/delete_pusher", Member("r1", "u1")), kNoMember);
  EXPECT_EQ(Post("multi_room/pusher_heartbeat", Member("r1", "u1")), kNoMember);
}

TEST_F(RoomEndpoints, GetPushersListsThemInJoinOrder) {
  static_cast<void>(Post("multi_room/create_room", Profile("r1", "u1")));
  static_cast<void>(Post("multi_room/add_pusher", Profile("r1", "u0")));
  EXPECT_EQ(Post("multi_room/get_pushers", Member("r1", "")),
            R"({"code":0,"message":"请求成功","pushers":[)"
            R"({"userID":"u1","userName":"name of u1","userAvatar":"https://avatar/u1",)"
            R"("accelerateURL":"rtmp://play/live/u1"},)"
            R"({"userID":"u0","userName":"name of u0","userAvatar":"https://avatar/u0",)"
            R"("accelerateURL":"rtmp://play/live/u0"}],)"
            R"("roomCreator":"u1","mixedPlayURL":"https://play/live/u1.flv"})");
  EXPECT_EQ(Post("multi_room/get_pushers", Member("r2", "")), kNoGen1Room);
}

TEST_F(RoomEndpoints, DeletePusherRemovesOnceAndEndsTheRoomWithItsCreator) {
  static_cast<void>(Post("multi_room/create_room", Profile("r1", "u1")));
  static_cast<void>(Post("multi_room/add_pusher", Profile("r1", "u2")));
  EXPECT_EQ(Post("multi_room/delete_pusher", Member("r1", "u2")), kOk);
  EXPECT_EQ(Post("multi_room/delete_pusher", Member("r1", "u2")), kNoMember);
  EXPECT_EQ(Post("multi_room/delete_pusher", Member("r1", "u1")), kOk);
  EXPECT_EQ(Post("multi_room/delete_pusher", Member("r1", "u1")), kNoMember);
  EXPECT_EQ(Post("multi_room/get_pushers", Member("r1", "")), kNoGen1Room);
}

TEST_F(RoomEndpoints, DestroyRoomIsForTheCreator) {
  static_cast<void>(Post("live_room/create_room", Profile("r1", "u1")));
  static_cast<void>(Post("live_room/add_pusher", Profile("r1", "u2")));
  EXPECT_EQ(Post("live_room/destroy_room", Member("r1", "u2")), kNoGen1Room);
  EXPECT_EQ(Post("live_room/destroy_room", Member("r1", "u1")), kOk);
  EXPECT_EQ(Post("live_room/destroy_room", Member("r1", "u1")), kNoGen1Room);
}

TEST_F(RoomEndpoints, HeartbeatsAreForPushers) {
  static_cast<void>(Post("live_room/create_room", Profile("r1", "u1")));
  EXPECT_EQ(Post("live_room/pusher_heartbeat", Member("r1", "u1")), kOk);
  EXPECT_EQ(Post("live_room/pusher_heartbeat", Member("r1", "u2")), kNoMember);
  EXPECT_EQ(Post("live_room/pusher_heartbeat", Member("r2", "u1")), kNoMember);
}

TEST_F(RoomEndpoints, IgnoreUnknownFields) {
  json body = Profile("r1", "u1");
  body["__proto__"] = {{"code", 9}};
  body["unknown"] = json::array({1, "two"});
  EXPECT_EQ(Post("double_room/create_room", body),
            R"({"code":0,"message":"请求成功","roomID":"r1"})");
}

TEST_F(RoomEndpoints, ReturnTextByteForByte) {
  const std::string odd = " <b>&\"\\/\t\n\x7f é 房 😀 \xC2\xA0 e\xCC\x81 ";
  json body = Profile("r1", "u1");
  body["userName"] = odd;
  body["roomName"] = odd;
  static_cast<void>(Post("double_room/create_room", body));
  const json room =
      server_.Call("double_room/get_room_list", {{"cnt", 1}, {"index", 0}})["rooms"][0];
  EXPECT_EQ(room["roomName"], odd);
  EXPECT_EQ(room["roomInfo"], odd);
  EXPECT_EQ(room["pushers"][0]["userName"], odd);
}

TEST_F(RoomEndpoints, RefuseSeatsAndPushUrlsToBannedUsers) {
  constexpr std::string_view kNotAllowed = R"({"code":7,"message":"鉴权失败"})";
  Post("multi_room/create_room", Profile("r1", "host"));
  ASSERT_TRUE(server_.rooms.KickPusher({.room = {.kind = RoomKind::kMulti, .id = {"r1"}},
                                        .user_id = {"bad"},
                                        .ban = std::chrono::seconds(60)}));
  EXPECT_EQ(Post("multi_room/add_pusher", Profile("r1", "bad")), kNotAllowed);
  EXPECT_EQ(Post("multi_room/get_push_url", Member("r1", "bad")), kNotAllowed);
  EXPECT_EQ(Post("multi_room/pusher_heartbeat", Member("r1", "bad")), kNoMember);
  EXPECT_EQ(Post("multi_room/add_pusher", Profile("r1", "good")), kOk);
}

TEST_F(RoomEndpoints, ABanWithoutARoomInTheRequestCountsForAllOfItsKind) {
  ASSERT_TRUE(server_.rooms.KickPusher({.room = {.kind = RoomKind::kMulti, .id = {"r1"}},
                                        .user_id = {"bad"},
                                        .ban = std::chrono::seconds(60)}));
  const auto code = [&](const std::string& path, const json& body) {
    return json::parse(Post(path, body)).at("code").get<int>();
  };
  EXPECT_EQ(code("multi_room/get_push_url", {{"userID", "bad"}}), 7);
  EXPECT_EQ(code("multi_room/get_push_url", {{"userID", "bad"}, {"roomID", 7.5}}), 7);
  EXPECT_EQ(code("multi_room/get_push_url", {{"userID", "bad"}, {"roomID", "r2"}}), 0);
  EXPECT_EQ(code("live_room/get_push_url", {{"userID", "bad"}}), 0);
}

TEST_F(RoomEndpoints, CreateRoomIsAnsweredAfterItsGroup) {
  server_.groups.Hold();
  const auto pending = server_.Begin({.method = "POST",
                                      .path = "/weapp/double_room/create_room",
                                      .content_type = "application/json",
                                      .body = Profile("r1", "u1").dump()});
  EXPECT_EQ(pending->times_sent(), 0);
  server_.groups.AnswerHeld({});
  ASSERT_EQ(pending->times_sent(), 1);
  EXPECT_EQ(pending->reply()->body, R"({"code":0,"message":"请求成功","roomID":"r1"})");
}

}  // namespace
}  // namespace rtcroom
