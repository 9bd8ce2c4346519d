// `channel.direct = shared`: direct messages go to contacts only, by polls and by sockets.
#include <string>

#include <gtest/gtest.h>

#include "tests/e2e/channel_page.h"
#include "tests/e2e/channel_server.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/web_socket_client.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr int kNoContact = 20009;

class ChannelContacts : public testing::Test {
 protected:
  ChannelContacts() {
    EXPECT_EQ(api_.Call("multi_room", "create_room", CreateBody("host", "r1")).code(), kOk);
  }
  static json Room() { return {{"kind", "multi"}, {"roomID", "r1"}}; }
  /// The ErrorCode.
  static int SendDirect(WebSocketClient& from, const std::string& to) {
    const json reply = from.Ask("send", {{"to", to}, {"type", "text"}, {"body", "x"}});
    return reply.contains("error") ? reply["error"]["code"].get<int>() : 0;
  }

  ChannelServer server_{"5s", {{"channel.direct", "shared"}}};
  ApiClient api_ = server_.process().Https();
};

TEST_F(ChannelContacts, AreThoseOfOneGroupAndThePushersOfRooms) {
  ChannelCaller alice = server_.Caller("alice");
  ChannelCaller bob = server_.Caller("bob");
  EXPECT_EQ(alice.SendDirect("bob", "{}"), kNoContact);
  EXPECT_EQ(alice.SendDirect("absent", "{}"), kNoContact);
  EXPECT_TRUE(Eventually([&] { return alice.SendDirect("host", "{}") == 0; })) << "a pusher";
  alice.Join("r1");
  bob.Join("r1");
  EXPECT_EQ(alice.SendDirect("bob", "{}"), 0);
  EXPECT_EQ(bob.Quit("r1"), 0);
  EXPECT_EQ(alice.SendDirect("bob", "{}"), 0) << "the one that has left answers for a while";
}

TEST_F(ChannelContacts, OfSocketsAreThoseThatHaveSubscribed) {
  WebSocketClient alice(server_.process());
  alice.Ask("connect", TicketLogin("alice"));
  WebSocketClient bob(server_.process());
  bob.Ask("connect", TicketLogin("bob"));
  ChannelCaller cat = server_.Caller("cat");
  alice.Ask("subscribe", Room());
  EXPECT_EQ(SendDirect(alice, "bob"), kNoContact);
  EXPECT_EQ(SendDirect(alice, "cat"), kNoContact);
  bob.Ask("subscribe", Room());
  cat.Join("r1");
  EXPECT_EQ(SendDirect(alice, "bob"), 0);
  EXPECT_EQ(SendDirect(alice, "cat"), 0);
  EXPECT_EQ(cat.SendDirect("bob", "{}"), 0);
}

TEST_F(ChannelContacts, OutliveAKillOfTheServer) {
  ChannelCaller alice = server_.Caller("alice");
  server_.KillAndStart();
  alice = ChannelCaller(server_.connect(), "alice", alice.proof());
  EXPECT_EQ(alice.SendDirect("host", "{}"), 0) << "its room is read at the start";
}

}  // namespace
}  // namespace rtcroom
