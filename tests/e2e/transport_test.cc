// Both listeners of the room API: one state, connections that are kept, and origins (protocol 0.2).
#include <string>

#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

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

TEST(AllowedOrigins, AreEchoedUnlikeOtherOrigins) {
  const ServerProcess server({.settings = {{"server.cors_origins", {"https://web.example"}}}});
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
