// Rejection of excessive requests (protocol F.9).
#include <chrono>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

constexpr std::string_view kTooOften = R"({"code":6,"message":"服务器内部错误"})";

class RateLimits : public testing::Test {
 protected:
  LabelledReply Call(std::string_view endpoint, std::string body = R"({"userID":"u1"})") {
    return server_.Post("/weapp/live_room/" + std::string(endpoint), std::move(body));
  }
  void RefuseAddress() { server_.admission.refused_addresses = {"192.0.2.1"}; }
  void RefuseUser() { server_.admission.refused_claims = {{"192.0.2.1", "u1"}}; }

  RouterFixture server_;
};

TEST_F(RateLimits, RefusesAnAddressWithCode6) {
  RefuseAddress();
  for (const char* endpoint : {"get_im_login_info", "get_push_url", "create_room", "add_pusher",
                               "get_room_list", "merge_stream"}) {
    const LabelledReply reply = Call(endpoint);
    EXPECT_EQ(reply.status, 200) << endpoint;
    EXPECT_EQ(reply.body, kTooOften) << endpoint;
    EXPECT_EQ(reply.label.endpoint, endpoint);
    EXPECT_EQ(reply.label.code, 6);
    EXPECT_EQ(reply.label.failure, Errc::kTooManyRequests);
    EXPECT_EQ(reply.label.dialect, Dialect::kGen1);
  }
  EXPECT_EQ(server_.admission.claims_asked, 0);
}

TEST_F(RateLimits, NeverRefusesHeartbeatsAndLeaves) {
  RefuseAddress();
  RefuseUser();
  for (const char* endpoint : {"pusher_heartbeat", "delete_pusher", "destroy_room"}) {
    const LabelledReply reply = Call(endpoint, R"({"roomID":"r1","userID":"u1"})");
    EXPECT_NE(reply.label.failure, Errc::kTooManyRequests) << endpoint;
    EXPECT_NE(reply.label.code, 6) << endpoint;
  }
  EXPECT_EQ(server_.admission.addresses_asked, 0);
  EXPECT_EQ(server_.admission.claims_asked, 0);
}

TEST_F(RateLimits, DelaysGetPushersInsteadOfRefusingIt) {
  RefuseAddress();
  EXPECT_EQ(Call("get_pushers", R"({"roomID":"r1"})").label.failure, Errc::kRoomNotFound);
  EXPECT_EQ(server_.admission.addresses_asked, 0);
  server_.admission.delay = std::chrono::milliseconds(5);
  EXPECT_EQ(server_.router.Delay("192.0.2.1"), std::chrono::milliseconds(5));
  EXPECT_EQ(server_.admission.delays_asked, 1);
}

class Cost : public RateLimits {
 protected:
  /// A room whose custom fields fill most of a list reply.
  void MakeLongRoom() {
    const nlohmann::json room = {{"roomID", "r1"},    {"userID", "u1"}, {"userName", "n"},
                                 {"userAvatar", "a"}, {"pushURL", ""},  {"roomInfo", "x"}};
    ASSERT_EQ(server_.CallAs("u1", "live_room/add_pusher", room)["code"], 0);
    for (int i = 0; i < 10; ++i) {
      const nlohmann::json field = {{"roomID", "r1"},
                                    {"fieldName", "f" + std::to_string(i)},
                                    {"operation", "set"},
                                    {"value", std::string(1000, 'v')}};
      ASSERT_EQ(server_.CallAs("u1", "live_room/set_custom_field", field)["code"], 0);
    }
    server_.admission.charged_to_addresses = 0;
    server_.admission.charged_to_users = 0;
  }
};

TEST_F(Cost, IsATokenMoreForEachSixteenKibibytesOfAReply) {
  MakeLongRoom();
  const LabelledReply reply =
      server_.PostAs("u1", "/weapp/live_room/get_room_list", R"({"index":0,"cnt":1})");
  const std::size_t pieces = (reply.body.size() + 16383) / 16384;
  ASSERT_GT(pieces, 1U);
  EXPECT_EQ(server_.admission.charged_to_addresses, pieces - 1);
  EXPECT_EQ(server_.admission.charged_to_users, pieces - 1);
}

TEST_F(Cost, IsATokenMoreForEachSixteenKibibytesOfABody) {
  const std::string body = R"({"roomID":"r1","x":")" + std::string(40'000, 'x') + "\"}";
  (void)server_.PostAs("u1", "/weapp/live_room/get_audiences", body);
  EXPECT_EQ(server_.admission.charged_to_addresses, 2U);
  EXPECT_EQ(server_.admission.charged_to_users, 2U);
}

TEST_F(Cost, IsZeroForHeartbeatsAndLeaves) {
  const std::string body = R"({"roomID":"r1","x":")" + std::string(40'000, 'x') + "\"}";
  for (const char* endpoint : {"pusher_heartbeat", "delete_pusher", "destroy_room"}) {
    (void)server_.PostAs("u1", std::string("/weapp/live_room/") + endpoint, body);
  }
  EXPECT_EQ(server_.admission.charged_to_addresses, 0U);
  EXPECT_EQ(server_.admission.charged_to_users, 0U);
}

TEST_F(Cost, IsOneTokenForShortRequests) {
  (void)server_.PostAs("u1", "/weapp/live_room/get_room_list", R"({"index":0,"cnt":20})");
  EXPECT_EQ(server_.admission.charged_to_addresses, 0U);
}

TEST_F(RateLimits, RefusesAClaimedUserPerAddress) {
  RefuseUser();
  for (const char* endpoint : {"get_push_url", "create_room", "add_pusher", "merge_stream"}) {
    const LabelledReply reply = Call(endpoint);
    EXPECT_EQ(reply.body, kTooOften) << endpoint;
    EXPECT_EQ(reply.label.failure, Errc::kTooManyRequests) << endpoint;
    EXPECT_NE(Call(endpoint, R"({"userID":"u2"})").label.failure, Errc::kTooManyRequests);
  }
  const LabelledReply elsewhere = server_.Send({.method = "POST",
                                                .path = "/weapp/live_room/get_push_url",
                                                .body = R"({"userID":"u1"})",
                                                .peer_address = "192.0.2.2"});
  EXPECT_EQ(elsewhere.label.code, 0);
}

TEST_F(RateLimits, ChangesNothingForRefusedCalls) {
  RefuseUser();
  const nlohmann::json room = {{"roomID", "r1"},    {"userID", "u1"}, {"userName", "n"},
                               {"userAvatar", "a"}, {"pushURL", "p"}, {"roomName", "x"}};
  EXPECT_EQ(server_.Call("live_room/create_room", room)["code"], 6);
  EXPECT_EQ(server_.Call("live_room/get_pushers", {{"roomID", "r1"}})["code"], 3);
}

TEST_F(RateLimits, ChecksNoUserIfTheCallNamesNone) {
  Call("get_room_list", R"({"userID":"u1","cnt":1,"index":0})");
  Call("get_pushers", R"({"userID":"u1","roomID":"r1"})");
  Call("get_im_login_info", R"({"userID":"u1","userIDPrefix":"x"})");
  EXPECT_EQ(server_.admission.claims_asked, 0);
  EXPECT_EQ(server_.admission.addresses_asked, 2);
}

TEST_F(RateLimits, ChecksNoUserForAnInvalidName) {
  for (const char* body :
       {"{}", R"({"userID":""})", R"({"userID":"a b"})", R"({"userID":[]})", "{nonsense"}) {
    EXPECT_EQ(Call("get_push_url", body).label.code, 1) << body;
  }
  EXPECT_EQ(server_.admission.claims_asked, 0);
}

TEST_F(RateLimits, CountsANumericUserIdAsText) {
  server_.admission.refused_claims = {{"192.0.2.1", "7"}};
  EXPECT_EQ(Call("get_push_url", R"({"userID":7})").body, kTooOften);
}

TEST_F(RateLimits, CountsAProvenUserOverAllAddresses) {
  server_.admission.refused_users = {"u1"};
  server_.admission.refused_claims = {{"192.0.2.1", "u2"}};
  for (const char* endpoint : {"get_push_url", "create_room", "add_pusher", "get_room_list",
                               "merge_stream", "add_audience", "delete_audience", "get_audiences",
                               "set_custom_field", "get_custom_info"}) {
    const std::string path = std::string("/weapp/live_room/") + endpoint;
    EXPECT_EQ(server_.PostAs("u1", path, "{}").body, kTooOften) << endpoint;
    EXPECT_NE(server_.PostAs("u2", path, R"({"userID":"u2"})").label.failure,
              Errc::kTooManyRequests);
  }
  EXPECT_EQ(server_.admission.claims_asked, 0);
}

TEST_F(RateLimits, NeverRefusesHeartbeatsAndLeavesOfProvenUsers) {
  RefuseAddress();
  server_.admission.refused_users = {"u1"};
  for (const char* endpoint :
       {"pusher_heartbeat", "audience_heartbeat", "delete_pusher", "destroy_room", "get_pushers"}) {
    const LabelledReply reply = server_.PostAs("u1", std::string("/weapp/live_room/") + endpoint,
                                               R"({"roomID":"r1","userID":"u1"})");
    EXPECT_NE(reply.label.failure, Errc::kTooManyRequests) << endpoint;
  }
  for (const char* endpoint : {"heartbeat", "quit_room"}) {
    EXPECT_EQ(server_.Call(std::string("webrtc_room/") + endpoint,
                           {{"roomID", 1}, {"userID", "user"}})["code"],
              0);
  }
}

TEST_F(RateLimits, CountsWebrtcUsersPerAddress) {
  server_.admission.refused_claims = {{"192.0.2.1", "user"}};
  for (const char* endpoint : {"create_room", "enter_room"}) {
    EXPECT_EQ(
        server_.Post(std::string("/weapp/webrtc_room/") + endpoint, R"({"userID":"user"})").body,
        kTooOften);
  }
}

TEST_F(RateLimits, ChecksNoUserWithoutAValidToken) {
  const LabelledReply reply = server_.Send({.method = "POST",
                                            .path = "/weapp/live_room/create_room",
                                            .query = "userID=u1&token=t",
                                            .body = R"({"userID":"u1"})",
                                            .peer_address = "192.0.2.1"});
  EXPECT_EQ(reply.label.failure, Errc::kNoSession);
  EXPECT_EQ(server_.admission.users_asked, 0);
  EXPECT_EQ(server_.admission.claims_asked, 0);
}

TEST_F(RateLimits, RefusesTicketsForGeneratedIdsWithCode6) {
  server_.admission.refused_tickets = {"192.0.2.1"};
  const LabelledReply gen1 = Call("get_im_login_info", R"({"userIDPrefix":"x"})");
  const LabelledReply gen2 = server_.Send(
      {.method = "GET", .path = "/weapp/utils/get_login_info", .peer_address = "192.0.2.1"});
  const LabelledReply webrtc = server_.Post("/weapp/webrtc_room/get_login_info", "{}");
  for (const LabelledReply& reply : {gen1, gen2, webrtc}) {
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, kTooOften);
    EXPECT_EQ(reply.label.failure, Errc::kTooManyRequests);
    EXPECT_EQ(reply.label.failure_detail, kTooManyTickets);
  }
  EXPECT_EQ(server_.admission.tickets_asked, 3);
  EXPECT_EQ(Call("get_push_url").label.code, 0) << "other calls are served";
}

TEST_F(RateLimits, RefusesBeforeItReadsABody) {
  RefuseAddress();
  EXPECT_EQ(Call("add_pusher", "{nonsense").body, kTooOften);
}

TEST_F(RateLimits, RefusesGen2Calls) {
  RefuseAddress();
  const LabelledReply reply = server_.Send({.method = "POST",
                                            .path = "/weapp/live_room/add_audience",
                                            .query = "userID=u1&token=t",
                                            .peer_address = "192.0.2.1"});
  EXPECT_EQ(reply.body, kTooOften);
  EXPECT_EQ(reply.label.dialect, Dialect::kGen2);
}

TEST_F(RateLimits, CountsInvalidCallsWithoutRefusingThem) {
  RefuseAddress();
  const auto send = [this](const char* method, const char* path) {
    return server_.Send({.method = method, .path = path, .peer_address = "192.0.2.1"}).status;
  };
  EXPECT_EQ(send("POST", "/nowhere"), 404);
  EXPECT_EQ(send("POST", "/weapp/double_room/add_audience"), 404);
  EXPECT_EQ(send("GET", "/weapp/double_room/add_pusher"), 405);
  EXPECT_EQ(send("GET", "/weapp/double_room/pusher_heartbeat"), 405);
  EXPECT_EQ(send("OPTIONS", "/weapp/double_room/pusher_heartbeat"), 204);
  EXPECT_EQ(server_.admission.addresses_asked, 5);
}

}  // namespace
}  // namespace rtcroom
