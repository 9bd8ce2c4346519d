// Protocol of a request (C.1), tested from outside: gen-1 and webrtc rooms reach their handlers,
// gen-2 requires its token first, and an endpoint missing from a protocol is an unknown path.
#include <ostream>
#include <string>

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
  for (const char* kind : {"double_room", "multi_room", "live_room"}) {
    for (const char* endpoint :
         {"get_push_url", "create_room", "destroy_room", "add_pusher", "delete_pusher",
          "get_pushers", "pusher_heartbeat", "get_room_list"}) {
      const std::string path = std::string("/weapp/") + kind + "/" + endpoint;
      EXPECT_EQ(OutcomeOf(path), Outcome::kGen1) << path;
      EXPECT_EQ(OutcomeOf(path, "x=1"), Outcome::kGen1) << path;
      EXPECT_EQ(OutcomeOf(path, "userID=u1&token=t"), Outcome::kGen2) << path;
    }
  }
}

TEST_F(DialectRule, SelectsGen2ForATokenOrUserIdKeyEvenIfEmpty) {
  for (const char* query : {"token=t", "userID=u", "token=", "userID=", "token", "userID",
                            "a=b&userID=undefined", "user%49D=u", "userID=a/b"}) {
    EXPECT_EQ(OutcomeOf("/weapp/multi_room/get_pushers", query), Outcome::kGen2) << query;
  }
}

TEST_F(DialectRule, MatchesKeysExactly) {
  for (const char* query :
       {"userid=u", "Token=t", "userID2=u", "x=token", "x=1%26token=t", "+token=t"}) {
    EXPECT_EQ(OutcomeOf("/weapp/multi_room/get_pushers", query), Outcome::kGen1) << query;
  }
}

TEST_F(DialectRule, SelectsTheOnlyDialectOfAnEndpoint) {
  EXPECT_EQ(OutcomeOf("/weapp/live_room/get_im_login_info", "userID=u&token=t"), Outcome::kGen1);
  for (const char* endpoint : {"set_custom_field", "get_custom_info", "add_audience",
                               "delete_audience", "get_audiences"}) {
    const std::string name = endpoint;
    EXPECT_EQ(OutcomeOf("/weapp/live_room/" + name), Outcome::kGen2) << name;
    EXPECT_EQ(OutcomeOf("/weapp/double_room/" + name), Outcome::kUnknownPath) << name;
    EXPECT_EQ(OutcomeOf("/weapp/multi_room/" + name), Outcome::kUnknownPath) << name;
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
  EXPECT_EQ(OutcomeOf("/weapp/double_room/login", "userSig=s"), Outcome::kGen2);
  EXPECT_EQ(OutcomeOf("/weapp/double_room/login", "sdkAppID="), Outcome::kGen2);
  EXPECT_EQ(OutcomeOf("/weapp/double_room/login", "userID=u&token=t"), Outcome::kGen1);
  EXPECT_EQ(OutcomeOf("/weapp/double_room/login"), Outcome::kGen1);
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
  EXPECT_EQ(OutcomeOf("/webrtc/weapp/multi_room/get_pushers"), Outcome::kUnknownPath);
  EXPECT_EQ(OutcomeOf("/webrtc/webrtc_room/create_room"), Outcome::kUnknownPath);
}

TEST_F(DialectRule, SelectsLoginInfoByItsMethod) {
  const auto send = [this](const char* method, const char* prefix) {
    return server_.Send({.method = method, .path = std::string(prefix) + "/utils/get_login_info"});
  };
  EXPECT_EQ(send("GET", "/weapp").label.dialect, Dialect::kGen2);
  EXPECT_EQ(send("GET", "/v2/weapp").label.dialect, Dialect::kGen2);
  EXPECT_EQ(send("POST", "/weapp").label.dialect, Dialect::kGen1);
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
  EXPECT_EQ(OutcomeOf("/v1/weapp/double_room/get_pushers", "userID=u&token=t"), Outcome::kGen1);
  EXPECT_EQ(OutcomeOf("/v2/weapp/double_room/get_pushers"), Outcome::kGen2);
  server_.sessions.fault = LoginOutcome::kMissingParameter;
  EXPECT_EQ(OutcomeOf("/v2/weapp/double_room/login"), Outcome::kGen2);
  EXPECT_EQ(OutcomeOf("/v1/weapp/double_room/login", "userSig=s"), Outcome::kGen1);
  EXPECT_EQ(OutcomeOf("/v1/weapp/live_room/get_audiences"), Outcome::kUnknownPath);
  EXPECT_EQ(OutcomeOf("/v2/weapp/live_room/get_im_login_info"), Outcome::kUnknownPath);
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
