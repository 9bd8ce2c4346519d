// Viewers that vanish, and those of whom the server has a sign, over TLS.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/web_socket_client.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::UnorderedElementsAre;

TEST(ViewerLease, EndsForWhoVanishesAndNotForWhoHasASocket) {
  ServerProcess server({.settings = WithLogins({{"channel.enabled", true},
                                                {"room.heartbeat_timeout", "1h"},
                                                {"room.sweep_period", "500ms"},
                                                {"room.audience_timeout", "3s"}})});
  Gen2Client host = LoggedIn(server, "host", "live_room");
  Gen2Client amy = LoggedIn(server, "amy", "live_room");
  Gen2Client bob = LoggedIn(server, "bob", "live_room");
  ASSERT_EQ(host.Call("add_pusher", PusherBody("r1", "host")).code(), kOk);
  WebSocketClient socket(server);
  ASSERT_EQ(socket.Ask("connect", {{"userID", "amy"}, {"token", amy.token()}})["userID"], "amy");
  ASSERT_EQ(amy.Call("add_audience", AudienceBody("r1", "amy")).code(), kOk);
  ASSERT_TRUE(socket.Ask("subscribe", {{"kind", "live"}, {"roomID", "r1"}}).contains("room"));
  ASSERT_EQ(bob.Call("add_audience", AudienceBody("r1", "bob")).code(), kOk);
  EXPECT_EQ(socket.NextPush()["event"]["audience_added"]["userID"], "bob");

  for (int times = 0; times < 2; ++times) {
    const json left = socket.NextPush()["event"]["audience_deleted"];
    EXPECT_EQ(left, json({{"userID", "bob"}, {"reason", "heartbeat_timeout"}}));
    EXPECT_THAT(AudiencesOf(host, "r1"), UnorderedElementsAre("amy"));
    // Back from the background, an unmodified client asks for the pushers.
    ASSERT_EQ(bob.Call("get_pushers", RoomBody("r1")).code(), kOk);
    EXPECT_EQ(socket.NextPush()["event"]["audience_added"]["userID"], "bob");
  }
  // She stays for as long as this test takes, and bob for a few seconds.
  EXPECT_EQ(amy.Call("audience_heartbeat", MemberBody("r1", "amy")).code(), kOk);
  EXPECT_EQ(host.Call("audience_heartbeat", MemberBody("r1", "host")).code(), kNoSuchMember);
}

}  // namespace
}  // namespace rtcroom
