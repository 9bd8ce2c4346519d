// The calls of webrtc rooms (protocol B.8).
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"
#include "tests/unit/handlers/reply_texts.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr std::string_view kNoWebrtcRoom = R"({"code":3,"message":"请求失败，房间不存在"})";
constexpr std::string_view kNoKey = R"({"code":3,"message":"请求失败，权限位生成失败"})";
constexpr std::string_view kBadUser =
    R"({"code":7,"message":"请求失败，userID含有非法字符或者不符合规范"})";

std::string Missing(std::string_view fault) {
  return fmt::format(R"({{"code":2,"message":"请求失败，缺少参数","detail":"{}"}})", fault);
}

class WebrtcRooms : public testing::Test {
 protected:
  static std::string PostTo(const RouterFixture& server, const std::string& endpoint,
                            const json& body) {
    return server.Post("/weapp/webrtc_room/" + endpoint, body.dump()).body;
  }
  std::string Post(const std::string& endpoint, const json& body) {
    return PostTo(server_, endpoint, body);
  }
  std::string Create(const std::string& user) {
    return Post("create_room", {{"userID", user}, {"roomInfo", "info"}});
  }
  std::string Enter(const std::string& user, const json& room) {
    return Post("enter_room", {{"userID", user}, {"roomID", room}});
  }

  RouterFixture server_;
};

TEST_F(WebrtcRooms, AreCreatedWithTheirCreator) {
  EXPECT_EQ(Post("create_room", {{"userID", "user_1"}, {"roomInfo", "info"}, {"nickName", "小明"}}),
            R"({"code":0,"message":"请求成功","userID":"user_1","roomID":"1","roomInfo":"info",)"
            R"("privateMapKey":"key-of-user_1-in-1"})");
  EXPECT_EQ(Post("get_room_members", {{"roomID", "1"}}),
            R"({"code":0,"message":"请求成功","members":[{"userID":"user_1","nickName":"小明"}]})");
  EXPECT_EQ(server_.groups.asked().size(), 0U);
}

TEST_F(WebrtcRooms, AreEnteredAndLeft) {
  Create("user_1");
  EXPECT_EQ(Enter("user_2", 1), R"({"code":0,"message":"请求成功","userID":"user_2","roomID":"1",)"
                                R"("privateMapKey":"key-of-user_2-in-1"})");
  EXPECT_EQ(Post("get_room_members", {{"roomID", 1}}),
            R"({"code":0,"message":"请求成功","members":[{"userID":"user_1","nickName":""},)"
            R"({"userID":"user_2","nickName":""}]})");
  EXPECT_EQ(Post("heartbeat", {{"userID", "user_2"}, {"roomID", "1"}}), kOk);
  // The creator has no privilege: the room remains.
  EXPECT_EQ(Post("quit_room", {{"userID", "user_1"}, {"roomID", "1"}}), kOk);
  EXPECT_EQ(json::parse(Post("get_room_members", {{"roomID", "1"}}))["members"].size(), 1U);
  EXPECT_EQ(Post("quit_room", {{"userID", "user_2"}, {"roomID", "1"}}), kOk);
  EXPECT_EQ(Post("get_room_members", {{"roomID", "1"}}), kNoWebrtcRoom);
}

TEST_F(WebrtcRooms, AcceptHeartbeatsAndQuitsOfNonMembers) {
  EXPECT_EQ(Post("heartbeat", {{"userID", "user_1"}, {"roomID", "7"}}), kOk);
  EXPECT_EQ(Post("quit_room", {{"userID", "user_1"}, {"roomID", "7"}}), kOk);
  EXPECT_EQ(Enter("user_1", "7"), kNoWebrtcRoom);
}

TEST_F(WebrtcRooms, AllowFourMembersAndRejoining) {
  Create("user_1");
  for (const char* user : {"user_2", "user_3", "user_4"}) {
    EXPECT_EQ(json::parse(Enter(user, 1))["code"], 0);
  }
  EXPECT_EQ(Enter("user_5", 1), R"({"code":5001,"message":"超出房间人数上限"})");
  EXPECT_EQ(json::parse(Enter("user_2", 1))["privateMapKey"], "key-of-user_2-in-1");
}

TEST_F(WebrtcRooms, AreListedByTheirType) {
  const auto listed = [&](json body) {
    body.emplace("index", 0);
    body.emplace("count", 20);
    std::string ids;
    const json reply = json::parse(Post("get_room_list", body));
    for (const json& room : reply["rooms"]) {
      ids += room["roomID"].get<std::string>();
    }
    return ids;
  };
  Post("create_room", {{"userID", "user_1"}, {"roomInfo", "i"}, {"roomType", "a"}});
  Post("create_room", {{"userID", "user_1"}, {"roomInfo", "i"}});
  Post("create_room", {{"userID", "user_1"}, {"roomInfo", "i"}, {"roomType", "b"}});
  EXPECT_EQ(listed(json::object()), "123");
  EXPECT_EQ(listed({{"roomType", nullptr}}), "123");
  EXPECT_EQ(listed({{"roomType", "a"}}), "1");
  EXPECT_EQ(listed({{"roomType", ""}}), "2");
  EXPECT_EQ(listed({{"roomType", "c"}}), "");
  EXPECT_EQ(listed({{"index", 1}, {"count", 1}}), "2");
  EXPECT_EQ(listed({{"count", 0}}), "");
}

TEST_F(WebrtcRooms, AreListedWithTheirCreator) {
  Create("user_1");
  EXPECT_EQ(Post("get_room_list", {{"index", "0"}, {"count", "20"}}),
            R"({"code":0,"message":"请求成功","rooms":[)"
            R"({"roomID":"1","roomInfo":"info","roomCreator":"user_1"}]})");
  EXPECT_EQ(Post("get_room_list", {{"index", 0}}), Missing("count: missing"));
  EXPECT_EQ(Post("get_room_list", {{"count", 20}}), Missing("index: missing"));
}

TEST_F(WebrtcRooms, RequireAValidUserId) {
  for (const std::string& user :
       {std::string("abcd"), std::string("Z___"), std::string("a234"), std::string(24, 'a')}) {
    EXPECT_EQ(json::parse(Create(user))["code"], 0) << user;
  }
  for (const std::string& user :
       {std::string("abc"), std::string(25, 'a'), std::string("1abc"), std::string("_abc"),
        std::string("ab-c"), std::string("abc d"), std::string("abcé"), std::string("abcd\n")}) {
    EXPECT_EQ(Create(user), kBadUser) << user;
    for (const char* endpoint : {"enter_room", "quit_room", "heartbeat"}) {
      EXPECT_EQ(Post(endpoint, {{"userID", user}, {"roomID", 1}}), kBadUser) << endpoint;
    }
  }
}

TEST_F(WebrtcRooms, RefuseUsersThatAreNeverSignedFor) {
  const RouterFixture server{{}, {.administrator = {"administrator"}, .deny_user_ids = {{"boss"}}}};
  for (const char* user : {"administrator", "boss"}) {
    EXPECT_EQ(PostTo(server, "create_room", {{"userID", user}, {"roomInfo", "i"}}), kBadUser);
    EXPECT_EQ(PostTo(server, "enter_room", {{"userID", user}, {"roomID", 1}}), kBadUser);
  }
}

TEST_F(WebrtcRooms, HaveNumericIds) {
  Create("user_1");
  EXPECT_EQ(json::parse(Enter("user_2", "1"))["code"], 0);
  EXPECT_EQ(json::parse(Enter("user_2", "01"))["roomID"], "1");
  EXPECT_EQ(Enter("user_2", 2147483647), kNoWebrtcRoom);
  for (const json& room : {json("0"), json(0), json(-1), json(2147483648), json("abc"), json("1x"),
                           json(" 1"), json("99999999999999999999")}) {
    EXPECT_EQ(Enter("user_2", room), Missing("roomID: not a number from 1 to 2147483647")) << room;
  }
}

TEST_F(WebrtcRooms, CannotBeCreatedWithoutAKey) {
  server_.private_map_keys.configured = false;
  EXPECT_EQ(Create("user_1"), kNoKey);
  server_.private_map_keys.configured = true;
  server_.private_map_keys.breaks = true;
  EXPECT_EQ(Create("user_1"), kNoKey);
  EXPECT_EQ(server_.sqlite.rooms().CountRooms(RoomKind::kWebrtc), 0U);
}

TEST_F(WebrtcRooms, CannotBeEnteredWithoutAKey) {
  Create("user_1");
  server_.private_map_keys.breaks = true;
  EXPECT_EQ(Enter("user_2", 1), kNoKey);
  EXPECT_EQ(json::parse(Post("get_room_members", {{"roomID", 1}}))["members"].size(), 1U);
}

TEST_F(WebrtcRooms, AreHiddenFromOtherKinds) {
  Create("user_1");
  EXPECT_EQ(server_.CallAs("user_1", "multi_room/get_pushers", {{"roomID", "1"}})["code"], 3);
  EXPECT_EQ(server_.CallAs("user_1", "multi_room/create_room",
                           {{"userID", "user_1"}, {"roomID", "1"}, {"roomInfo", ""}})["code"],
            11);
}

TEST(WebrtcLoginInfo, ReturnsAGeneratedIdWithATicket) {
  const RouterFixture server{{.account_type = "36862"}};
  for (const char* body : {"{}", R"({"userID":"boss_1"})", R"({"userID":"!"})"}) {
    const json reply =
        json::parse(server.Post("/webrtc/weapp/webrtc_room/get_login_info", body).body);
    EXPECT_EQ(reply["code"], 0) << body;
    EXPECT_TRUE(reply["userID"].get<std::string>().starts_with("user_0000")) << body;
    EXPECT_EQ(reply["userSig"], "sig-of-" + reply["userID"].get<std::string>());
    EXPECT_EQ(reply["sdkAppID"], 1400000001);
    EXPECT_EQ(reply["accountType"], "36862");
  }
}

TEST(WebrtcLoginInfo, UsesAUserIdOnlyIfTrusted) {
  const RouterFixture server{{.trust_userid = true}, {.administrator = {"administrator"}}};
  const auto post = [&](const char* body) {
    return server.Post("/weapp/webrtc_room/get_login_info", body).body;
  };
  EXPECT_EQ(json::parse(post(R"({"userID":"user_1"})"))["userSig"], "sig-of-user_1");
  EXPECT_EQ(post(R"({"userID":"a b"})"), kBadUser);
  EXPECT_EQ(post(R"({"userID":"administrator"})"), kBadUser);
  EXPECT_EQ(json::parse(post(R"({"userID":""})"))["userID"], "user_00000001_0000");
}

TEST(WebrtcLoginInfo, ReturnsInternalErrorWithoutAKey) {
  RouterFixture server;
  server.webrtc_ticket_signer.configured = false;
  EXPECT_EQ(server.Post("/weapp/webrtc_room/get_login_info", "{}").body,
            R"({"code":6,"message":"服务器内部错误"})");
}

}  // namespace
}  // namespace rtcroom
