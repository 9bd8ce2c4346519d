// Protocol of a request (C.1), tested from outside: gen-1 and webrtc rooms reach their handlers,
// gen-2 requires its token first, and an endpoint missing from a protocol is an unknown path.
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

enum class Outcome : std::uint8_t { kGen1, kGen2, kWebrtc, kUnknownPath };

std::ostream& operator<<(std::ostream& out, Outcome outcome) {
  switch (outcome) {
    case Outcome::kGen1:
      return out << "gen-1";
    case Outcome::kGen2:
      return out << "gen-2";
    case Outcome::kWebrtc:
      return out << "webrtc";
    case Outcome::kUnknownPath:
      return out << "unknown path";
  }
  return out;
}

constexpr const char* kKinds[] = {"double_room", "multi_room", "live_room"};

/// The paths, below the prefix, that both dialects have.
std::vector<std::string> PathsOfBothDialects() {
  std::vector<std::string> paths;
  for (const char* kind : kKinds) {
    for (const char* endpoint :
         {"get_push_url", "create_room", "destroy_room", "add_pusher", "delete_pusher",
          "get_pushers", "pusher_heartbeat", "get_room_list"}) {
      paths.push_back(std::string("/") + kind + "/" + endpoint);
    }
  }
  return paths;
}

constexpr std::string_view kUnknownPathBody =
    R"({"code":1,"message":"请求参数错误","detail":"path: unknown"})";
constexpr std::string_view kNotLoggedInBody =
    R"({"code":7,"message":"鉴权失败 错误码:3 错误信息:用户未登录或token过期"})";

class DialectRule : public testing::Test {
 protected:
  Outcome OutcomeOf(std::string path, std::string query = "", std::string method = "POST") {
    const LabelledReply reply = server_.Send(
        {.method = std::move(method), .path = std::move(path), .query = std::move(query)});
    if (reply.status == 404) {
      EXPECT_EQ(reply.body, kUnknownPathBody);
      EXPECT_FALSE(reply.label.dialect.has_value());
      return Outcome::kUnknownPath;
    }
    EXPECT_EQ(reply.status, 200);
    switch (reply.label.protocol) {
      case Protocol::kGen1:
        EXPECT_EQ(reply.label.dialect, Dialect::kGen1);
        return Outcome::kGen1;
      case Protocol::kGen2:
        EXPECT_EQ(reply.label.dialect, Dialect::kGen2);
        EXPECT_EQ(reply.label.code, 7);
        return Outcome::kGen2;
      case Protocol::kWebrtc:
        EXPECT_EQ(reply.label.kind, RoomKind::kWebrtc);
        EXPECT_FALSE(reply.label.dialect.has_value());
        return Outcome::kWebrtc;
    }
    return Outcome::kUnknownPath;
  }

  RouterFixture server_{{.gen1_prefix = "/v1/weapp", .gen2_prefix = "/v2/weapp"}};
};

TEST_F(DialectRule, SelectsGen1ForARoomCallWithoutAQuery) {
  for (const std::string& path : PathsOfBothDialects()) {
    EXPECT_EQ(OutcomeOf("/weapp" + path), Outcome::kGen1) << path;
    EXPECT_EQ(OutcomeOf("/weapp" + path, "x=1"), Outcome::kGen1) << path;
    EXPECT_EQ(OutcomeOf("/weapp" + path, "userID=u1&token=t"), Outcome::kGen2) << path;
  }
}

TEST_F(DialectRule, SelectsGen2ForATokenOrUserIdKeyEvenIfEmpty) {
  for (const std::string& path : PathsOfBothDialects()) {
    for (const char* query :
         {"token=t", "userID=u", "token=", "userID=", "token", "userID", "a=b&userID=undefined",
          "userID=undefined&token=undefined", "user%49D=u", "userID=a/b", "&&userID=a/b",
          "x=1&token", "token=t&x=/weapp/utils/"}) {
      EXPECT_EQ(OutcomeOf("/weapp" + path, query), Outcome::kGen2) << path << "?" << query;
    }
  }
  EXPECT_EQ(OutcomeOf("//WEAPP///Live_Room//GET_Pushers/", "token"), Outcome::kGen2);
}

TEST_F(DialectRule, MatchesKeysExactly) {
  for (const std::string& path : PathsOfBothDialects()) {
    for (const char* query :
         {"userid=u", "Token=t", "userID2=u", "xuserID=1", "x=token", "roomID=r1&x=token",
          "user=userID", "x=1%26token=t", "+token=t", "sdkAppID=1&userSig=s"}) {
      EXPECT_EQ(OutcomeOf("/weapp" + path, query), Outcome::kGen1) << path << "?" << query;
    }
  }
}

TEST_F(DialectRule, SelectsTheOnlyDialectOfAnEndpoint) {
  for (const char* kind : kKinds) {
    const std::string path = std::string("/weapp/") + kind + "/get_im_login_info";
    for (const char* query : {"", "userID=u&token=t", "token"}) {
      EXPECT_EQ(OutcomeOf(path, query), Outcome::kGen1) << path << "?" << query;
    }
  }
  for (const std::string name : {"set_custom_field", "get_custom_info", "add_audience",
                                 "audience_heartbeat", "delete_audience", "get_audiences"}) {
    for (const char* query : {"", "x=1", "userID=u&token=t"}) {
      EXPECT_EQ(OutcomeOf("/weapp/live_room/" + name, query), Outcome::kGen2) << name;
      EXPECT_EQ(OutcomeOf("/weapp/double_room/" + name, query), Outcome::kUnknownPath) << name;
      EXPECT_EQ(OutcomeOf("/weapp/multi_room/" + name, query), Outcome::kUnknownPath) << name;
    }
    EXPECT_EQ(OutcomeOf("/v1/weapp/live_room/" + name), Outcome::kUnknownPath) << name;
  }
}

TEST_F(DialectRule, AcceptsMergeStreamUnderLiveRoomOnly) {
  EXPECT_EQ(OutcomeOf("/weapp/live_room/merge_stream"), Outcome::kGen1);
  EXPECT_EQ(OutcomeOf("/weapp/live_room/merge_stream", "userID=u"), Outcome::kGen2);
  EXPECT_EQ(OutcomeOf("/weapp/double_room/merge_stream"), Outcome::kUnknownPath);
  EXPECT_EQ(OutcomeOf("/weapp/multi_room/merge_stream"), Outcome::kUnknownPath);
}

TEST_F(DialectRule, SelectsGen2ForALoginWithASignature) {
  server_.sessions.fault = LoginOutcome::kBadSignature;
  for (const char* kind : kKinds) {
    const std::string path = std::string("/weapp/") + kind + "/login";
    for (const char* query : {"userSig=s", "userSig", "sdkAppID=", "userID=u1&userSig=s"}) {
      EXPECT_EQ(OutcomeOf(path, query), Outcome::kGen2) << path << "?" << query;
    }
    for (const char* query : {"", "userID=u", "userID=u&token=t", "userID=u&token=t&usersig=s"}) {
      EXPECT_EQ(OutcomeOf(path, query), Outcome::kGen1) << path << "?" << query;
    }
  }
}

TEST_F(DialectRule, SelectsGen2ForALogoutWithAToken) {
  EXPECT_EQ(OutcomeOf("/weapp/multi_room/logout", "userID=u&token=t"), Outcome::kGen2);
  EXPECT_EQ(OutcomeOf("/weapp/multi_room/logout"), Outcome::kGen1);
}

TEST_F(DialectRule, SelectsWebrtcForCallsOfWebrtcRooms) {
  for (const char* endpoint : {"get_login_info", "create_room", "enter_room", "quit_room",
                               "heartbeat", "get_room_list", "get_room_members"}) {
    for (const char* prefix :
         {"/weapp/webrtc_room/", "/webrtc/weapp/webrtc_room/", "/WebRTC//WEAPP/WebRTC_Room/"}) {
      for (const char* query : {"", "userID=u&token=t", "userSig=s"}) {
        EXPECT_EQ(OutcomeOf(std::string(prefix) + endpoint, query), Outcome::kWebrtc) << endpoint;
      }
    }
  }
}

TEST_F(DialectRule, KeepsWebrtcRoomsAndTheOthersApart) {
  for (const char* endpoint : {"enter_room", "quit_room", "heartbeat", "get_room_members"}) {
    EXPECT_EQ(OutcomeOf(std::string("/weapp/multi_room/") + endpoint), Outcome::kUnknownPath);
  }
  for (const char* endpoint : {"add_pusher", "get_pushers", "pusher_heartbeat", "login", "logout",
                               "get_im_login_info", "add_audience"}) {
    EXPECT_EQ(OutcomeOf(std::string("/weapp/webrtc_room/") + endpoint), Outcome::kUnknownPath);
  }
  for (const char* path :
       {"/webrtc/weapp/multi_room/get_pushers", "/webrtc/weapp/utils/get_login_info",
        "/webrtc/webrtc_room/create_room", "/webrtc/webrtc/weapp/webrtc_room/heartbeat",
        "/weapp/live_room/heartbeat"}) {
    EXPECT_EQ(OutcomeOf(path), Outcome::kUnknownPath) << path;
  }
}

TEST_F(DialectRule, SelectsLoginInfoByItsMethod) {
  const auto send = [this](const char* method, const char* prefix) {
    return server_.Send({.method = method, .path = std::string(prefix) + "/utils/get_login_info"});
  };
  EXPECT_EQ(send("GET", "/weapp").label.dialect, Dialect::kGen2);
  EXPECT_EQ(send("GET", "/v2/weapp").label.dialect, Dialect::kGen2);
  EXPECT_EQ(send("POST", "/weapp").label.dialect, Dialect::kGen1);
  EXPECT_EQ(OutcomeOf("/weapp/utils/get_login_info", "userSig=s"), Outcome::kGen1);
  EXPECT_EQ(send("POST", "/v1/weapp").label.dialect, Dialect::kGen1);
  EXPECT_EQ(send("GET", "/v1/weapp").status, 405) << "gen-1 uses the other method";
  EXPECT_EQ(send("POST", "/v2/weapp").status, 405);
  EXPECT_EQ(OutcomeOf("/weapp/double_room/get_login_info", "", "GET"), Outcome::kUnknownPath);
}

TEST_F(DialectRule, ServesOtherUtilsForBothDialects) {
  server_.utils.SwitchOn();
  for (const char* prefix : {"/weapp", "/v1/weapp", "/v2/weapp"}) {
    for (const char* query : {"", "userID=u&token=t"}) {
      const LabelledReply reply =
          server_.Send({.method = "GET",
                        .path = std::string(prefix) + "/utils/get_test_pushurl",
                        .query = query});
      EXPECT_EQ(reply.label.code, 0) << prefix << "?" << query;
    }
  }
}

TEST_F(DialectRule, PrefersAPinnedPrefix) {
  for (const std::string& path : PathsOfBothDialects()) {
    for (const char* query : {"", "userID=u1&token=t", "token", "userID=undefined"}) {
      EXPECT_EQ(OutcomeOf("/v1/weapp" + path, query), Outcome::kGen1) << path << "?" << query;
    }
    for (const char* query : {"", "x=1", "userID=u1&token=t"}) {
      EXPECT_EQ(OutcomeOf("/v2/weapp" + path, query), Outcome::kGen2) << path << "?" << query;
    }
  }
  EXPECT_EQ(OutcomeOf("/V2//weapp/double_room/GET_PUSHERS"), Outcome::kGen2);
  server_.sessions.fault = LoginOutcome::kMissingParameter;
  EXPECT_EQ(OutcomeOf("/v2/weapp/double_room/login"), Outcome::kGen2);
  EXPECT_EQ(OutcomeOf("/v1/weapp/double_room/login", "userSig=s"), Outcome::kGen1);
  for (const char* kind : kKinds) {
    EXPECT_EQ(OutcomeOf(std::string("/v2/weapp/") + kind + "/get_im_login_info"),
              Outcome::kUnknownPath);
  }
  EXPECT_EQ(OutcomeOf("/v1/weapp/webrtc_room/heartbeat"), Outcome::kUnknownPath);
  EXPECT_EQ(OutcomeOf("/v2/weapp/webrtc_room/heartbeat"), Outcome::kUnknownPath);
}

TEST_F(DialectRule, AllowsPinningTheOnlyPrefix) {
  RouterFixture pinned{{.prefix = "/weapp", .gen1_prefix = "/WEAPP/"}};
  const LabelledReply reply = pinned.Send(
      {.method = "POST", .path = "/weapp/double_room/get_pushers", .query = "userID=u"});
  EXPECT_EQ(reply.label.dialect, Dialect::kGen1);
}

TEST_F(DialectRule, ChecksTheTokenBeforeTheBody) {
  const LabelledReply reply = server_.Send({.method = "POST",
                                            .path = "/weapp/double_room/add_pusher",
                                            .query = "userID=u&token=t",
                                            .content_type = "application/json",
                                            .body = "{nonsense"});
  EXPECT_EQ(reply.body, kNotLoggedInBody);
  EXPECT_EQ(reply.label.failure, Errc::kNoSession);
}

}  // namespace
}  // namespace rtcroom
