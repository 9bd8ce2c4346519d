// The accepted forms of a request (protocol 0.2).
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

class Transport : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(client_.Call("live_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
  }
  ServerProcess server_;
  ApiClient client_ = server_.Https();
};

TEST_F(Transport, ServesTheSameStateOverHttpAndHttps) {
  ApiClient plain = server_.Http();
  EXPECT_EQ(WholeState(plain), WholeState(client_));
}

TEST_F(Transport, ToleratesSlashesAndLetterCaseInThePath) {
  for (const char* path : {"/weapp/live_room/get_pushers/", "//weapp//live_room//get_pushers",
                           "/weapp/Live_Room/GET_pushers", "/WEAPP/live_room/get_pushers"}) {
    const ApiReply reply = client_.Send({.target = path, .body = RoomBody("r1").dump()});
    EXPECT_EQ(reply.code(), kOk) << path << ": " << reply;
  }
}

TEST_F(Transport, AcceptsJsonUnderAnyMediaType) {
  const std::string json = RoomBody("r1").dump();
  for (const char* type : {"application/json", "application/json; charset=utf-8", "text/plain",
                           "text/xml", "application/xml", "application/octet-stream", ""}) {
    const ApiReply reply = client_.Send(
        {.target = "/weapp/live_room/get_pushers", .content_type = type, .body = json});
    EXPECT_EQ(reply.code(), kOk) << type << ": " << reply;
  }
}

TEST_F(Transport, AcceptsAForm) {
  const ApiReply added =
      client_.Send({.target = "/weapp/live_room/add_pusher",
                    .content_type = "application/x-www-form-urlencoded",
                    .body = "roomID=r1&userID=u2&userName=%E5%BC%A0+%E4%B8%89&userAvatar=a&"
                            "pushURL=rtmp%3A%2F%2Fx%2Fy%3Fa%3D1%26b%3D2"});
  ASSERT_EQ(added.code(), kOk) << added;
  const ApiReply pushers = client_.Call("live_room", "get_pushers", RoomBody("r1"));
  EXPECT_EQ(pushers.json["pushers"][1]["userName"], "张 三");
  const ApiReply list = client_.Send({.target = "/weapp/live_room/get_room_list",
                                      .content_type = "application/x-www-form-urlencoded",
                                      .body = "index=0&cnt=20"});
  EXPECT_EQ(list.json["rooms"].size(), 1U) << list;
}

TEST_F(Transport, AnswersThePreflightOfABrowser) {
  const ApiReply reply = client_.Send(
      {.method = "OPTIONS",
       .target = "/weapp/live_room/get_pushers",
       .content_type = "",
       .body = "",
       .headers = {{"Origin", "https://app.example"}, {"Access-Control-Request-Method", "POST"}}});
  EXPECT_EQ(reply.status, 204) << reply;
  EXPECT_EQ(reply.text, "");
  ASSERT_TRUE(reply.headers.contains("access-control-allow-methods"));
  EXPECT_THAT(reply.headers.at("access-control-allow-methods"), HasSubstr("POST"));
  EXPECT_TRUE(reply.headers.contains("access-control-allow-origin"));
  EXPECT_FALSE(reply.headers.contains("access-control-allow-credentials"));
}

TEST_F(Transport, KeepsAConnectionForManyRequests) {
  // Over TLS a new connection for every heartbeat would cost more than the heartbeat.
  constexpr int kRequests = 50;
  for (int i = 0; i < kRequests; ++i) {
    const ApiReply reply = client_.Call("live_room", "pusher_heartbeat", MemberBody("r1", "u1"));
    ASSERT_EQ(reply.code(), kOk) << reply;
    const auto connection = reply.headers.find("connection");
    EXPECT_TRUE(connection == reply.headers.end() || connection->second != "close") << i;
  }
}

}  // namespace
}  // namespace rtcroom
