// U+2028 and U+2029 reach clients as escapes: WeChat on iPhones takes them for ends of lines in
// what it has not parsed yet.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_server.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/web_socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kLines = "a\u2028b\u2029c";

/// @param wire  as it was received.
void ExpectEscaped(const std::string& wire) {
  EXPECT_THAT(wire, AllOf(HasSubstr(R"(a\u2028b\u2029c)"), Not(HasSubstr("\u2028")),
                          Not(HasSubstr("\u2029"))));
}

TEST(LineSeparators, AreEscapedInEveryReplyAndPush) {
  const ChannelServer server("45s");
  Gen2Client host = LoggedIn(server.process(), "host", "live_room");
  json room = PusherBody("r1", "host");
  room["userName"] = kLines;
  room["roomInfo"] = kLines;
  ASSERT_EQ(host.Call("add_pusher", room).code(), kOk);
  ASSERT_EQ(host.Call("set_custom_field", SetBody("r1", "title", kLines)).code(), kOk);
  ExpectEscaped(host.Call("get_room_list", ListBody()).text);
  ExpectEscaped(host.Call("get_pushers", RoomBody("r1")).text);
  ExpectEscaped(host.Call("get_custom_info", RoomBody("r1")).text);

  const json key = {{"kind", "live"}, {"roomID", "r1"}};
  WebSocketClient socket(server.process());
  socket.Ask("connect", {{"userID", "bob"}, {"userSig", MakeTicket("bob")}});
  socket.Ask("subscribe", key);
  ExpectEscaped(socket.TakeText());
  const json poll = {{"connect", {{"userID", "carol"}, {"userSig", MakeTicket("carol")}}},
                     {"cursors", json::array({key})}};
  ExpectEscaped(server.connect()().Send({.target = "/channel/poll", .body = poll.dump()}).text);

  ChannelCaller alice = server.Caller("alice");
  ASSERT_EQ(server.Caller("dave").SendDirect("alice", kLines), 0);
  ExpectEscaped(alice.PollAccount()->Reply().text);
  const std::string poll_key = alice.Join("r1");
  ASSERT_EQ(alice.SendText("r1", kLines), 0);
  EXPECT_EQ(socket.NextPush()["event"]["message"]["seq"], 1);
  ExpectEscaped(socket.TakeText());
  ASSERT_EQ(host.Call("set_custom_field", SetBody("r1", "note", kLines)).code(), kOk);
  EXPECT_THAT(socket.NextPush()["event"].dump(), HasSubstr("note"));
  ExpectEscaped(socket.TakeText());
  ExpectEscaped(alice.PollRoom(poll_key)->Reply().text);
}

}  // namespace
}  // namespace rtcroom
