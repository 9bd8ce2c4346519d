// Replies of the gen-2 calls that create, change, show and end rooms (protocol B.4).
#include <chrono>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"
#include "tests/unit/handlers/reply_texts.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr std::string_view kNoCreator = R"({"code":3,"message":"不是房间主人，无法销毁房间"})";

class Gen2Rooms : public testing::Test {
 protected:
  std::string Post(const std::string& user, const std::string& kind_and_endpoint, json body) {
    body.emplace("userID", user);
    return server_.PostAs(user, "/weapp/" + kind_and_endpoint, body.dump()).body;
  }
  std::string Create(const std::string& user, const std::string& room,
                     const std::string& kind = "multi_room") {
    return Post(user, kind + "/create_room", {{"roomID", room}, {"roomInfo", "info"}});
  }
  std::string Add(const std::string& user, const std::string& room,
                  const std::string& kind = "multi_room") {
    return Post(user, kind + "/add_pusher",
                {{"roomID", room},
                 {"userName", "name of " + user},
                 {"userAvatar", ""},
                 {"pushURL", "rtmp://push/live/s_" + user + "?a=b"}});
  }

  RouterFixture server_;
};

TEST_F(Gen2Rooms, HaveAUniqueStreamInEachPushUrl) {
  EXPECT_EQ(Post("u1", "multi_room/get_push_url", json::object()),
            R"({"code":0,"message":"请求成功","pushURL":"rtmp://push/live/u1_00000001"})");
  EXPECT_EQ(Post("u1", "multi_room/get_push_url", {{"roomID", "r1"}}),
            R"({"code":0,"message":"请求成功","pushURL":"rtmp://push/live/u1_00000002?room=r1"})");
}

TEST_F(Gen2Rooms, AreHiddenUntilTheirFirstPusherJoins) {
  EXPECT_EQ(Create("u1", "r1"), R"({"code":0,"message":"请求成功","roomID":"r1"})");
  EXPECT_EQ(Post("u1", "multi_room/get_pushers", {{"roomID", "r1"}}), kNoGen2Room);
  EXPECT_EQ(Post("u1", "multi_room/get_room_list", {{"cnt", 20}, {"index", 0}}),
            R"({"code":0,"message":"请求成功","rooms":[]})");
  EXPECT_EQ(Add("u2", "r1"), R"({"code":0,"message":"请求成功","roomID":"r1"})");
  EXPECT_EQ(Post("u1", "multi_room/get_pushers", {{"roomID", "r1"}}),
            R"({"code":0,"message":"请求成功","roomID":"r1","roomInfo":"info","roomName":"info",)"
            R"("roomCreator":"u2","mixedPlayURL":"https://play/live/s_u2.flv",)"
            R"("custom":"{}","customInfo":"{}","pushers":[{"userID":"u2",)"
            R"("userName":"name of u2","userAvatar":"",)"
            R"("accelerateURL":"rtmp://play/live/s_u2"}]})");
}

TEST_F(Gen2Rooms, AreCreatedByAddPusherIfMissing) {
  EXPECT_EQ(Post("u1", "live_room/add_pusher",
                 {{"roomID", "r1"},
                  {"userName", ""},
                  {"userAvatar", ""},
                  {"pushURL", ""},
                  {"roomInfo", "of add_pusher"}}),
            R"({"code":0,"message":"请求成功","roomID":"r1"})");
  const json room = json::parse(Post("u1", "live_room/get_pushers", {{"roomID", "r1"}}));
  EXPECT_EQ(room["roomInfo"], "of add_pusher");
  EXPECT_EQ(room["roomCreator"], "u1");
  EXPECT_EQ(room["pushers"][0]["accelerateURL"], "");
}

TEST_F(Gen2Rooms, AreListedWithAllFields) {
  Create("u1", "r1", "live_room");
  Add("u1", "r1", "live_room");
  Post("u2", "live_room/add_audience", {{"roomID", "r1"}, {"userInfo", "x"}});
  const std::string room =
      R"({"roomID":"r1","roomInfo":"info","roomName":"info","roomCreator":"u1",)"
      R"("mixedPlayURL":"https://play/live/s_u1.flv","custom":"{}","customInfo":"{}",)"
      R"("audienceCount":1,"pushers":[{"userID":"u1","userName":"name of u1","userAvatar":"",)"
      R"("accelerateURL":"rtmp://play/live/s_u1"}]})";
  EXPECT_EQ(Post("u1", "live_room/get_room_list", {{"cnt", 20}, {"index", 0}}),
            R"({"code":0,"message":"请求成功","rooms":[)" + room + "]}");
  Add("u1", "r2");
  const json others =
      json::parse(Post("u1", "multi_room/get_room_list", {{"cnt", 1}, {"index", 0}}));
  EXPECT_FALSE(others["rooms"][0].contains("audienceCount"));
}

TEST_F(Gen2Rooms, AreListedWithTheirFreeSeatsForAClientThatNamesItself) {
  Add("u1", "r1");
  json wish = {{"cnt", 20}, {"index", 0}, {"client", "rtcroom/1"}};
  EXPECT_THAT(Post("u1", "multi_room/get_room_list", wish),
              testing::HasSubstr(R"(}],"seats":3}]})"));
  wish["client"] = "";
  EXPECT_EQ(Post("u1", "multi_room/get_room_list", wish),
            Post("u1", "multi_room/get_room_list", {{"cnt", 20}, {"index", 0}}));
}

TEST_F(Gen2Rooms, AreNotListedForACountOfZero) {
  Add("u1", "r1");
  for (const json& cnt : {json(0), json("0"), json(-1)}) {
    EXPECT_EQ(Post("u1", "multi_room/get_room_list", {{"cnt", cnt}, {"index", 0}}),
              R"({"code":0,"message":"请求成功","rooms":[]})");
  }
}

TEST_F(Gen2Rooms, AreCreatedOncePerId) {
  Create("u1", "r1");
  EXPECT_EQ(Create("u1", "r1"), R"({"code":0,"message":"请求成功","roomID":"r1"})");
  EXPECT_EQ(Create("u2", "r1"), R"({"code":11,"message":"房间已经存在","roomID":"r1"})");
  Add("u1", "r1");
  EXPECT_EQ(Create("u1", "r1"), R"({"code":11,"message":"房间已经存在","roomID":"r1"})");
}

TEST_F(Gen2Rooms, AreSeparateFromGen1Rooms) {
  EXPECT_EQ(server_.Call("multi_room/create_room", {{"roomID", "r1"},
                                                    {"userID", "u1"},
                                                    {"userName", "n"},
                                                    {"userAvatar", "a"},
                                                    {"pushURL", "p"},
                                                    {"roomName", "name"}})["code"],
            0);
  EXPECT_EQ(Create("u1", "r1"), R"({"code":11,"message":"房间已经存在","roomID":"r1"})");
  EXPECT_EQ(Add("u1", "r1"), R"({"code":11,"message":"房间已经存在","roomID":"r1"})");
  EXPECT_EQ(Post("u1", "multi_room/get_pushers", {{"roomID", "r1"}}), kNoGen2Room);
  EXPECT_EQ(Post("u1", "multi_room/destroy_room", {{"roomID", "r1"}}), kNoCreator);

  Add("u2", "r2");
  const json gen1 = {{"roomID", "r2"},    {"userID", "u2"}, {"userName", "n"},
                     {"userAvatar", "a"}, {"pushURL", "p"}, {"roomName", "name"}};
  EXPECT_EQ(server_.Call("multi_room/create_room", gen1)["code"], 2);
  EXPECT_EQ(server_.Call("multi_room/add_pusher", gen1)["code"], 3);
  EXPECT_EQ(server_.Call("multi_room/get_pushers", gen1)["code"], 3);
  EXPECT_EQ(server_.Call("multi_room/delete_pusher", gen1)["code"], 5);
  EXPECT_EQ(server_.Call("multi_room/pusher_heartbeat", gen1)["code"], 5);
  EXPECT_EQ(server_.Call("multi_room/destroy_room", gen1)["code"], 3);
}

TEST_F(Gen2Rooms, AreFullAtTheirLimit) {
  Add("u1", "r1", "double_room");
  Add("u2", "r1", "double_room");
  EXPECT_EQ(Add("u3", "r1", "double_room"), R"({"code":5001,"message":"超出房间人数上限"})");
  EXPECT_EQ(Add("u2", "r1", "double_room"), R"({"code":0,"message":"请求成功","roomID":"r1"})");
}

TEST_F(Gen2Rooms, AcceptHeartbeatsAndLeavesOfPushersOnly) {
  Add("u1", "r1");
  EXPECT_EQ(Post("u1", "multi_room/pusher_heartbeat", {{"roomID", "r1"}}), kOk);
  EXPECT_EQ(Post("u2", "multi_room/pusher_heartbeat", {{"roomID", "r1"}}),
            R"({"code":5,"message":"不是房间成员"})");
  EXPECT_EQ(Post("u2", "multi_room/delete_pusher", {{"roomID", "r1"}}),
            R"({"code":5,"message":"退出房间失败，不是房间成员"})");
  EXPECT_EQ(Post("u1", "multi_room/delete_pusher", {{"roomID", "r1"}}), kOk);
  EXPECT_EQ(Post("u1", "multi_room/delete_pusher", {{"roomID", "r1"}}),
            R"({"code":5,"message":"退出房间失败，不是房间成员"})");
}

TEST_F(Gen2Rooms, AreDestroyedByTheirCreator) {
  EXPECT_EQ(Post("u1", "multi_room/destroy_room", {{"roomID", "r1"}}), kNoCreator);
  Create("u1", "r1");
  EXPECT_EQ(Post("u2", "multi_room/destroy_room", {{"roomID", "r1"}}), kNoCreator);
  EXPECT_EQ(Post("u1", "multi_room/destroy_room", {{"roomID", "r1"}}), kOk);
  EXPECT_EQ(Post("u1", "multi_room/destroy_room", {{"roomID", "r1"}}), kNoCreator);
}

TEST_F(Gen2Rooms, NeedTheirGroups) {
  server_.groups.AnswerWith(
      [](const RoomId&, MonotonicTime) { return Error{Errc::kUnavailable, "im: 502"}; });
  EXPECT_EQ(Create("u1", "r1"), R"({"code":6,"message":"群组创建失败"})");
  EXPECT_EQ(Add("u1", "r1"), R"({"code":6,"message":"创建群组失败"})");
}

TEST_F(Gen2Rooms, ReturnInternalErrorIfTheStoreFails) {
  Add("u1", "r1");
  server_.store.broken = true;
  constexpr std::string_view kFailed = R"({"code":6,"message":"服务器内部错误"})";
  EXPECT_EQ(Create("u1", "r2"), kFailed);
  EXPECT_EQ(Add("u1", "r1"), kFailed);
  EXPECT_EQ(Post("u1", "multi_room/delete_pusher", {{"roomID", "r1"}}), kFailed);
  EXPECT_EQ(Post("u1", "multi_room/destroy_room", {{"roomID", "r1"}}), kFailed);
}

TEST_F(Gen2Rooms, RefuseBannedUsers) {
  Add("host", "r1");
  ASSERT_TRUE(server_.rooms.KickPusher({.room = {.kind = RoomKind::kMulti, .id = {"r1"}},
                                        .user_id = {"bad"},
                                        .ban = std::chrono::seconds(60)}));
  EXPECT_EQ(Add("bad", "r1"), R"({"code":7,"message":"鉴权失败"})");
  EXPECT_EQ(Post("bad", "multi_room/get_push_url", {{"roomID", "r1"}}),
            R"({"code":7,"message":"鉴权失败"})");
  EXPECT_EQ(Post("bad", "multi_room/pusher_heartbeat", {{"roomID", "r1"}}),
            R"({"code":5,"message":"不是房间成员"})");
}

TEST_F(Gen2Rooms, AreAnsweredAfterTheirGroup) {
  server_.groups.Hold();
  static_cast<void>(server_.sessions.LoginTrusted({"u1"}));
  const auto pending =
      server_.Begin({.method = "POST",
                     .path = "/weapp/multi_room/add_pusher",
                     .query = "userID=u1&token=token-of-u1",
                     .body = R"({"roomID":"r1","userID":"u1","userName":"","userAvatar":"",)"
                             R"("pushURL":""})"});
  EXPECT_EQ(pending->times_sent(), 0);
  server_.groups.AnswerHeld({});
  ASSERT_EQ(pending->times_sent(), 1);
  EXPECT_EQ(pending->reply()->body, R"({"code":0,"message":"请求成功","roomID":"r1"})");
}

}  // namespace
}  // namespace rtcroom
