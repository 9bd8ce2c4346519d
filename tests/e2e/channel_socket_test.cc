// New clients of the message channel over TLS: pushes, cursors over restarts, drains, polls.
#include <memory>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/utils_calls.h"
#include "tests/e2e/web_socket_client.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ChannelSocketTest : public testing::Test {
 protected:
  ChannelSocketTest() {
    EXPECT_EQ(api_.Call("multi_room", "create_room", CreateBody("host", "room_1")).code(), kOk);
  }

  /// The fields of `connect`, of a new user.
  json NewUser() {
    const ApiReply info = Get(api_, "get_login_info");
    return {{"userID", info.Text("userID")},
            {"sdkAppID", info.json.value("sdkAppID", 0)},
            {"userSig", info.Text("userSig")}};
  }
  std::unique_ptr<WebSocketClient> Connected(const json& user) {
    auto client = std::make_unique<WebSocketClient>(server_);
    EXPECT_EQ(client->Ask("connect", user)["userID"], user["userID"]);
    return client;
  }
  static json Room(const json& more = json::object()) {
    json room = {{"kind", "multi"}, {"roomID", "room_1"}};
    room.update(more);
    return room;
  }
  void Add(const std::string& user) {
    EXPECT_EQ(api_.Call("multi_room", "add_pusher", PusherBody("room_1", user)).code(), kOk);
  }
  json Poll(ApiClient& api, const json& body) {
    return api.Send({.target = "/channel/poll", .body = body.dump()}).json;
  }

  ServerProcess server_{
      {.settings = {
           {"channel.enabled", true}, {"room.max_pushers_multi", 8}, {"auth.interop", "shared"}}}};
  ApiClient api_ = server_.Https();
};

TEST_F(ChannelSocketTest, PushesMembersAndMessages) {
  const auto alice = Connected(NewUser());
  const json user = NewUser();
  const auto bob = Connected(user);
  EXPECT_THAT(alice->head(), StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(alice->head(), HasSubstr("Sec-WebSocket-Protocol: rtcroomd.v1\r\n"));
  EXPECT_EQ(alice->Ask("subscribe", Room())["room"]["pushers"].size(), 1U);
  bob->Ask("subscribe", Room());
  Add("guest");
  EXPECT_EQ(alice->NextPush()["event"]["pusher_added"]["userID"], "guest");
  EXPECT_EQ(bob->Ask("send", Room({{"type", "text"}, {"body", "hello"}}))["seq"], 1);
  const json message = alice->NextPush()["event"]["message"];
  EXPECT_EQ(message["body"], "hello");
  EXPECT_EQ(message["from"], user["userID"]);
  alice->Ask("send", {{"to", user["userID"]}, {"type", "text"}, {"body", "to you"}});
  EXPECT_EQ(bob->NextPush()["event"]["pusher_added"]["userID"], "guest");
  EXPECT_EQ(bob->NextPush()["event"]["message"]["seq"], 1);
  EXPECT_EQ(bob->NextPush()["direct"]["body"], "to you");
  EXPECT_EQ(api_.Call("multi_room", "destroy_room", MemberBody("room_1", "host")).code(), kOk);
  json last;
  for (json push = alice->NextPush(); !push.is_null(); push = alice->NextPush()) {
    last = push["event"];
    if (last.contains("room_destroyed")) break;
  }
  EXPECT_EQ(last["room_destroyed"]["reason"], "destroyed");
}

TEST_F(ChannelSocketTest, CursorsContinueAfterAKill) {
  const json user = NewUser();
  auto alice = Connected(user);
  const json cursor = alice->Ask("subscribe", Room())["cursor"];
  Add("guest");
  alice->Ask("send", Room({{"type", "text"}, {"body", "one"}}));
  alice->Ask("send", {{"to", user["userID"]}, {"type", "text"}, {"body", "to me"}});
  server_.Kill9();
  server_.Start();
  api_ = server_.Https();
  alice = Connected(user);
  EXPECT_EQ(alice->NextPush()["direct"]["body"], "to me");
  const json reply = alice->Ask("subscribe", Room({{"cursor", cursor}}));
  EXPECT_EQ(reply["recovered"], true) << reply;
  ASSERT_EQ(reply["events"].size(), 2U);
  EXPECT_EQ(reply["events"][0]["pusher_added"]["userID"], "guest");
  EXPECT_EQ(reply["events"][1]["message"]["body"], "one");
}

TEST_F(ChannelSocketTest, AStopDrains) {
  const auto alice = Connected(NewUser());
  alice->Ask("subscribe", Room());
  ApiClient poller = server_.Https();
  const json user = NewUser();
  json polled;
  const json cursor =
      Poll(poller, {{"connect", user}, {"cursors", json::array({Room()})}})["rooms"][0]["cursor"];
  std::jthread poll([&] {
    polled = Poll(
        poller,
        {{"connect", user}, {"wait", 45}, {"cursors", json::array({Room({{"cursor", cursor}})})}});
  });
  ASSERT_TRUE(Eventually([&] {
    return alice->Ask("presence", Room())["count"] == 2;  // the poll waits
  }));
  EXPECT_EQ(server_.Terminate(), 0);
  const json push = alice->NextPush();
  EXPECT_GE(push["drain"]["reconnect"], 500) << push;
  EXPECT_EQ(alice->ReceiveClose(), 1012);
  poll.join();
  EXPECT_EQ(polled["rooms"][0]["cursor"], cursor) << polled;
}

TEST_F(ChannelSocketTest, RemindsClientsWithASeatOfTheirHeartbeats) {
  json user = NewUser();
  user["beats"] = true;
  Add(user["userID"]);
  const auto alice = Connected(user);
  ApiClient poller = server_.Https();
  const json polled = Poll(poller, {{"connect", user}, {"wait", 45}});
  const json beat = {{"beat", json::object()}};
  EXPECT_EQ(polled["pushes"], json::array({beat})) << polled;
  EXPECT_EQ(alice->NextPush(), beat);
}

TEST_F(ChannelSocketTest, TellsOfListedRooms) {
  const auto alice = Connected(NewUser());
  EXPECT_EQ(alice->Ask("watch", {{"kind", "double"}}), json::object());
  EXPECT_EQ(api_.Call("double_room", "create_room", CreateBody("host", "room_2")).code(), kOk);
  const json made = alice->NextPush()["list"];
  EXPECT_EQ(made["kind"], "double") << made;
  EXPECT_EQ(made["changed"][0]["roomID"], "room_2") << made;
  EXPECT_EQ(made["changed"][0]["seats"], 1) << made;
  EXPECT_EQ(api_.Call("double_room", "destroy_room", MemberBody("room_2", "host")).code(), kOk);
  EXPECT_EQ(alice->NextPush()["list"]["ended"], json::array({"room_2"}));
}

TEST_F(ChannelSocketTest, CountsItsSocketsAndLogsNoSecrets) {
  const json user = NewUser();
  auto alice = Connected(user);
  alice->Ask("subscribe", Room());
  alice->Ask("send", Room({{"type", "text"}, {"body", "a confidential text"}}));
  EXPECT_EQ(alice->NextPush()["event"]["message"]["seq"], 1);
  ApiClient admin = server_.Admin();
  const std::string metrics = admin.Get("/metrics").text;
  EXPECT_THAT(metrics, HasSubstr("\nrtcroomd_channel_sockets 1\n"));
  EXPECT_THAT(metrics, HasSubstr("\nrtcroomd_channel_deliveries_total{path=\"socket\"} 1\n"));
  alice.reset();
  EXPECT_TRUE(Eventually([&] {
    return admin.Get("/metrics").text.find("\nrtcroomd_channel_sockets 0\n") != std::string::npos;
  }));
  const std::string log = server_.StopAndReadLog();
  EXPECT_THAT(log, HasSubstr("channel/subscribe"));
  EXPECT_THAT(log, Not(HasSubstr("confidential")));
  EXPECT_THAT(log, Not(HasSubstr(user["userSig"].get<std::string>())));
}

}  // namespace
}  // namespace rtcroom
