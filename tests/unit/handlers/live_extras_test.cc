// Custom fields and viewers of live rooms (protocol B.5).
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"
#include "tests/unit/handlers/reply_texts.h"

namespace rtcroom {
namespace {

using nlohmann::json;

class LiveExtras : public testing::Test {
 protected:
  void SetUp() override { OpenRoom(server_); }

  static void OpenRoom(RouterFixture& server) {
    const json opened = server.CallAs("host", "live_room/add_pusher",
                                      {{"roomID", "r1"},
                                       {"userID", "host"},
                                       {"userName", ""},
                                       {"userAvatar", ""},
                                       {"pushURL", ""}});
    ASSERT_EQ(opened["code"], 0);
  }
  std::string Post(const std::string& user, const std::string& endpoint, const json& body) {
    return server_.PostAs(user, "/weapp/live_room/" + endpoint, body.dump()).body;
  }
  std::string Set(const std::string& user, const json& value) {
    return Post(user, "set_custom_field",
                {{"roomID", "r1"}, {"fieldName", "a"}, {"operation", "set"}, {"value", value}});
  }
  std::string Count(const std::string& user, const std::string& operation,
                    const std::string& room = "r1") {
    return Post(user, "set_custom_field",
                {{"roomID", room}, {"fieldName", "likes"}, {"operation", operation}});
  }
  std::string Watch(const std::string& user, const std::string& info = "i") {
    return Post(user, "add_audience", {{"roomID", "r1"}, {"userID", user}, {"userInfo", info}});
  }
  std::string Unwatch(const std::string& user, const std::string& room = "r1") {
    return Post(user, "delete_audience", {{"roomID", room}, {"userID", user}});
  }

  RouterFixture server_;
};

TEST_F(LiveExtras, ReturnAllCustomFieldsAfterAChange) {
  EXPECT_EQ(
      Set("host", "x"),
      R"({"code":0,"message":"请求成功","custom":"{\"a\":\"x\"}","customInfo":"{\"a\":\"x\"}"})");
  EXPECT_EQ(
      Post("viewer", "get_custom_info", {{"roomID", "r1"}}),
      R"({"code":0,"message":"请求成功","custom":"{\"a\":\"x\"}","customInfo":"{\"a\":\"x\"}"})");
  EXPECT_EQ(json::parse(Post("viewer", "get_pushers", {{"roomID", "r1"}}))["custom"],
            R"({"a":"x"})");
}

TEST_F(LiveExtras, TakeSignsOfViewers) {
  const json body = {{"roomID", "r1"}, {"userID", "amy"}};
  const std::string beat = "audience_heartbeat";
  EXPECT_EQ(json::parse(Post("amy", beat, body))["code"], 5);
  Watch("amy");
  EXPECT_EQ(Post("amy", beat, body), R"({"code":0,"message":"请求成功"})");
  const auto silence = [&] {
    return server_.viewers.leases().StateOf({.kind = RoomKind::kLive, .id = {"r1"}}, {"amy"})->age;
  };
  const std::chrono::seconds past(10);
  for (const auto& sign :
       {std::pair<std::string, json>{beat, body},
        {"get_pushers", {{"roomID", "r1"}}},
        {"add_audience", {{"roomID", "r1"}, {"userID", "amy"}, {"userInfo", "i"}}}}) {
    server_.clock.Advance(past);
    ASSERT_EQ(silence(), past);
    EXPECT_EQ(json::parse(Post("amy", sign.first, sign.second))["code"], 0);
    EXPECT_EQ(silence(), std::chrono::seconds(0)) << sign.first;
  }
  server_.clock.Advance(past);
  Post("bob", "get_pushers", {{"roomID", "r1"}});
  EXPECT_EQ(silence(), past);
  Unwatch("amy");
  EXPECT_EQ(json::parse(Post("amy", beat, body))["code"], 5);
}

TEST_F(LiveExtras, AViewerThatHasLeftDoesNotReturn) {
  server_.viewers.lapsed().Put(
      {.room = {.kind = RoomKind::kLive, .id = {"r1"}}, .user_id = {"amy"}});
  Unwatch("amy");
  EXPECT_EQ(
      json::parse(Post("amy", "audience_heartbeat", {{"roomID", "r1"}, {"userID", "amy"}}))["code"],
      5);
}

TEST_F(LiveExtras, AllowAllUsersToCount) {
  Count("viewer", "inc");
  Count("host", "inc");
  EXPECT_EQ(json::parse(Count("viewer", "dec"))["custom"], R"({"likes":1})");
}

TEST_F(LiveExtras, AllowMembersToSet) {
  EXPECT_EQ(Set("viewer", 1), R"({"code":5,"message":"不是房间成员"})");
  EXPECT_EQ(json::parse(Set("host", 1))["code"], 0);
}

TEST_F(LiveExtras, AllowAllUsersToSetIfConfigured) {
  RouterFixture open{{.custom_set = CustomSet::kAnyone}};
  OpenRoom(open);
  EXPECT_EQ(
      open.CallAs(
          "viewer", "live_room/set_custom_field",
          {{"roomID", "r1"}, {"fieldName", "a"}, {"operation", "set"}, {"value", 1}})["custom"],
      R"({"a":1})");
}

TEST_F(LiveExtras, AnOperationIsOneOfThree) {
  EXPECT_EQ(Count("host", "add"),
            R"({"code":1,"message":"参数不全","detail":"operation: unknown"})");
  EXPECT_EQ(Count("host", "Set"),
            R"({"code":1,"message":"参数不全","detail":"operation: unknown"})");
}

TEST_F(LiveExtras, RequireAStringNumberOrBooleanForSet) {
  EXPECT_EQ(Count("host", "set"), R"({"code":1,"message":"参数不全","detail":"value: missing"})");
  EXPECT_EQ(Set("host", nullptr), R"({"code":1,"message":"参数不全","detail":"value: missing"})");
  for (const json& value : {json::object(), json::array()}) {
    EXPECT_EQ(Set("host", value),
              R"({"code":1,"message":"参数不全",)"
              R"("detail":"value: neither a string nor a number nor a boolean"})");
  }
  for (const json& value : {json(""), json(0), json(false), json(-1.5)}) {
    EXPECT_EQ(json::parse(Set("host", value))["code"], 0) << value;
  }
}

TEST_F(LiveExtras, AValueIsBoundedByItsJson) {
  EXPECT_EQ(json::parse(Set("host", std::string(1022, 'x')))["code"], 0);
  EXPECT_EQ(Set("host", std::string(1023, 'x')),
            R"({"code":1,"message":"参数不全","detail":"value: longer than 1024 bytes"})");
  EXPECT_EQ(json::parse(Set("host", std::string(511, '"')))["code"], 0);
  EXPECT_EQ(json::parse(Set("host", std::string(512, '"')))["code"], 1);
}

TEST_F(LiveExtras, ACounterIsANumber) {
  Post("host", "set_custom_field",
       {{"roomID", "r1"}, {"fieldName", "likes"}, {"operation", "set"}, {"value", "1"}});
  EXPECT_EQ(Count("host", "inc"),
            R"({"code":1,"message":"参数不全","detail":"fieldName: holds no number"})");
}

TEST_F(LiveExtras, RequireARoom) {
  EXPECT_EQ(Count("host", "inc", "r2"), kNoGen2Room);
  EXPECT_EQ(Post("host", "get_custom_info", {{"roomID", "r2"}}), kNoGen2Room);
  EXPECT_EQ(Post("u1", "add_audience", {{"roomID", "r2"}, {"userID", "u1"}, {"userInfo", ""}}),
            kNoGen2Room);
}

TEST_F(LiveExtras, ListViewersInJoinOrder) {
  EXPECT_EQ(Watch("u2", "second"), kOk);
  EXPECT_EQ(Watch("u1", ""), kOk);
  EXPECT_EQ(Watch("u2", "again"), kOk);
  EXPECT_EQ(Post("u1", "get_audiences", {{"roomID", "r1"}}),
            R"({"code":0,"message":"请求成功","audienceCount":2,"audiences":[)"
            R"({"userID":"u2","userInfo":"again"},{"userID":"u1","userInfo":""}]})");
}

TEST_F(LiveExtras, ListThirtyViewersInJoinOrder) {
  std::string listed;
  for (int i = 0; i < 30; ++i) {
    const std::string user = fmt::format("u{:02}", 29 - i);
    ASSERT_EQ(Watch(user, "of " + user), kOk);
    listed +=
        fmt::format(R"({}{{"userID":"{}","userInfo":"of {}"}})", i == 0 ? "" : ",", user, user);
  }
  EXPECT_EQ(Post("u00", "get_audiences", {{"roomID", "r1"}}),
            R"({"code":0,"message":"请求成功","audienceCount":30,"audiences":[)" + listed + "]}");
}

TEST_F(LiveExtras, ListTheNewestViewersThatFitAndCountAll) {
  const std::string info(1024, '"');  // twice as long in JSON
  for (int i = 0; i < 200; ++i) ASSERT_EQ(Watch(fmt::format("u{:03}", i), info), kOk);
  const json listed = json::parse(Post("u000", "get_audiences", {{"roomID", "r1"}}));
  EXPECT_EQ(listed["audienceCount"], 200);
  const json& viewers = listed["audiences"];
  EXPECT_EQ(viewers.back()["userID"], "u199");
  const std::string first = fmt::format("u{:03}", 200 - viewers.size());
  EXPECT_EQ(viewers.front()["userID"], first) << "in join order";
  const std::size_t each = viewers.front().dump().size() + 1;
  EXPECT_LE(viewers.dump().size(), 256U << 10);
  EXPECT_GT(viewers.dump().size() + each, 256U << 10) << "one more does not fit";
}

TEST_F(LiveExtras, AllowViewersToLeaveTwice) {
  Watch("u1");
  EXPECT_EQ(Unwatch("u1"), kOk);
  EXPECT_EQ(Unwatch("u1"), kOk);
  EXPECT_EQ(Unwatch("u1", "r2"), kOk);
  EXPECT_EQ(json::parse(Post("u1", "get_audiences", {{"roomID", "r1"}}))["audienceCount"], 0);
}

TEST_F(LiveExtras, ListNoViewersForAMissingRoom) {
  EXPECT_EQ(Post("u1", "get_audiences", {{"roomID", "r2"}}),
            R"({"code":0,"message":"请求成功","audienceCount":0,"audiences":[]})");
}

TEST_F(LiveExtras, ViewersAreAThousandAtMost) {
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(Watch(fmt::format("u{}", i)), kOk);
  EXPECT_EQ(Watch("late"), R"({"code":1,"message":"观众列表满了"})");
  EXPECT_EQ(Watch("u0", "again"), kOk);
  Unwatch("u0");
  EXPECT_EQ(Watch("late"), kOk);
}

TEST_F(LiveExtras, AllowViewersToActOnlyForThemselves) {
  Watch("u1");
  EXPECT_EQ(Post("u2", "delete_audience", {{"roomID", "r1"}, {"userID", "u1"}}),
            R"({"code":7,"message":"鉴权失败 错误码:1 错误信息:token 错误"})");
}

TEST_F(LiveExtras, ReturnInternalErrorIfTheStoreFails) {
  server_.store.broken = true;
  for (const std::string& reply : {Watch("u1"), Unwatch("u1"), Count("u1", "inc")}) {
    EXPECT_EQ(reply, R"({"code":6,"message":"服务器内部错误"})");
  }
}

}  // namespace
}  // namespace rtcroom
