// `channel.join = members`: who leaves a room loses its group, by polls and by sockets.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_page.h"
#include "tests/e2e/channel_server.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/web_socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class ChannelMembers : public testing::Test {
 protected:
  ChannelMembers() {
    EXPECT_EQ(Call("create_room", CreateBody("host", "r1")), kOk);
    EXPECT_EQ(Call("add_pusher", PusherBody("r1", "alice")), kOk);
    EXPECT_NE(host_.Join("r1"), "");
  }
  int Call(const char* endpoint, const json& body) {
    return server_.process().Https().Call("multi_room", endpoint, body).code();
  }

  ChannelServer server_{"5s", {{"channel.join", "members"}, {"room.heartbeat_timeout", "1h"}}};
  ChannelCaller host_ = server_.Caller("host");
};

TEST_F(ChannelMembers, ThatLeaveLoseTheRoomOnAnOpenSocket) {
  WebSocketClient alice(server_.process());
  alice.Ask("connect", TicketLogin("alice"));
  ASSERT_EQ(RefusalOf(alice.Ask("subscribe", RoomOf("r1"))), 0);
  ASSERT_EQ(Call("delete_pusher", MemberBody("r1", "alice")), kOk);
  json send = RoomOf("r1");
  send.update({{"type", "text"}, {"body", "from outside"}});
  EXPECT_EQ(RefusalOf(alice.Ask("send", send)), kNotInGroup) << "at once";
  ASSERT_EQ(host_.SendText("r1", "without alice"), 0);
  EXPECT_EQ(alice.NextPush(),
            json::parse(R"({"kicked": {"reason": "left", "kind": "multi", "roomID": "r1"}})"));
  EXPECT_EQ(RefusalOf(alice.Ask("history", RoomOf("r1"))), kNotInGroup);
  EXPECT_FALSE(alice.has_push());
}

TEST_F(ChannelMembers, ThatAreKickedDoNotReturnWithAnOldKey) {
  ChannelCaller alice = server_.Caller("alice");
  const std::string key = alice.Join("r1");
  const auto before = alice.PollRoom(key);
  ASSERT_EQ(server_.Operate({"kick", "multi", "r1", "alice"}), 0);
  EXPECT_EQ(alice.SendText("r1", "from outside"), kNotInGroup);
  ASSERT_EQ(host_.SendText("r1", "without alice"), 0);
  EXPECT_THAT(before->Reply().text, Not(HasSubstr("without alice")));
  server_.KillAndStart();
  ASSERT_EQ(Call("add_pusher", PusherBody("r1", "alice")), kOk) << "another stay";
  const auto after = alice.PollRoom(key, 1);
  ASSERT_NE(host_.Join("r1"), "");
  ASSERT_EQ(host_.SendText("r1", "still without alice"), 0);
  EXPECT_THAT(after->Reply().text, Not(HasSubstr("without alice")));
}

}  // namespace
}  // namespace rtcroom
