// The accepted forms of a body, and the preflights of browsers (protocol 0.2), in both dialects.
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/expected_reply.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/seen_state.h"
#include "tests/support/endpoint_fields.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class BodyForms : public testing::Test {
 protected:
  ApiReply Post(const std::string& endpoint, const std::string& query, const std::string& type,
                const std::string& body) {
    return client_.Send(
        {.target = "/weapp/live_room/" + endpoint + (query.empty() ? "" : "?") + query,
         .content_type = type,
         .body = body});
  }

  ServerProcess server_{{.settings = LoginSettings()}};
  ApiClient client_ = server_.Https();
  const Account user_ = LogIn(client_, "u1");
};

TEST_F(BodyForms, AcceptJsonUnderAnyMediaTypeExceptForms) {
  ASSERT_EQ(client_.Call("live_room", "create_room", CreateBody("g1", "g1")).code(), kOk);
  ASSERT_EQ(CallAs(client_, user_, "live_room", "add_pusher", PusherBody("r1", "u1")).code(), kOk);
  for (const char* type : {"application/json", "Application/JSON; charset=utf-8", "text/plain",
                           "text/plain;charset=UTF-8", "text/xml", "application/xml",
                           "application/octet-stream", "x", ""}) {
    EXPECT_THAT(PusherIds(Post("get_pushers", "", type, RoomBody("g1").dump())), ElementsAre("g1"))
        << type;
    EXPECT_THAT(PusherIds(Post("get_pushers", user_.Query(), type, RoomBody("r1").dump())),
                ElementsAre("u1"))
        << type;
  }
}

TEST_F(BodyForms, AcceptUrlEncodedForms) {
  const char* type = "application/x-www-form-urlencoded; charset=UTF-8";
  const std::string url = "rtmp%3A%2F%2Fpush.invalid%2Flive%2F8888_u1%3Fbizid%3D8888";
  const ApiReply created =
      Post("create_room", user_.Query(), type, "userID=u1&roomInfo=a+b%E6%88%BF%26&roomID=r1");
  ASSERT_TRUE(IsReply(created, sentences::kSuccess));
  ASSERT_TRUE(IsReply(Post("add_pusher", user_.Query(), type,
                           "roomID=r1&userID=u1&userName=&userAvatar=a&pushURL=" + url),
                      sentences::kSuccess));
  const ApiReply pushers = Post("get_pushers", user_.Query(), type, "roomID=r1");
  EXPECT_THAT(PusherIds(pushers), ElementsAre("u1"));
  EXPECT_EQ(pushers.Text("roomInfo"), "a b房&");
  EXPECT_EQ(Post("get_room_list", user_.Query(), type, "cnt=20&index=0").json["rooms"].size(), 1U);
  ASSERT_TRUE(IsReply(
      Post("set_custom_field", user_.Query(), type, "roomID=r1&fieldName=likes&operation=inc"),
      sentences::kSuccess));
  ASSERT_TRUE(IsReply(Post("set_custom_field", user_.Query(), type,
                           "roomID=r1&fieldName=seven&operation=set&value=7"),
                      sentences::kSuccess));
  const json custom =
      json::parse(Post("get_custom_info", user_.Query(), type, "roomID=r1").Text("custom"));
  EXPECT_EQ(custom["likes"], 1);
  EXPECT_EQ(custom["seven"], "7") << "all values of a form are strings";
  const ApiReply mixed = Post("merge_stream", user_.Query(), type,
                              "roomID=r1&userID=u1&mergeParams=%7B%22interface%22%3A%22mix%22%7D");
  EXPECT_TRUE(IsReply(mixed, sentences::kInternal, "merge_stream"));
  const ApiReply no_json =
      Post("merge_stream", user_.Query(), type, "roomID=r1&userID=u1&mergeParams=interface");
  EXPECT_TRUE(IsReply(no_json, sentences::kMergeParamsNotJson));

  ASSERT_TRUE(IsReply(Post("create_room", "", type,
                           "userID=g1&userName=n&userAvatar=a&roomName=t&roomid=7&pushURL=" + url),
                      sentences::kSuccess));
  EXPECT_THAT(PushersOf(client_, "live_room", "7"), ElementsAre("g1"));
  EXPECT_TRUE(
      IsReply(Post("create_room", "", type, "userID=g1&userName=n"), sentences::kGen1BadParameter));
  EXPECT_TRUE(IsReply(Post("add_pusher", user_.Query(), type, "roomID=r1&userID=u2"),
                      sentences::kWrongToken));
}

TEST_F(BodyForms, TreatUnknownContentAsAnEmptyBody) {
  for (const char* type : {"text/plain", "text/xml", ""}) {
    for (const char* body : {"", "x", "<x/>", "[1]", "7", "{"}) {
      EXPECT_TRUE(IsReply(Post("get_pushers", "", type, body), sentences::kGen1BadParameter));
      EXPECT_TRUE(IsReply(Post("get_pushers", user_.Query(), type, body), sentences::kMissing));
    }
  }
  for (const char* body : {"{", "[1]", "7", "null", "\xff", "{\"a\":1}}"}) {
    EXPECT_TRUE(
        IsReply(Post("get_pushers", user_.Query(), "application/json", body), sentences::kMissing))
        << body;
  }
  const std::string deep =
      "{\"a\":" + std::string(16, '[') + std::string(16, ']') + ",\"roomID\":\"r1\"}";
  EXPECT_TRUE(
      IsReply(Post("get_pushers", user_.Query(), "application/json", deep), sentences::kMissing));
}

/// Those of the endpoints of rooms.
std::set<std::string> EveryPath() {
  std::set<std::string> paths;
  for (const EndpointCall& call : AllCalls()) {
    for (const std::string_view area : call.areas) {
      if (area != "utils") paths.insert(std::string(area).append("/").append(call.endpoint));
    }
  }
  return paths;
}

TEST_F(BodyForms, AnswerPreflightsOnEveryPath) {
  std::set<std::string> paths = EveryPath();
  paths.insert("utils/get_login_info");
  for (const std::string& path : paths) {
    for (const std::string query : {"", "?userID=u1&token=t"}) {
      const ApiReply reply = client_.Send({.method = "OPTIONS",
                                           .target = "/weapp/" + path + query,
                                           .content_type = "",
                                           .headers = {{"Origin", "https://web.example"},
                                                       {"Access-Control-Request-Method", "POST"}}});
      EXPECT_EQ(reply.status, 204) << path;
      EXPECT_EQ(reply.text, "") << path;
      const auto header = [&reply](const char* name) {
        const auto found = reply.headers.find(name);
        return found == reply.headers.end() ? std::string("none") : found->second;
      };
      EXPECT_EQ(header("access-control-allow-origin"), "*") << path;
      for (const char* method : {"OPTIONS", "GET", "PUT", "POST", "DELETE"}) {
        EXPECT_THAT(header("access-control-allow-methods"), HasSubstr(method)) << path;
      }
      for (const char* name : {"x-requested-with", "accept", "origin", "content-type"}) {
        EXPECT_THAT(header("access-control-allow-headers"), HasSubstr(name)) << path;
      }
      EXPECT_EQ(header("access-control-max-age"), "300") << path;
      EXPECT_EQ(header("access-control-allow-credentials"), "none") << path;
    }
  }
}

TEST_F(BodyForms, RejectOtherMethods) {
  for (const std::string& path : EveryPath()) {
    for (const char* method : {"GET", "PUT", "DELETE", "PATCH"}) {
      const ApiReply reply = client_.Send(
          {.method = method, .target = "/weapp/" + path + "?" + user_.Query(), .content_type = ""});
      EXPECT_EQ(reply.status, 405) << method << " " << path;
      EXPECT_EQ(reply.code(), kBadParameter) << method << " " << path;
      ASSERT_TRUE(reply.headers.contains("allow")) << method << " " << path;
      EXPECT_EQ(reply.headers.at("allow"), "POST, OPTIONS") << path;
    }
  }
}

TEST(AllowedOrigins, AreEchoedUnlikeOtherOrigins) {
  const ServerProcess server(
      {.settings = LoginSettings({{"server.cors_origins", {"https://web.example"}}})});
  ApiClient client = server.Https();
  for (const char* target : {"/weapp/live_room/get_audiences", "/weapp/live_room/get_pushers",
                             "/weapp/webrtc_room/create_room", "/nowhere"}) {
    const auto origin_of = [&](const char* origin) {
      const ApiReply reply = client.Send({.target = target, .headers = {{"Origin", origin}}});
      const auto found = reply.headers.find("access-control-allow-origin");
      return found == reply.headers.end() ? std::string("none") : found->second;
    };
    EXPECT_EQ(origin_of("https://web.example"), "https://web.example") << target;
    EXPECT_EQ(origin_of("https://evil.example"), "none") << target;
  }
}

}  // namespace
}  // namespace rtcroom
