// Histories, conversations, members and presence for new clients.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/in_parallel.h"
#include "tests/support/socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Verbs : public testing::Test {
 protected:
  Verbs() {
    server_.MakeRoom(RoomKind::kMulti, "room_1");
    alice_->Ask("subscribe", Room());
  }

  static json Room(const json& more = json::object()) {
    json room = {{"kind", "multi"}, {"roomID", "room_1"}};
    room.update(more);
    return room;
  }
  json Send(const json& body) {
    server_.clock.Advance(200ms);
    return alice_->Ask("send", body);
  }
  void Say(const std::string& text) {
    EXPECT_TRUE(Send(Room({{"type", "text"}, {"body", text}})).contains("seq"));
  }
  static std::vector<std::string> BodiesIn(const json& reply) {
    std::vector<std::string> bodies;
    for (const json& message : reply["messages"]) bodies.push_back(message["body"]);
    return bodies;
  }

  ChannelFixture server_;
  const std::unique_ptr<SocketClient> alice_ = SocketClient::LoggedIn(server_, "alice");
};

TEST_F(Verbs, TheHistoryOfARoomIsReadBothWays) {
  for (const char* const text : {"1", "2", "3", "4", "5"}) Say(text);
  const auto history = [&](const json& more) { return alice_->Ask("history", Room(more)); };
  EXPECT_THAT(BodiesIn(history(json::object())), ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_EQ(history(json::object())["complete"], true);
  const json newest = history({{"limit", 2}});
  EXPECT_THAT(BodiesIn(newest), ElementsAre("4", "5"));
  EXPECT_EQ(newest["complete"], false);
  EXPECT_EQ(newest["messages"][0]["seq"], 4);
  EXPECT_THAT(BodiesIn(history({{"before", 4}, {"limit", 2}})), ElementsAre("2", "3"));
  const json first = history({{"before", 3}, {"limit", 2}});
  EXPECT_THAT(BodiesIn(first), ElementsAre("1", "2"));
  EXPECT_EQ(first["complete"], true);
  EXPECT_THAT(BodiesIn(history({{"before", 1}})), IsEmpty());
  const json after = history({{"after", 2}, {"limit", 2}});
  EXPECT_THAT(BodiesIn(after), ElementsAre("3", "4"));
  EXPECT_EQ(after["complete"], false);
  EXPECT_EQ(history({{"after", 3}})["complete"], true);
  EXPECT_THAT(BodiesIn(history({{"after", 5}})), IsEmpty());
  EXPECT_EQ(history({{"after", 1}, {"before", 3}})["error"]["code"], 10004);
  EXPECT_EQ(history({{"before", "x"}})["error"]["code"], 60003);
}

TEST_F(Verbs, AHistoryOfLongMessagesIsCutAtItsFarEnd) {
  for (int i = 0; i < 10; ++i) Say(std::to_string(i) + std::string(7999, 'x'));
  const json newest = alice_->Ask("history", Room());
  EXPECT_THAT(newest["messages"], SizeIs(8));
  EXPECT_EQ(newest["messages"][7]["seq"], 10);
  EXPECT_EQ(newest["complete"], false);
  const json oldest = alice_->Ask("history", Room({{"after", 0}}));
  EXPECT_EQ(oldest["messages"][0]["seq"], 1);
  EXPECT_EQ(oldest["complete"], false);
}

TEST_F(Verbs, TheHistoryWithAPeerIsReadBackwards) {
  for (const char* const text : {"1", "2", "3"}) {
    Send({{"to", "bob"}, {"type", "text"}, {"body", text}});
  }
  const json newest = alice_->Ask("history", {{"peer", "bob"}, {"limit", 2}});
  EXPECT_THAT(BodiesIn(newest), ElementsAre("2", "3"));
  EXPECT_EQ(newest["complete"], false);
  const json older =
      alice_->Ask("history", {{"peer", "bob"}, {"before", newest["messages"][0]["position"]}});
  EXPECT_THAT(BodiesIn(older), ElementsAre("1"));
  EXPECT_EQ(older["complete"], true);
  EXPECT_EQ(alice_->Ask("history", {{"peer", "bob"}, {"after", 1}})["error"]["code"], 10004);
}

TEST_F(Verbs, TheHistoryWithAPeerHasAsManyAsFit) {
  for (int i = 0; i < 10; ++i) {
    Send({{"to", "bob"}, {"type", "text"}, {"body", std::string(7900, 'x')}});
  }
  const json longest = alice_->Ask("history", {{"peer", "bob"}});
  EXPECT_THAT(longest["messages"], SizeIs(8));
  EXPECT_EQ(longest["complete"], false);
  const json rest =
      alice_->Ask("history", {{"peer", "bob"}, {"before", longest["messages"][0]["position"]}});
  EXPECT_THAT(rest["messages"], SizeIs(2));
  EXPECT_EQ(rest["complete"], true);
}

TEST_F(Verbs, ConversationsAreThoseWithUsersAndSubscribedRooms) {
  Send({{"to", "bob"}, {"type", "text"}, {"body", "to bob"}});
  const auto carol = SocketClient::LoggedIn(server_, "carol");
  carol->Ask("send", {{"to", "alice"}, {"type", "text"}, {"body", "from carol"}});
  Say("in the room");
  const json reply = alice_->Ask("conversations");
  ASSERT_THAT(reply["conversations"], SizeIs(3));
  EXPECT_EQ(reply["conversations"][0]["roomID"], "room_1");
  EXPECT_EQ(reply["conversations"][0]["message"]["body"], "in the room");
  EXPECT_EQ(reply["conversations"][1]["peer"], "carol");
  EXPECT_EQ(reply["conversations"][1]["unread"], 1);
  EXPECT_EQ(reply["conversations"][2]["peer"], "bob");
  EXPECT_EQ(reply["conversations"][2]["unread"], 0);
  EXPECT_THAT(alice_->Ask("conversations", {{"limit", 1}})["conversations"], SizeIs(1));
}

TEST_F(Verbs, MembersAreTheSnapshot) {
  const json members = alice_->Ask("members", Room());
  EXPECT_EQ(members, alice_->Ask("subscribe", Room())["room"]);
}

TEST_F(Verbs, PresenceCountsOldAndNewClients) {
  const auto bob = SocketClient::LoggedIn(server_, "bob");
  bob->Ask("subscribe", Room());
  server_.Join(server_.LogIn("old"), "room_1");
  const json presence = alice_->Ask("presence", Room());
  EXPECT_EQ(presence["users"], json::parse(R"(["alice", "bob", "old"])"));
  EXPECT_EQ(presence["count"], 3);
}

TEST_F(Verbs, AMessageThatIsRepeatedAtOnceIsStoredOnce) {
  constexpr int kCallers = 8;
  constexpr std::uint64_t kRounds = 50;
  const RoomKey key = MakeKey(RoomKind::kMulti, "room_1");
  const std::uint64_t number = server_.store.rooms().Load(key)->sequence;
  for (std::uint64_t round = 1; round <= kRounds; ++round) {
    server_.clock.Advance(1s);  // enough for all of them
    std::vector<std::uint64_t> seqs(kCallers);
    InParallel(kCallers, [&](int caller) {
      const auto sent = server_.channel.messages().SendToRoom(
          {"alice"}, key, number,
          {.content = {.client_random = round, .body = "hello", .type = MessageType::kText}});
      seqs[static_cast<std::size_t>(caller)] = sent ? sent->seq : 0;
    });
    EXPECT_THAT(seqs, Each(round));
  }
}

TEST_F(Verbs, ASendIsChecked) {
  const auto code = [&](const json& body) { return Send(body)["error"]["code"]; };
  EXPECT_EQ(code(Room({{"type", "none"}, {"body", "x"}})), 10004);
  EXPECT_EQ(code(Room({{"body", "x"}})), 10004);
  EXPECT_EQ(code(Room({{"type", "text"}})), 10004);
  EXPECT_EQ(code(Room({{"type", "text"}, {"body", "x"}, {"cmd", "c"}})), 10004);
  EXPECT_EQ(code(Room({{"type", "text"}, {"body", 7}, {"key", std::string(65, 'k')}})), 10004);
  EXPECT_EQ(code(Room({{"type", "text"}, {"body", std::string(8001, 'x')}})), 80002);
  EXPECT_EQ(code(Room({{"type", "text"}, {"body", std::string(8000, '"')}})), 80002);
  EXPECT_EQ(code(Room({{"type", "text"}, {"body", "x"}, {"nick", std::string(129, 'n')}})), 10004);
  EXPECT_EQ(code({{"to", "a b"}, {"type", "text"}, {"body", "x"}}), 10004);
}

TEST_F(Verbs, RoomsAndUsersHaveARate) {
  for (int i = 0; i < 35; ++i) {
    EXPECT_TRUE(alice_->Ask("send", Room({{"type", "text"}, {"body", "x"}})).contains("seq"));
  }
  const auto bob = SocketClient::LoggedIn(server_, "bob");
  bob->Ask("subscribe", Room());
  json last;
  for (int i = 0; i < 6; ++i) last = bob->Ask("send", Room({{"type", "text"}, {"body", "x"}}));
  EXPECT_EQ(last["error"]["code"], 10002) << "the room's, without any old client in it";
}

TEST_F(Verbs, UsersOfOneAddressShareTheLog) {
  ChannelFixture server(ChannelOptions{.log = {.messages = 32}});
  server.MakeRoom(RoomKind::kMulti, "room_1");
  int taken = 0;
  for (const char* const account : {"ann", "bob", "cat", "dan", "eve", "fay"}) {
    const auto client = SocketClient::LoggedIn(server, account);
    client->Ask("subscribe", Room());
    json send = taken % 2 == 0 ? Room() : json({{"to", "zoe"}});
    send.update({{"type", "text"}, {"body", "x"}});
    if (client->Ask("send", send).contains("time")) ++taken;
  }
  EXPECT_EQ(taken, 4) << "an eighth of 32";
}

TEST_F(Verbs, AnOldClientInALiveRoomGetsOnlyWhatItCanRead) {
  server_.MakeRoom(RoomKind::kLive, "live_1", Dialect::kGen2);
  server_.Join(server_.LogIn("old"), "live_1");
  EXPECT_EQ(Send({{"to", "old"}, {"type", "text"}, {"body", "hello"}})["error"]["code"], 80001);
  EXPECT_TRUE(
      Send({{"to", "old"}, {"type", "custom"}, {"body", R"({"cmd":"x"})"}}).contains("time"));
}

}  // namespace
}  // namespace rtcroom
