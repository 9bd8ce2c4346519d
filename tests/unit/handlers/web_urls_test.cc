// get_whip_url and get_whep_url (protocol A.4.12, B.4.9).
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/auth/signed_stream_urls.h"
#include "handlers/web/web_addresses.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::StartsWith;

class WebUrlsTest : public testing::Test {
 protected:
  explicit WebUrlsTest(const WebAddresses* web) : router_(Services(web), {}, server_.pipeline) {}
  WebUrlsTest() : WebUrlsTest(&Addresses()) {}

  static const WebAddresses& Addresses() {
    static const WebAddresses addresses({.prefix = "/weapp", .push_key = Secret("push")});
    return addresses;
  }
  rtcroom::Services Services(const WebAddresses* web) {
    rtcroom::Services services = server_.ServicesWith(urls_);
    services.web = web;
    return services;
  }
  std::string Send(const std::string& path, const json& body, const std::string& query = {}) {
    return AnswerOf(router_, server_.recorded,
                    {.method = "POST",
                     .path = "/weapp/" + path,
                     .query = query,
                     .content_type = "application/json",
                     .body = body.dump(),
                     .peer_address = "192.0.2.1"})
        .body;
  }
  json Call(const std::string& path, const json& body) { return json::parse(Send(path, body)); }
  int Code(const std::string& path, const json& body) { return Call(path, body)["code"]; }
  void Create(const std::string& path, const std::string& user) {
    ASSERT_EQ(server_.Call(path + "/create_room", {{"roomID", "r1"},
                                                   {"userID", user},
                                                   {"userName", "n"},
                                                   {"userAvatar", "a"},
                                                   {"pushURL", "rtmp://h/live/" + user},
                                                   {"roomName", "r"}})["code"],
              0);
  }

  const SignedStreamUrls urls_{
      {.push_key = Secret("push"), .push_host = "h", .bind_push_urls = true}};
  RouterFixture server_;
  Router router_;
};

class WithoutWebUrls : public WebUrlsTest {
 protected:
  WithoutWebUrls() : WebUrlsTest(nullptr) {}
};

TEST_F(WebUrlsTest, GiveBothAddressesOfOneStream) {
  const json reply = Call("multi_room/get_whip_url", {{"userID", "alice"}, {"roomID", "r1"}});
  const std::string push_url = reply["pushURL"];
  ASSERT_THAT(push_url, StartsWith("rtmp://h/live/alice?txSecret="));
  EXPECT_EQ(Send("multi_room/get_whip_url", {{"userID", "alice"}, {"roomID", "r1"}}),
            R"({"code":0,"message":"请求成功","whipURL":"/weapp/whip/alice)" +
                push_url.substr(push_url.find('?')) + R"(","pushURL":")" + push_url +
                R"(","iceServers":[]})");
}

TEST_F(WebUrlsTest, PlayForMembersOnly) {
  Create("multi_room", "alice");
  const auto body = [](const std::string& user, const std::string& of) {
    return json{{"roomID", "r1"}, {"userID", user}, {"of", of}};
  };
  EXPECT_THAT(Call("multi_room/get_whep_url", body("alice", "alice"))["whepURL"].get<std::string>(),
              StartsWith("/weapp/whep/alice?txSecret="));
  EXPECT_EQ(Code("multi_room/get_whep_url", body("bob", "alice")), 7);
  EXPECT_EQ(Code("multi_room/get_whep_url", body("alice", "bob")), 5);
  EXPECT_EQ(Code("multi_room/get_whep_url", body("alice", "")), 5) << "only live rooms are mixed";
  EXPECT_EQ(Code("double_room/get_whep_url", body("alice", "alice")), 3);
  EXPECT_EQ(Code("multi_room/get_whep_url", {{"roomID", "r1"}}), 1);
  ASSERT_TRUE(server_.bans.Put({.room = {.kind = RoomKind::kMulti, .id = {"r1"}},
                                .user_id = {"alice"},
                                .until = kNoon + std::chrono::hours(1)}));
  EXPECT_EQ(Code("multi_room/get_whep_url", body("alice", "alice")), 7);
  EXPECT_EQ(Code("multi_room/get_whip_url", body("alice", "")), 7);
}

TEST_F(WebUrlsTest, PlayTheCreatorWhereThereIsNoMix) {
  Create("live_room", "host");
  const json reply = Call("live_room/get_whep_url", {{"roomID", "r1"}, {"userID", "host"}});
  EXPECT_THAT(reply["whepURL"].get<std::string>(), StartsWith("/weapp/whep/host?txSecret="));
}

TEST_F(WebUrlsTest, AreOfTheLoggedInUserInGen2) {
  static_cast<void>(server_.sessions.LoginTrusted({"alice"}));
  const std::string query = "userID=alice&token=" + FakeSessions::TokenOf("alice");
  const json reply = json::parse(Send("multi_room/get_whip_url", {{"userID", "alice"}}, query));
  EXPECT_THAT(reply["whipURL"].get<std::string>(),
              testing::MatchesRegex("/weapp/whip/alice_[0-9a-f]{8}\\?.*&rr=&rs=.*"));
  EXPECT_NE(json::parse(Send("multi_room/get_whip_url", {{"userID", "bob"}}, query))["code"], 0);
}

TEST_F(WebUrlsTest, PlayForTheAddressThatAPusherIsBoundTo) {
  Router bound(Services(&Addresses()), {.gen1_bind = true}, server_.pipeline);
  const auto code = [&](const std::string& endpoint, const json& body, const std::string& address) {
    return json::parse(AnswerOf(bound, server_.recorded,
                                {.method = "POST",
                                 .path = "/weapp/multi_room/" + endpoint,
                                 .content_type = "application/json",
                                 .body = body.dump(),
                                 .peer_address = address})
                           .body)["code"]
        .get<int>();
  };
  Create("multi_room", "alice");
  const json add = {{"roomID", "r1"},
                    {"userID", "bob"},
                    {"userName", "n"},
                    {"userAvatar", "a"},
                    {"pushURL", "rtmp://h/live/bob"}};
  ASSERT_EQ(code("add_pusher", add, "192.0.2.1"), 0);
  const json play = {{"roomID", "r1"}, {"userID", "bob"}, {"of", "alice"}};
  EXPECT_EQ(code("get_whep_url", play, "192.0.2.2"), 7);
  EXPECT_EQ(code("get_whep_url", play, "192.0.2.1"), 0);
}

TEST_F(WithoutWebUrls, CallsFail) {
  Create("multi_room", "alice");
  EXPECT_EQ(Code("multi_room/get_whip_url", {{"userID", "alice"}}), 6);
  EXPECT_EQ(
      Code("multi_room/get_whep_url", {{"roomID", "r1"}, {"userID", "alice"}, {"of", "alice"}}), 6);
}

}  // namespace
}  // namespace rtcroom
