// The generations in the message channel: whose tickets reach the rooms of which.
#include <string>

#include <gtest/gtest.h>

#include "tests/e2e/channel_server.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/web_socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;

class ChannelInterop : public testing::Test {
 protected:
  ChannelInterop() {
    EXPECT_EQ(api_.Call("multi_room", "create_room", CreateBody("host", "gen1")).code(), kOk);
    Gen2Client owner = LoggedIn(server_.process(), "owner", "multi_room");
    EXPECT_EQ(owner.Call("add_pusher", PusherBody("gen2", "owner")).code(), kOk);
  }
  static int CodeOfJoin(ChannelCaller& caller, const std::string& group) {
    return caller.CodeOf(std::string(kGroups) + "apply_join_group", {{"GroupId", group}});
  }
  static json Room(const char* id) { return {{"kind", "multi"}, {"roomID", id}}; }

  ChannelServer server_{"5s"};
  ApiClient api_ = server_.process().Https();
};

TEST_F(ChannelInterop, AnAnonymousTicketReachesRoomsOfGen1Only) {
  const ApiReply info = api_.Call("multi_room", "get_im_login_info", {{"userIDPrefix", "pc"}});
  const ChannelUser user{.account = info.Text("userID"), .ticket = info.Text("userSig")};
  ChannelCaller anyone(server_.connect(), user);
  ASSERT_EQ(ErrorCodeOf(anyone.LogIn().json), 0);
  EXPECT_EQ(CodeOfJoin(anyone, "gen1"), 0);
  EXPECT_EQ(anyone.SendText("gen1", "hello"), 0);
  EXPECT_EQ(CodeOfJoin(anyone, "gen2"), kNoSuchGroup);
  EXPECT_EQ(anyone.SendText("gen2", "hello"), kNotInGroup);
  server_.KillAndStart();
  anyone = ChannelCaller(server_.connect(), user.account, anyone.proof());
  EXPECT_EQ(CodeOfJoin(anyone, "gen2"), kNoSuchGroup) << "its a2 says so";
  EXPECT_EQ(CodeOfJoin(anyone, "gen1"), 0);

  WebSocketClient socket(server_.process());
  socket.Ask("connect", {{"userID", user.account}, {"userSig", *user.ticket}});
  EXPECT_EQ(socket.Ask("subscribe", Room("gen1"))["room"]["roomID"], "gen1");
  EXPECT_EQ(socket.Ask("subscribe", Room("gen2"))["error"]["code"], kNoSuchGroup);
  ApiClient api = server_.process().Https();
  EXPECT_EQ(LogIn(api, {.user_id = user.account, .user_sig = *user.ticket}).code(), kNotAuthorized)
      << "its token would reach them";
}

TEST_F(ChannelInterop, TicketsOfGen2ReachRoomsOfBothGenerations) {
  ChannelCaller user = ChannelCaller::ChosenBy(server_.process());
  ChannelCaller of_app = server_.Caller("alice");  // signed by the app's own back end
  for (ChannelCaller* const caller : {&user, &of_app}) {
    for (const char* const room : {"gen1", "gen2"}) {
      EXPECT_EQ(CodeOfJoin(*caller, room), 0) << room;
      EXPECT_EQ(caller->SendText(room, "hello"), 0) << room;
    }
  }
}

}  // namespace
}  // namespace rtcroom
