// The rooms that a login without proof of its identity reaches: those of gen-1. Others behave as
// absent.
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;

// Of equal length, so that only the replies can differ.
constexpr const char* kOpen = "gen1_1";
constexpr const char* kHidden = "gen2_1";
constexpr const char* kWebrtc = "webrtc";
constexpr const char* kAbsent = "absent";

class AnonymousLogins : public testing::Test {
 protected:
  AnonymousLogins() {
    server_.MakeRoom(RoomKind::kMulti, kOpen);
    server_.MakeRoom(RoomKind::kMulti, kHidden, Dialect::kGen2);
    server_.MakeRoom(RoomKind::kWebrtc, kWebrtc, Dialect::kGen2);
  }

  std::string Reply(const ChannelFixture::Client& client, const std::string& command, json body) {
    return server_.Post(client, "group_open_http_svc/" + command, body.dump()).body;
  }
  static json Room(const char* id) { return {{"kind", "multi"}, {"roomID", id}}; }
  static json Connect(const std::string& account) {
    return {{"userID", account}, {"userSig", ChannelFixture::AnonymousSigOf(account)}};
  }

  ChannelFixture server_;
};

TEST_F(AnonymousLogins, OfOldClientsReachRoomsOfGen1Only) {
  const auto amy = server_.LogInWith("amy", ChannelFixture::AnonymousSigOf("amy"));
  EXPECT_FALSE(server_.Join(amy, kOpen).empty());
  EXPECT_EQ(server_.SendText(amy, kOpen, "x", 1)["ErrorCode"], 0);
  for (const char* const hidden : {kHidden, kWebrtc}) {
    const auto group = [](const char* id) { return json{{"GroupId", id}}; };
    EXPECT_EQ(server_.Call(amy, "group_open_http_svc/apply_join_group", group(hidden))["ErrorCode"],
              10010);
    for (const char* const command :
         {"apply_join_group", "create_group", "group_msg_get", "get_group_member_info"}) {
      EXPECT_EQ(Reply(amy, command, group(hidden)), Reply(amy, command, group(kAbsent))) << command;
    }
    const auto roles = [&](const char* id) {
      const json accounts = json::array({"creator"});
      return Reply(amy, "get_role_in_group", {{"GroupId", id}, {"User_Account", accounts}});
    };
    EXPECT_EQ(roles(hidden), roles(kAbsent));
    const json info = server_.Call(amy, "group_open_http_svc/get_group_info",
                                   {{"GroupIdList", json::array({hidden, kAbsent})}})["GroupInfo"];
    EXPECT_EQ(info[0]["ErrorCode"], 10010);
    EXPECT_EQ(info[0].size(), info[1].size());
    EXPECT_EQ(server_.SendText(amy, hidden, "x", 2)["ErrorCode"], 10007);
  }
}

TEST_F(AnonymousLogins, OfSocketsReachRoomsOfGen1Only) {
  SocketClient amy(server_);
  ASSERT_EQ(amy.Ask("connect", Connect("amy"))["userID"], "amy");
  EXPECT_EQ(amy.Ask("subscribe", Room(kOpen))["room"]["roomID"], kOpen);
  for (const char* const verb : {"subscribe", "history", "members", "presence"}) {
    const json absent = amy.Ask(verb, Room(kAbsent));
    EXPECT_EQ(absent["error"]["code"], 10010) << verb;
    EXPECT_EQ(amy.Ask(verb, Room(kHidden)), absent) << verb;
  }
}

TEST_F(AnonymousLogins, OfPollsReachRoomsOfGen1Only) {
  const json history = {{"id", 1}, {"history", Room(kHidden)}};
  const json body = {{"connect", Connect("amy")},
                     {"cursors", json::array({Room(kOpen), Room(kHidden)})},
                     {"requests", json::array({history})}};
  auto sink = std::make_shared<RecordedReply>();  // shared with the router
  Handle(server_.router, ChannelFixture::RequestOf("/channel/poll", "", body.dump()), sink);
  ASSERT_TRUE(sink->reply());
  const json reply = json::parse(sink->reply()->body);
  EXPECT_EQ(reply["rooms"][0]["room"]["roomID"], kOpen);
  EXPECT_EQ(reply["rooms"][1]["error"]["code"], 10010);
  EXPECT_EQ(reply["replies"][0]["error"]["code"], 10010);
}

TEST_F(AnonymousLogins, OthersReachRoomsOfBothGenerations) {
  const auto bob = server_.LogIn("bob");
  for (const char* const room : {kOpen, kHidden, kWebrtc}) {
    EXPECT_FALSE(server_.Join(bob, room).empty()) << room;
  }
}

}  // namespace
}  // namespace rtcroom
