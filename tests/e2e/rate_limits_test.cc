// Callers above the rate limits (protocol F.9).
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

constexpr const char* kOff = "0/s";
/// Slow enough that no token is refilled during a test.
constexpr const char* kHardlyEver = "1/s";
constexpr std::size_t kBurst = 30;

/// The expected form of every refusal.
void ExpectTooOften(const ApiReply& reply) {
  EXPECT_EQ(reply.status, 200) << reply;
  EXPECT_EQ(reply.code(), kInternalFailure) << reply;
  EXPECT_EQ(reply.Text("message"), "服务器内部错误") << reply;
}

ApiReply List(ApiClient& client) {
  return client.Call("double_room", "get_room_list", {{"index", 0}, {"cnt", 1}});
}

/// Calls until it is refused; at a token a second it is one of the next few calls after the burst.
/// @return the number of calls answered with code 0.
template <typename Call>
std::size_t CallUntilRefused(Call call) {
  std::size_t answered = 0;
  ApiReply reply = call();
  while (reply.code() == kOk && answered < 2 * kBurst) {
    ++answered;
    reply = call();
  }
  ExpectTooOften(reply);
  return answered;
}

TEST(AddressLimit, GrantsABurstAndThenAnswersWithCodeSix) {
  const ServerProcess server({.settings = {{"limits.per_address_rate", kHardlyEver},
                                           {"limits.per_address_burst", kBurst}}});
  ApiClient client = server.Https();
  EXPECT_GE(CallUntilRefused([&] { return List(client); }), kBurst);
  ApiClient other_connection = server.Http();
  EXPECT_LT(CallUntilRefused([&] { return List(other_connection); }), kBurst)
      << "the address counts, not the connection";
}

TEST(AddressLimit, LimitsGetPushersOnNewConnections) {
  constexpr int kRequests = 30;
  constexpr std::chrono::milliseconds kAtLeast{500};  // at 40 a second, some at once
  const ServerProcess server(
      {.settings = {{"limits.per_address_rate", "40/s"}, {"limits.per_address_burst", 5}}});
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRequests; ++i) {
    ApiClient fresh = server.Http();
    EXPECT_EQ(fresh.Call("live_room", "get_pushers", RoomBody("r1")).code(), kNoSuchRoom);
  }
  EXPECT_GT(std::chrono::steady_clock::now() - start, kAtLeast);
}

TEST(AddressRoomQuota, RefusesRoomsBeyondItAndNamesTheKey) {
  const ServerProcess server({.settings = {{"limits.rooms_per_address", 2}}});
  ApiClient client = server.Https();
  for (const char* room : {"r1", "r2"}) {
    ASSERT_EQ(client.Call("double_room", "create_room", CreateBody("u1", room)).code(), kOk);
  }
  const ApiReply refused = client.Call("double_room", "create_room", CreateBody("u1", "r3"));
  EXPECT_EQ(refused.code(), kInternalFailure);
  EXPECT_THAT(refused.Text("detail"), testing::HasSubstr("limits.rooms_per_address"));
  EXPECT_TRUE(server.WaitForLog("limits.rooms_per_address"));
  ASSERT_EQ(client.Call("double_room", "destroy_room", MemberBody("r1", "u1")).code(), kOk);
  EXPECT_EQ(client.Call("double_room", "create_room", CreateBody("u1", "r3")).code(), kOk);
}

TEST(AddressLimit, IgnoresAddressHeadersOfClients) {
  const ServerProcess server({.settings = {{"limits.per_address_rate", kHardlyEver},
                                           {"limits.per_address_burst", kBurst}}});
  ApiClient client = server.Https();
  int number = 0;
  const std::size_t answered = CallUntilRefused([&] {
    const std::string address = "10.0.0." + std::to_string(++number);
    return client.Send({.target = "/weapp/double_room/get_room_list",
                        .body = R"({"index":0,"cnt":1})",
                        .headers = {{"X-Forwarded-For", address},
                                    {"X-Real-IP", address},
                                    {"Forwarded", "for=" + address},
                                    {"REMOTE_ADDR", address}}});
  });
  EXPECT_LT(answered, 2 * kBurst);
}

TEST(UserLimit, CountsEachClaimedUserSeparately) {
  const ServerProcess server({.settings = {{"limits.per_address_rate", kOff},
                                           {"limits.per_user_rate", kHardlyEver},
                                           {"limits.per_user_burst", kBurst}}});
  ApiClient client = server.Https();
  ASSERT_EQ(client.Call("live_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
  const auto add = [&](const std::string& user) {
    return client.Call("live_room", "add_pusher", PusherBody("r1", user));
  };
  EXPECT_GE(CallUntilRefused([&] { return add("u2"); }), kBurst);
  EXPECT_EQ(add("u3").code(), kOk) << "limits of users are independent";
  EXPECT_EQ(client.Call("live_room", "pusher_heartbeat", MemberBody("r1", "u2")).code(), kOk);
  EXPECT_EQ(client.Call("live_room", "delete_pusher", MemberBody("r1", "u2")).code(), kOk);
}

TEST(TicketLimit, LimitsGeneratedIdsPerAddressOverAllCalls) {
  constexpr int kAtOnce = 100;
  const ServerProcess server({.settings = {{"limits.signing_rate", "1/h"},
                                           {"im.sdk_app_id", 1'400'000'001},
                                           {"im.secret_key", "key-of-tickets"}}});
  ApiClient client = server.Https();
  const std::vector<std::function<ApiReply()>> calls = {
      [&] { return client.Call("live_room", "get_im_login_info", {{"userIDPrefix", "x"}}); },
      [&] { return client.Get("/weapp/utils/get_login_info"); },
      [&] { return client.Call("webrtc_room", "get_login_info", nlohmann::json::object()); },
  };
  for (int i = 0; i < kAtOnce; ++i) {
    const ApiReply reply = calls.at(static_cast<std::size_t>(i) % calls.size())();
    ASSERT_EQ(reply.code(), kOk) << i << reply;
    EXPECT_EQ(reply.headers.at("cache-control"), "no-store");
    EXPECT_EQ(reply.headers.at("x-content-type-options"), "nosniff");
  }
  for (const auto& call : calls) {
    const ApiReply reply = call();
    ExpectTooOften(reply);
    EXPECT_EQ(reply.headers.at("cache-control"), "no-store");
    EXPECT_EQ(reply.headers.at("x-content-type-options"), "nosniff");
  }
  EXPECT_EQ(List(client).code(), kOk) << "other calls are served";
  EXPECT_THAT(server.Admin().Get("/metrics").text,
              testing::HasSubstr("rtcroomd_refusals_total{cause=\"signing_rate\"} 3"));
}

TEST(PusherPace, DelaysFrequentCallsWithoutRefusingThem) {
  constexpr int kRequests = 40;
  constexpr std::chrono::milliseconds kAtLeast{500};  // 40 requests, 20 a second, some at once
  const ServerProcess server({.settings = {{"limits.pushers_rate", "20/s"}}});
  ApiClient client = server.Https();
  ASSERT_EQ(client.Call("live_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
  const auto start = std::chrono::steady_clock::now();
  RawClient eager(server.AddressOf("http"));
  for (int i = 0; i < kRequests; ++i) {
    eager.Send(RawPost("/weapp/live_room/get_pushers", RoomBody("r1").dump()));
  }
  // While its connection waits, no other is delayed.
  EXPECT_EQ(client.Call("live_room", "pusher_heartbeat", MemberBody("r1", "u1")).code(), kOk);
  EXPECT_EQ(PushersOf(client, "live_room", "r1").size(), 1U);
  for (int i = 0; i < kRequests; ++i) ASSERT_EQ(eager.Receive().code(), kOk) << i;
  EXPECT_GT(std::chrono::steady_clock::now() - start, kAtLeast);
}

}  // namespace
}  // namespace rtcroom
