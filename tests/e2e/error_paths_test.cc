// Every failure is answered in JSON with a code that is not 0 (protocol 0.2, A.2, F.10).
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

class ErrorPaths : public testing::Test {
 protected:
  ApiReply Call(const char* endpoint, const nlohmann::json& body) {
    return client_.Call("live_room", endpoint, body);
  }
  ApiReply Post(const std::string& body, const std::string& content_type = "application/json") {
    return client_.Send(
        {.target = "/weapp/live_room/get_pushers", .content_type = content_type, .body = body});
  }

  ServerProcess server_{{.settings = {{"room.max_rooms", 2}}}};
  ApiClient client_ = server_.Https();
};

void ExpectFailure(const ApiReply& reply, int code, const std::string& message) {
  EXPECT_EQ(reply.status, 200) << reply;
  EXPECT_EQ(reply.code(), code) << reply;
  EXPECT_EQ(reply.Text("message"), message) << reply;
  EXPECT_EQ(reply.headers.at("content-type"), "application/json; charset=utf-8");
}

TEST_F(ErrorPaths, HaveTheirCodeAndSentence) {
  const ApiReply created = Call("create_room", CreateBody("u1", "r1"));
  EXPECT_EQ(created.code(), kOk);
  EXPECT_EQ(created.Text("message"), "请求成功");
  ExpectFailure(Call("get_pushers", nlohmann::json::object()), kBadParameter, "请求参数错误");
  ExpectFailure(Call("create_room", CreateBody("u2", "r1")), kRoomTaken, "您请求的房间已经存在");

  const std::string no_room = "您请求的房间不存在";
  ExpectFailure(Call("get_pushers", RoomBody("none")), kNoSuchRoom, no_room);
  ExpectFailure(Call("add_pusher", PusherBody("none", "u2")), kNoSuchRoom, no_room);
  ExpectFailure(Call("destroy_room", MemberBody("none", "u1")), kNoSuchRoom, no_room);
  ExpectFailure(Call("destroy_room", MemberBody("r1", "u2")), kNoSuchRoom, no_room);

  const std::string no_member = "您请求的房间成员不存在";
  ExpectFailure(Call("delete_pusher", MemberBody("none", "u1")), kNoSuchMember, no_member);
  ExpectFailure(Call("delete_pusher", MemberBody("r1", "u2")), kNoSuchMember, no_member);
  ExpectFailure(Call("pusher_heartbeat", MemberBody("r1", "u2")), kNoSuchMember, no_member);

  for (const char* user : {"u2", "u3", "u4"}) {
    EXPECT_EQ(Call("add_pusher", PusherBody("r1", user)).code(), kOk);
  }
  ExpectFailure(Call("add_pusher", PusherBody("r1", "u5")), kRoomIsFull, "超出房间人数上限");
}

TEST_F(ErrorPaths, ReturnInternalErrorIfUnconfiguredOrFull) {
  const std::string internal = "服务器内部错误";
  ExpectFailure(Call("get_im_login_info", {{"userIDPrefix", "weixin"}}), kInternalFailure,
                internal);
  ExpectFailure(Call("get_push_url", {{"userID", "u1"}}), kInternalFailure, internal);
  EXPECT_EQ(Call("create_room", CreateBody("u1", "r1")).code(), kOk);
  EXPECT_EQ(Call("create_room", CreateBody("u1", "r2")).code(), kOk);
  ExpectFailure(Call("create_room", CreateBody("u1", "r3")), kInternalFailure, internal);
}

TEST_F(ErrorPaths, CheckMergeStreamInProtocolOrder) {
  const auto merge = [this](const std::string& room, const std::string& user) {
    return Call("merge_stream",
                {{"roomID", room}, {"userID", user}, {"mergeParams", {{"mix", 1}}}});
  };
  EXPECT_EQ(Call("create_room", CreateBody("u1", "r1")).code(), kOk);
  ExpectFailure(merge("none", "u1"), kNoSuchRoom, "您请求的房间不存在");
  ExpectFailure(merge("r1", "u2"), kNoSuchMember, "您请求的房间成员不存在");
  const ApiReply unmixed = merge("r1", "u1");
  ExpectFailure(unmixed, kInternalFailure, "服务器内部错误");
  EXPECT_EQ(unmixed.json["result"]["code"], -1) << unmixed;
}

TEST_F(ErrorPaths, RefuseGen2RequestsWithInvalidTokens) {
  EXPECT_EQ(Call("create_room", CreateBody("u1", "r1")).code(), kOk);
  for (const char* query : {"?userID=u1&token=abc", "?token=", "?userID=", "?userID=undefined"}) {
    for (const char* endpoint : {"add_pusher", "get_room_list", "destroy_room", "get_push_url"}) {
      const ApiReply reply =
          client_.Send({.target = std::string("/weapp/live_room/") + endpoint + query,
                        .body = MemberBody("r1", "u1").dump()});
      EXPECT_EQ(reply.code(), kNotAuthorized) << endpoint << query << ": " << reply;
      EXPECT_EQ(reply.status, 200);
    }
  }
  EXPECT_EQ(Call("get_pushers", RoomBody("r1")).code(), kOk);
}

TEST_F(ErrorPaths, AnswerAnUnknownPathWith404) {
  for (const char* path :
       {"/", "/weapp", "/weapp/", "/weapp/double_room", "/weapp/double_room/",
        "/weapp/double_room/nothing", "/weapp/triple_room/get_pushers",
        "/other/double_room/get_pushers", "/weapp/double_room/merge_stream",
        "/weapp/double_room/get_pushers/more", "/../etc/passwd", "/%00", "/weapp/%2e%2e/x"}) {
    for (const char* method : {"GET", "POST", "DELETE"}) {
      const ApiReply reply = client_.Send({.method = method, .target = path, .body = "{}"});
      EXPECT_THAT(reply.status, testing::AnyOf(404, 400)) << method << " " << path;
      EXPECT_EQ(reply.code(), kBadParameter) << method << " " << path << ": " << reply;
    }
  }
}

TEST_F(ErrorPaths, AnswerAWrongMethodWith405) {
  for (const char* method : {"GET", "PUT", "DELETE", "PATCH"}) {
    const ApiReply reply =
        client_.Send({.method = method, .target = "/weapp/live_room/get_pushers", .body = "{}"});
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.code(), kBadParameter) << method << ": " << reply;
    ASSERT_TRUE(reply.headers.contains("allow")) << method;
    EXPECT_THAT(reply.headers.at("allow"), HasSubstr("POST"));
  }
}

TEST_F(ErrorPaths, AnswerABodyOverTheLimitWith413) {
  nlohmann::json body = RoomBody("none");
  body["padding"] = "";
  const std::size_t frame = body.dump().size();
  body["padding"] = std::string(65536 - frame, 'a');
  EXPECT_EQ(Post(body.dump()).code(), kNoSuchRoom) << "64 KiB are accepted";
  body["padding"] = std::string(65536 - frame + 1, 'a');
  const ApiReply reply = Post(body.dump());
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.code(), kBadParameter) << reply;
}

TEST_F(ErrorPaths, AnswerABodyThatIsNoObjectWithCodeOne) {
  std::string deep = R"({"roomID":"none","x":)";
  for (int i = 0; i < 17; ++i) deep += "[";
  for (int i = 0; i < 17; ++i) deep += "]";
  deep += "}";
  const std::vector<std::string> bodies = {"",
                                           "{",
                                           R"({"roomID":"r1")",
                                           R"({"roomID":"r1"}})",
                                           "[]",
                                           R"(["roomID"])",
                                           R"("text")",
                                           "7",
                                           "null",
                                           "\xff\xfe",
                                           deep,
                                           std::string(1, '\0'),
                                           "{'a':1}",
                                           "{} //x",
                                           R"({"roomID":NaN})",
                                           R"({"roomID":"r1",})",
                                           "<x/>"};
  for (const std::string& body : bodies) {
    for (const char* type : {"application/json", "text/plain", ""}) {
      const ApiReply reply = Post(body, type);
      EXPECT_EQ(reply.status, 200) << body;
      EXPECT_EQ(reply.code(), kBadParameter) << type << " " << body << ": " << reply;
    }
  }
}

TEST_F(ErrorPaths, AnswerInJsonWhereTheConnectionLayerRefuses) {
  const std::string line = "POST /weapp/double_room/get_pushers HTTP/1.1\r\n";
  struct Refusal {
    std::string request;
    int status = 0;
  };
  const std::vector<Refusal> refusals = {
      {"GARBAGE\r\n\r\n", 400},
      {line + "Host : x\r\n\r\n", 400},
      {"POST / HTTP/1.1\nHost: x\n\n", 400},
      {"GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n", 414},
      {line + "X: " + std::string(20'000, 'a') + "\r\n\r\n", 431},
      {line + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
      {line + "Content-Length: 99999999999999999999\r\n\r\n{}", 413},
      {line + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 411},
      {line + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415},
  };
  for (const Refusal& refusal : refusals) {
    RawClient client("127.0.0.1:" + std::to_string(server_.PortOf("http")));
    client.Send(refusal.request);
    const RawReply reply = client.Receive();
    const std::string about = refusal.request.substr(0, 90);
    EXPECT_EQ(reply.status, refusal.status) << about;
    const auto json = nlohmann::json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(json.is_object()) << about << ": " << reply.body;
    EXPECT_EQ(json.value("code", 0), kBadParameter) << about;
  }
  EXPECT_EQ(Call("get_pushers", RoomBody("none")).code(), kNoSuchRoom)
      << "and the server still serves";
}

}  // namespace
}  // namespace rtcroom
