// Which dialect a request speaks (protocol C.1), seen from outside: gen-1 reaches its handler,
// gen-2 is told that nobody is logged in, and what a dialect does not have is an unknown path.
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

enum class Outcome : std::uint8_t { kGen1, kGen2, kUnknownPath };

std::ostream& operator<<(std::ostream& out, Outcome outcome) {
  switch (outcome) {
    case Outcome::kGen1:
      return out << "gen-1";
    case Outcome::kGen2:
      return out << "gen-2";
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
    const HttpReply reply = server_.Send(
        {.method = std::move(method), .path = std::move(path), .query = std::move(query)});
    if (reply.status == 404) {
      EXPECT_EQ(reply.body, kUnknownPathBody);
      EXPECT_FALSE(reply.label.dialect.has_value());
      return Outcome::kUnknownPath;
    }
    EXPECT_EQ(reply.status, 200);
    if (reply.label.dialect == Dialect::kGen2) {
      EXPECT_EQ(reply.body, kNotLoggedInBody);
      return Outcome::kGen2;
    }
    EXPECT_EQ(reply.label.dialect, Dialect::kGen1);
    EXPECT_EQ(reply.label.code, 1);  // the body is empty, and every endpoint asks for something
    return Outcome::kGen1;
  }

  RouterFixture server_{{.gen1_prefix = "/v1/weapp", .gen2_prefix = "/v2/weapp"}};
};

TEST_F(DialectRule, TakesARoomCallWithoutAQueryForGen1) {
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

TEST_F(DialectRule, TakesATokenOrAUserIdKeyForGen2EvenWhenEmpty) {
  for (const char* query : {"token=t", "userID=u", "token=", "userID=", "token", "userID",
                            "a=b&userID=undefined", "user%49D=u", "userID=a/b"}) {
    EXPECT_EQ(OutcomeOf("/weapp/multi_room/get_pushers", query), Outcome::kGen2) << query;
  }
}

TEST_F(DialectRule, TakesKeysAsTheyAreSpelled) {
  for (const char* query :
       {"userid=u", "Token=t", "userID2=u", "x=token", "x=1%26token=t", "+token=t"}) {
    EXPECT_EQ(OutcomeOf("/weapp/multi_room/get_pushers", query), Outcome::kGen1) << query;
  }
}

TEST_F(DialectRule, TakesWhatOneDialectAloneHasForThatOne) {
  EXPECT_EQ(OutcomeOf("/weapp/live_room/get_im_login_info", "userID=u&token=t"), Outcome::kGen1);
  for (const char* endpoint : {"set_custom_field", "get_custom_info", "add_audience",
                               "delete_audience", "get_audiences"}) {
    const std::string name = endpoint;
    EXPECT_EQ(OutcomeOf("/weapp/live_room/" + name), Outcome::kGen2) << name;
    EXPECT_EQ(OutcomeOf("/weapp/double_room/" + name), Outcome::kUnknownPath) << name;
    EXPECT_EQ(OutcomeOf("/weapp/multi_room/" + name), Outcome::kUnknownPath) << name;
  }
}

TEST_F(DialectRule, KnowsMergeStreamUnderLiveRoomOnly) {
  EXPECT_EQ(OutcomeOf("/weapp/live_room/merge_stream"), Outcome::kGen1);
  EXPECT_EQ(OutcomeOf("/weapp/live_room/merge_stream", "userID=u"), Outcome::kGen2);
  EXPECT_EQ(OutcomeOf("/weapp/double_room/merge_stream"), Outcome::kUnknownPath);
  EXPECT_EQ(OutcomeOf("/weapp/multi_room/merge_stream"), Outcome::kUnknownPath);
}

TEST_F(DialectRule, TakesALoginWithASignatureForGen2) {
  EXPECT_EQ(OutcomeOf("/weapp/double_room/login", "userSig=s"), Outcome::kGen2);
  EXPECT_EQ(OutcomeOf("/weapp/double_room/login", "sdkAppID="), Outcome::kGen2);
  EXPECT_EQ(OutcomeOf("/weapp/double_room/login", "userID=u&token=t"), Outcome::kUnknownPath);
  EXPECT_EQ(OutcomeOf("/weapp/double_room/login"), Outcome::kUnknownPath);
}

TEST_F(DialectRule, TakesALogoutWithATokenForGen2) {
  EXPECT_EQ(OutcomeOf("/weapp/multi_room/logout", "userID=u&token=t"), Outcome::kGen2);
  EXPECT_EQ(OutcomeOf("/weapp/multi_room/logout"), Outcome::kUnknownPath);
}

TEST_F(DialectRule, TakesLoginInfoByItsMethod) {
  const auto send = [this](const char* method, const char* prefix) {
    return server_.Send({.method = method, .path = std::string(prefix) + "/utils/get_login_info"});
  };
  EXPECT_EQ(send("GET", "/weapp").label.dialect, Dialect::kGen2);
  EXPECT_EQ(send("GET", "/v2/weapp").label.dialect, Dialect::kGen2);
  EXPECT_EQ(send("POST", "/weapp").label.dialect, Dialect::kGen1);
  EXPECT_EQ(send("POST", "/v1/weapp").label.dialect, Dialect::kGen1);
  EXPECT_EQ(send("GET", "/v1/weapp").status, 405) << "gen-1 has the other one";
  EXPECT_EQ(send("POST", "/v2/weapp").status, 405);
  EXPECT_EQ(OutcomeOf("/weapp/double_room/get_login_info", "", "GET"), Outcome::kUnknownPath);
}

TEST_F(DialectRule, TakesTheRestOfUtilsForEither) {
  server_.utils.SwitchOn();
  for (const char* prefix : {"/weapp", "/v1/weapp", "/v2/weapp"}) {
    for (const char* query : {"", "userID=u&token=t"}) {
      const HttpReply reply = server_.Send({.method = "GET",
                                            .path = std::string(prefix) + "/utils/get_test_pushurl",
                                            .query = query});
      EXPECT_EQ(reply.label.code, 0) << prefix << "?" << query;
    }
  }
}

TEST_F(DialectRule, LetsAPinnedPrefixDecideFirst) {
  EXPECT_EQ(OutcomeOf("/v1/weapp/double_room/get_pushers", "userID=u&token=t"), Outcome::kGen1);
  EXPECT_EQ(OutcomeOf("/v2/weapp/double_room/get_pushers"), Outcome::kGen2);
  EXPECT_EQ(OutcomeOf("/v2/weapp/double_room/login"), Outcome::kGen2);
  EXPECT_EQ(OutcomeOf("/v1/weapp/double_room/login", "userSig=s"), Outcome::kUnknownPath);
  EXPECT_EQ(OutcomeOf("/v1/weapp/live_room/get_audiences"), Outcome::kUnknownPath);
  EXPECT_EQ(OutcomeOf("/v2/weapp/live_room/get_im_login_info"), Outcome::kUnknownPath);
}

TEST_F(DialectRule, LetsAPrefixBePinnedThatIsTheOnlyOne) {
  RouterFixture pinned{{.prefix = "/weapp", .gen1_prefix = "/WEAPP/"}};
  const HttpReply reply = pinned.Send(
      {.method = "POST", .path = "/weapp/double_room/get_pushers", .query = "userID=u"});
  EXPECT_EQ(reply.label.dialect, Dialect::kGen1);
}

TEST_F(DialectRule, AsksForTheTokenBeforeTheBody) {
  const HttpReply reply = server_.Send({.method = "POST",
                                        .path = "/weapp/double_room/add_pusher",
                                        .query = "userID=u&token=t",
                                        .content_type = "application/json",
                                        .body = "{nonsense"});
  EXPECT_EQ(reply.body, kNotLoggedInBody);
  EXPECT_EQ(reply.label.failure, Errc::kUnauthorized);
}

TEST_F(DialectRule, RefusesGen1InTokenMode) {
  const RouterFixture guarded{{.auth_mode = AuthMode::kToken}};
  const HttpReply reply =
      guarded.Post("/weapp/double_room/get_im_login_info", R"({"userIDPrefix":"weixin"})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"code":7,"message":"鉴权失败"})");
  EXPECT_EQ(reply.label.failure, Errc::kUnauthorized);
}

}  // namespace
}  // namespace rtcroom
