// The rooms of a socket: subscriptions, pushes, cursors, direct messages.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Pushes : public testing::Test {
 protected:
  Pushes() { server_.MakeRoom(RoomKind::kMulti, "room_1"); }

  static json Room(const std::string& id = "room_1") { return {{"kind", "multi"}, {"roomID", id}}; }
  static json RoomSince(const json& cursor) {
    json room = Room();
    room["cursor"] = cursor;
    return room;
  }
  std::unique_ptr<SocketClient> Subscribed(const std::string& user) {
    auto client = SocketClient::LoggedIn(server_, user);
    cursor_ = client->Ask("subscribe", Room())["cursor"];
    return client;
  }
  void Add(const std::string& user) {
    (void)server_.store.rooms().Update(Adding(key_, user, 100, server_.clock.Now()));
  }
  void Delete(const std::string& user) {
    (void)server_.store.rooms().Update(Deleting(key_, user, server_.clock.Now()));
  }
  json Say(SocketClient& client, const std::string& text) {
    json body = Room();
    body.update({{"type", "text"}, {"body", text}});
    return client.Ask("send", body);
  }
  /// "pusher_added alice", "message hello", ...
  static std::string SummaryOf(const json& event) {
    for (const auto& [name, value] : event.items()) {
      if (!value.is_object()) continue;
      return name + " " + value.value(name == "message" ? "body" : "userID", "");
    }
    return {};
  }
  static std::vector<std::string> SummaryOf(const std::vector<json>& pushes) {
    std::vector<std::string> texts;
    for (const json& push : pushes) texts.push_back(SummaryOf(push.value("event", json::object())));
    return texts;
  }
  static std::vector<std::string> SummariesOf(const json& reply) {
    std::vector<std::string> texts;
    for (const json& event : reply["events"]) texts.push_back(SummaryOf(event));
    return texts;
  }

  ChannelFixture server_;
  const RoomKey key_ = MakeKey(RoomKind::kMulti, "room_1");
  const json banned_{{"kicked", {{"reason", "banned"}, {"kind", "multi"}, {"roomID", "room_1"}}}};
  json cursor_;
};

TEST_F(Pushes, ASubscriptionBeginsWithASnapshot) {
  Add("bob");
  const auto client = SocketClient::LoggedIn(server_, "alice");
  const json reply = client->Ask("subscribe", Room());
  EXPECT_EQ(reply["epoch"], "00000000000000aa");
  EXPECT_EQ(reply["recovered"], false);
  EXPECT_FALSE(reply.contains("events"));
  EXPECT_EQ(reply["room"], json::parse(R"({
      "roomID": "room_1", "kind": "multi", "roomInfo": "info of room_1", "roomCreator": "creator",
      "pushers": [
        {"userID": "creator", "userName": "name of creator",
         "userAvatar": "https://avatars.example/creator",
         "accelerateURL": "rtmp://play.example/live/1_creator"},
        {"userID": "bob", "userName": "name of bob",
         "userAvatar": "https://avatars.example/bob",
         "accelerateURL": "rtmp://play.example/live/1_bob"}],
      "audienceCount": 0, "custom": {},
      "mixedPlayURL": "https://play.example/live/1_creator.flv"})"));
}

TEST_F(Pushes, MembersAreToldWithTheirProfile) {
  const auto client = Subscribed("alice");
  Add("bob");
  server_.Follow();
  const auto pushes = client->Pushes();
  ASSERT_THAT(pushes, SizeIs(1));
  json event = pushes[0]["event"];
  EXPECT_TRUE(event["cursor"].get<std::string>().starts_with("00000000000000aa-"));
  event.erase("cursor");
  EXPECT_EQ(event, json::parse(R"({"roomID": "room_1", "kind": "multi", "time": 1700000060000,
      "pusher_added": {"userID": "bob", "userName": "name of bob",
                       "userAvatar": "https://avatars.example/bob",
                       "accelerateURL": "rtmp://play.example/live/1_bob"}})"));
  Delete("bob");
  server_.Follow();
  EXPECT_EQ(client->Pushes().at(0)["event"]["pusher_deleted"],
            json::parse(R"({"userID": "bob", "reason": "left"})"));
}

TEST_F(Pushes, NothingIsPushedTwiceThatTheSnapshotHas) {
  Add("bob");  // committed, and not yet known to the feed
  const auto client = Subscribed("alice");
  server_.Follow();
  EXPECT_THAT(client->Pushes(), IsEmpty());
  Add("carol");
  server_.Follow();
  EXPECT_THAT(SummaryOf(client->Pushes()), ElementsAre("pusher_added carol"));
}

TEST_F(Pushes, AMessageReachesEverySubscriberAndItsSender) {
  const auto alice = Subscribed("alice");
  const auto bob = Subscribed("bob");
  EXPECT_EQ(Say(*alice, "hello \"you\" <3 &lt;"),
            json::parse(R"({"seq": 1, "time": 1700000060000})"));
  server_.Follow();
  for (SocketClient* const client : {alice.get(), bob.get()}) {
    const auto pushes = client->Pushes();
    ASSERT_THAT(pushes, SizeIs(1));
    EXPECT_EQ(pushes[0]["event"]["message"], json({{"seq", 1},
                                                   {"time", 1700000060000},
                                                   {"from", "alice"},
                                                   {"nick", "alice"},
                                                   {"avatar", ""},
                                                   {"type", "text"},
                                                   {"body", "hello \"you\" <3 &lt;"}}));
  }
}

TEST_F(Pushes, OldAndNewClientsTalkInOneRoom) {
  const auto alice = Subscribed("alice");
  const auto old = server_.LogIn("old");
  const std::string key = server_.Join(old, "room_1");
  server_.SendText(old, "room_1", "a &lt; b", 1);
  const auto pushes = alice->Pushes();
  ASSERT_THAT(pushes, SizeIs(1));
  const json message = pushes[0]["event"]["message"];
  EXPECT_EQ(message["type"], "text");
  EXPECT_EQ(message["body"], "a < b");
  EXPECT_EQ(message["nick"], "A");
  EXPECT_EQ(message["avatar"], "123");

  Say(*alice, "x < y");
  server_.Follow();
  const auto poll = server_.PollRoom(old, key, 2);
  const json body = json::parse(poll->reply()->body)["RspMsgList"][0]["MsgBody"];
  EXPECT_EQ(body[0]["MsgContent"]["Data"],
            R"({"cmd":"CustomTextMsg","data":{"nickName":"alice","headPic":""}})");
  EXPECT_EQ(body[1]["MsgContent"]["Text"], "x &lt; y");
}

TEST_F(Pushes, AMessageFollowsTheEventThatBroughtItsSender) {
  const auto alice = Subscribed("alice");
  server_.clock.Advance(1s);
  Add("bob");
  server_.clock.Advance(1s);
  Say(*alice, "hello");
  server_.clock.Advance(1s);
  Add("carol");
  server_.Follow();
  EXPECT_THAT(SummaryOf(alice->Pushes()),
              ElementsAre("pusher_added bob", "message hello", "pusher_added carol"));
  EXPECT_EQ(alice->TakeFrames(), 4U) << "with connect, subscribe and send: together in one";
}

TEST_F(Pushes, ASentMessageIsRepeatedByItsKeyOnly) {
  const auto alice = Subscribed("alice");
  const auto send = [&](const std::string& key) {
    json body = Room();
    body.update({{"type", "text"}, {"body", "x"}, {"key", key}});
    return alice->Ask("send", body)["seq"];
  };
  EXPECT_EQ(send("k1"), 1);
  EXPECT_EQ(send("k1"), 1);
  EXPECT_EQ(send("k2"), 2);
  EXPECT_EQ(send(""), 3);
  EXPECT_EQ(send(""), 4);
}

TEST_F(Pushes, MessagesAreForThoseWhoSubscribed) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  EXPECT_EQ(Say(*alice, "x")["error"]["code"], 10007);
  alice->Ask("subscribe", Room());
  EXPECT_EQ(Say(*alice, "x")["seq"], 1);
  EXPECT_EQ(alice->Ask("unsubscribe", Room()), json::object());
  EXPECT_EQ(Say(*alice, "x")["error"]["code"], 10007);
  server_.Follow();
  EXPECT_THAT(alice->Pushes(), IsEmpty());
}

TEST_F(Pushes, ARoomThatIsAbsentOrForbiddenIsNotSubscribed) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  EXPECT_EQ(alice->Ask("subscribe", Room("none"))["error"],
            json::parse(R"({"code": 10010, "message": "group not exist"})"));
  EXPECT_EQ(alice->Ask("subscribe", {{"kind", "live"}, {"roomID", "room_1"}})["error"]["code"],
            10010);
  ASSERT_TRUE(server_.bans.Put({.room = key_, .user_id = {"alice"}, .until = kNoon + 1h}));
  EXPECT_EQ(alice->Ask("subscribe", Room())["error"]["code"], 10007);
}

TEST_F(Pushes, AUserThatIsBannedLosesTheRoomButNotTheSocket) {
  const auto alice = Subscribed("alice");
  ASSERT_TRUE(server_.bans.Put({.room = key_, .user_id = {"alice"}, .until = kNoon + 1h}));
  server_.Tick(1s);
  EXPECT_THAT(alice->Pushes(), ElementsAre(banned_));
  Add("bob");
  server_.Follow();
  EXPECT_THAT(alice->Pushes(), IsEmpty());
  EXPECT_EQ(alice->Ask("ping"), json::object());
}

TEST_F(Pushes, NothingOfARoomReachesAUserThatIsBannedFromIt) {
  const auto alice = Subscribed("alice");
  const auto bob = Subscribed("bob");
  ASSERT_TRUE(server_.bans.Put({.room = key_, .user_id = {"alice"}, .until = kNoon + 1h}));
  Say(*bob, "for members");
  server_.clock.Advance(1s);
  Add("carol");
  server_.Follow();
  EXPECT_THAT(alice->Pushes(), ElementsAre(banned_));
  EXPECT_THAT(SummaryOf(bob->Pushes()), ElementsAre("message for members", "pusher_added carol"));
}

TEST_F(Pushes, TheEndOfARoomEndsItsSubscription) {
  const auto alice = Subscribed("alice");
  server_.EndRoom(RoomKind::kMulti, "room_1");
  const auto pushes = alice->Pushes();
  ASSERT_FALSE(pushes.empty());
  EXPECT_EQ(pushes.back()["event"]["room_destroyed"], json::parse(R"({"reason": "destroyed"})"));
  server_.MakeRoom(RoomKind::kMulti, "room_1");
  EXPECT_THAT(alice->Pushes(), IsEmpty());
  EXPECT_EQ(alice->Ask("subscribe", Room())["recovered"], false);
}

TEST_F(Pushes, AClientHasUpToSixteenRooms) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  for (int i = 0; i < 16; ++i) {
    server_.MakeRoom(RoomKind::kMulti, fmt::format("r{}", i));
    EXPECT_EQ(alice->Ask("subscribe", Room(fmt::format("r{}", i)))["recovered"], false);
  }
  EXPECT_EQ(alice->Ask("subscribe", Room())["error"]["code"], 10004);
  EXPECT_EQ(alice->Ask("subscribe", Room("r3"))["recovered"], false) << "again";
  alice->Ask("unsubscribe", Room("r0"));
  EXPECT_EQ(alice->Ask("subscribe", Room())["recovered"], false);
}

// Cursors

TEST_F(Pushes, ACursorGivesEverythingSinceOnce) {
  auto alice = Subscribed("alice");
  const auto bob = Subscribed("bob");
  Add("u1");
  server_.Follow();
  const json cursor = alice->Pushes().at(0)["event"]["cursor"];
  alice->Cut();
  server_.clock.Advance(1s);
  Say(*bob, "one");
  server_.clock.Advance(1s);
  Add("u2");
  server_.clock.Advance(1s);
  Say(*bob, "two");
  server_.Follow();

  alice = SocketClient::LoggedIn(server_, "alice");
  const json reply = alice->Ask("subscribe", RoomSince(cursor));
  EXPECT_EQ(reply["recovered"], true);
  EXPECT_FALSE(reply.contains("room"));
  EXPECT_THAT(SummariesOf(reply), ElementsAre("message one", "pusher_added u2", "message two"));
  EXPECT_EQ(reply["events"][2]["cursor"], reply["cursor"]);
  server_.Follow();
  EXPECT_THAT(alice->Pushes(), IsEmpty());
  const json middle = alice->Ask("subscribe", RoomSince(reply["events"][0]["cursor"]));
  EXPECT_THAT(SummariesOf(middle), ElementsAre("pusher_added u2", "message two"));
  const json none = alice->Ask("subscribe", RoomSince(reply["cursor"]));
  EXPECT_EQ(none["recovered"], true);
  EXPECT_THAT(SummariesOf(none), IsEmpty());
}

TEST_F(Pushes, ACursorOfNoUseGivesASnapshot) {
  const auto alice = Subscribed("alice");
  const auto recovered = [&](const json& cursor) {
    const json reply = alice->Ask("subscribe", RoomSince(cursor));
    EXPECT_EQ(reply["recovered"], !reply.contains("room")) << reply;
    return reply["recovered"];
  };
  const std::string good = cursor_;
  EXPECT_EQ(recovered(good), true);
  EXPECT_EQ(recovered("x"), false);
  EXPECT_EQ(recovered("00000000000000bb" + good.substr(16)), false) << "another epoch";
  EXPECT_EQ(recovered("00000000000000aa-99-1-0"), false) << "another room";
  EXPECT_EQ(recovered("00000000000000aa-1-99-0"), false) << "the future";
  EXPECT_EQ(recovered("00000000000000aa-1-0-99"), false);
  EXPECT_EQ(alice->Ask("subscribe", RoomSince(std::string(129, 'a')))["error"]["code"], 10004);
  server_.EndRoom(RoomKind::kMulti, "room_1");
  server_.MakeRoom(RoomKind::kMulti, "room_1");
  EXPECT_EQ(recovered(good), false) << "a later room of the same name";
}

TEST_F(Pushes, TooMuchSinceACursorGivesASnapshotAndTheNewestMessages) {
  const auto alice = Subscribed("alice");
  for (int i = 0; i < 13; ++i) Say(*alice, std::string(7900, 'x'));
  const json reply = alice->Ask("subscribe", RoomSince(cursor_));
  EXPECT_EQ(reply["recovered"], false);
  EXPECT_EQ(reply["missed"]["from"], 1);
  ASSERT_THAT(reply["missed"]["messages"], SizeIs(8)) << "64 KiB";
  EXPECT_EQ(reply["missed"]["messages"][7]["seq"], 13);
}

TEST_F(Pushes, ACursorOfAPushIsThatOfItsReceiver) {
  Add("bob");  // in the snapshot of alice
  const auto alice = Subscribed("alice");
  Say(*alice, "hello");
  server_.Follow();
  const json cursor = alice->Pushes().at(0)["event"]["cursor"];
  const json reply = alice->Ask("subscribe", RoomSince(cursor));
  EXPECT_EQ(reply["recovered"], true);
  EXPECT_THAT(SummariesOf(reply), IsEmpty());
}

TEST_F(Pushes, RoomsAreSubscribedAsFastAsTheirSnapshotsAreRead) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  alice->bytes().CountUnsent();
  std::string frames;
  for (int i = 0; i < 3; ++i) {
    const std::string id = fmt::format("r{}", i);
    auto large = MakeRoom(RoomKind::kMulti, id, "creator");
    large.info = std::string(40'000, 'x');
    (void)server_.store.rooms().Update(Creating(large));
    frames += ClientText(json({{"id", i}, {"subscribe", Room(id)}}).dump());
  }
  alice->SendBytes(frames);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(alice->Pushes(), SizeIs(1)) << i;
    alice->TakeUnsent();
  }
  EXPECT_FALSE(alice->bytes().is_paused());
}

TEST_F(Pushes, LostEventsEndTheSocketSoThatItContinuesFromItsCursors) {
  const auto alice = Subscribed("alice");
  server_.receivers.OnEventsLost();
  EXPECT_EQ(alice->close_code(), 1012);
}

TEST_F(Pushes, ASlowReaderIsClosed) {
  const auto alice = Subscribed("alice");
  alice->bytes().SetUnsent((128 << 10) + 1);
  Add("bob");
  server_.Follow();
  EXPECT_EQ(alice->close_code(), 4009);
  EXPECT_TRUE(alice->is_released());
  EXPECT_EQ(server_.receivers.counts().slow_readers, 1U);
}

// Direct messages

class Directs : public Pushes {
 protected:
  static json To(const std::string& user, const std::string& text) {
    return {{"to", user}, {"type", "text"}, {"body", text}};
  }
  static std::vector<std::string> TextsOf(const std::vector<json>& pushes) {
    std::vector<std::string> texts;
    for (const json& push : pushes) texts.push_back(push.at("direct").value("body", ""));
    return texts;
  }
};

TEST_F(Directs, ReachTheirUser) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  const auto bob = SocketClient::LoggedIn(server_, "bob");
  const json sent = alice->Ask("send", To("bob", "hello"));
  EXPECT_EQ(sent, json::parse(R"({"time": 1700000060000})"));
  server_.Follow();
  const auto pushes = bob->Pushes();
  ASSERT_THAT(pushes, SizeIs(1));
  EXPECT_EQ(pushes[0]["direct"], json::parse(R"({"position": 1, "to": "bob",
      "time": 1700000060000, "from": "alice", "nick": "alice", "avatar": "", "type": "text",
      "body": "hello"})"));
  EXPECT_THAT(alice->Pushes(), IsEmpty());
}

TEST_F(Directs, WaitForTheirUser) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  alice->Ask("send", To("bob", "one"));
  alice->Ask("send", To("bob", "two"));
  server_.Follow();
  const auto bob = SocketClient::LoggedIn(server_, "bob");
  EXPECT_THAT(TextsOf(bob->Pushes()), ElementsAre("one", "two"));
  alice->Ask("send", To("bob", "three"));
  server_.Follow();
  EXPECT_THAT(TextsOf(bob->Pushes()), ElementsAre("three"));
}

TEST_F(Directs, AreMeasuredLikeEventsUnlessTheirUserWasAway) {
  const auto alice = Subscribed("alice");
  alice->Ask("send", To("bob", "one"));
  server_.clock.Advance(1s);
  const auto bob = SocketClient::LoggedIn(server_, "bob");
  EXPECT_THAT(TextsOf(bob->Pushes()), ElementsAre("one"));
  EXPECT_THAT(server_.latencies.Of(DeliveryPath::kSocket), IsEmpty());
  alice->Ask("send", To("bob", "two"));
  Say(*alice, "hello");
  server_.clock.Advance(70ms);
  server_.Follow();
  EXPECT_THAT(server_.latencies.Of(DeliveryPath::kSocket), ElementsAre(70ms, 70ms));
}

TEST_F(Directs, ComeAgainUntilTheyAreConfirmed) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  alice->Ask("send", To("bob", "one"));
  alice->Ask("send", To("bob", "two"));
  auto bob = SocketClient::LoggedIn(server_, "bob");
  const auto pushes = bob->Pushes();
  ASSERT_THAT(pushes, SizeIs(2));
  bob->Ask("ping", {{"direct", pushes[0]["direct"]["position"]}});
  server_.Tick(100ms);
  bob->Cut();
  bob = SocketClient::LoggedIn(server_, "bob");
  EXPECT_THAT(TextsOf(bob->Pushes()), ElementsAre("two"));
  bob->Cut();
  // The next connect can confirm, too.
  const SocketClient last(server_);
  SocketClient again(server_);
  again.Ask(
      "connect",
      {{"userID", "bob"}, {"token", "token-of-bob"}, {"direct", pushes[1]["direct"]["position"]}});
  EXPECT_THAT(again.Pushes(), IsEmpty());
  server_.Tick(100ms);
  EXPECT_TRUE(server_.channel.history().PendingMessages({"bob"})->empty());
}

TEST_F(Directs, ComeToAClientThatIsAheadOfARestoredStore) {
  SocketClient bob(server_);
  const json connect = {{"userID", "bob"}, {"token", "token-of-bob"}, {"direct", 1000}};
  (void)server_.sessions.LoginTrusted({"bob"});
  EXPECT_EQ(bob.Ask("connect", connect)["direct"], 0);
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  alice->Ask("send", {{"to", "bob"}, {"type", "text"}, {"body", "hello"}});
  server_.Follow();
  EXPECT_EQ(bob.Pushes().at(0)["direct"]["position"], 1);
}

TEST_F(Directs, ThatAreLargeComeInPieces) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(alice->Ask("send", To("bob", std::string(8000, 'x'))).contains("time"));
    server_.clock.Advance(200ms);
  }
  (void)server_.sessions.LoginTrusted({"bob"});
  SocketClient bob(server_);
  bob.bytes().CountUnsent();
  EXPECT_EQ(bob.Ask("connect", {{"userID", "bob"}, {"token", "token-of-bob"}})["userID"], "bob");
  EXPECT_THAT(bob.Pushes(), SizeIs(9));
  alice->Ask("send", To("bob", "last"));
  server_.Follow();
  server_.Tick(1s);
  server_.Settle();
  EXPECT_THAT(bob.Pushes(), IsEmpty()) << "in order, and not before they are read";
  bob.TakeUnsent();
  EXPECT_THAT(bob.Pushes(), SizeIs(9));
  bob.TakeUnsent();
  EXPECT_THAT(TextsOf(bob.Pushes()), ElementsAre(SizeIs(8000), SizeIs(8000), "last"));
}

TEST_F(Directs, ThatAreLargeComeWithoutPausesToAClientThatReadsThem) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  for (int i = 0; i < 20; ++i) {
    alice->Ask("send", To("bob", std::string(8000, 'x')));
    server_.clock.Advance(200ms);
  }
  const auto bob = SocketClient::LoggedIn(server_, "bob");
  EXPECT_THAT(bob->Pushes(), SizeIs(20));
}

TEST_F(Directs, ComeFromOldClientsAndGoToThem) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  const auto old = server_.LogIn("old");
  server_.SendDirect(old, "alice", R"({"cmd":"x"})", 1);
  EXPECT_THAT(TextsOf(alice->Pushes()), ElementsAre(R"({"cmd":"x"})"));
  const auto poll = server_.PollAccount(old);
  alice->Ask("send", {{"to", "old"}, {"type", "custom"}, {"body", R"({"cmd":"linkmic"})"}});
  server_.Follow();
  ASSERT_TRUE(poll->reply());
  EXPECT_EQ(json::parse(poll->reply()->body)["EventArray"][0]["C2cMsgArray"][0]["MsgBody"][0]
                                            ["MsgContent"]["Data"],
            R"({"cmd":"linkmic"})");
}

}  // namespace
}  // namespace rtcroom
