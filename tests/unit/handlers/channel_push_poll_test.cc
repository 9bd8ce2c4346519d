// The poll of new clients that can open no WebSocket.
#include <chrono>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handlers/shared/request_charge.h"
#include "tests/support/forwarded_messages.h"
#include "tests/support/socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

/// A store whose reads fail on request of a test.
class FailingReads : public ChangedStore {
 public:
  using ChangedStore::ChangedStore;

  bool is_failing = false;  ///< reads of pending messages
  bool is_throwing = false;
  bool is_away = false;      ///< reads of rooms fail
  bool is_log_away = false;  ///< likewise of the position of the newest message

  Result<Room> Load(const RoomKey& key) override {
    if (is_away) return Error{Errc::kStoreBusy, {}};
    if (is_throwing) throw std::runtime_error("a fault");
    return ChangedStore::Load(key);
  }

  Result<std::uint64_t> NewestMessage() override {
    if (is_log_away) return Error{Errc::kStoreBusy, {}};
    return ChangedStore::NewestMessage();
  }

  Result<std::vector<StoredMessage>> ReadPendingMessages(const UserId& receiver, TimePoint since,
                                                         std::size_t limit) override {
    if (is_failing) return Error{Errc::kStoreBusy, {}};
    return ChangedStore::ReadPendingMessages(receiver, since, limit);
  }
};

class PushPolls : public testing::Test {
 protected:
  PushPolls() {
    server_.MakeRoom(RoomKind::kMulti, "room_1");
    (void)server_.sessions.LoginTrusted({"alice"});
  }

  std::shared_ptr<RecordedReply> Begin(json body, std::uint64_t direct = 0) {
    body["connect"] = {{"userID", "alice"}, {"token", "token-of-alice"}, {"direct", direct}};
    auto sink = std::make_shared<RecordedReply>();  // shared with the router
    Handle(server_.router, ChannelFixture::RequestOf("/channel/poll", "", body.dump()), sink);
    return sink;
  }
  static json ReplyOf(const std::shared_ptr<RecordedReply>& poll) {
    EXPECT_LE(poll->times_sent(), 1);
    return poll->reply() ? json::parse(poll->reply()->body) : json();
  }
  static json Room(const json& cursor = nullptr) {
    json room = {{"kind", "multi"}, {"roomID", "room_1"}};
    if (!cursor.is_null()) room["cursor"] = cursor;
    return room;
  }
  json Cursor() {
    return ReplyOf(Begin({{"cursors", json::array({Room()})}}))["rooms"][0]["cursor"];
  }
  std::shared_ptr<RecordedReply> Wait(const json& cursor, int wait = 45) {
    return Begin({{"wait", wait}, {"cursors", json::array({Room(cursor)})}});
  }
  void Add(const std::string& user) {
    (void)server_.store.rooms().Update(
        Adding(MakeKey(RoomKind::kMulti, "room_1"), user, 9, server_.clock.Now()));
  }

  RecordingListener listener_;
  const std::shared_ptr<FailingReads> store_ = std::make_shared<FailingReads>(
      StoreLimits(), "00000000000000aa", listener_);  // shared with the server
  ChannelFixture server_{{}, {}, {"*"}, store_};
};

TEST_F(PushPolls, WithoutACursorGiveASnapshotAtOnce) {
  const json reply = ReplyOf(Begin({{"wait", 45}, {"cursors", json::array({Room()})}}));
  ASSERT_THAT(reply["rooms"], SizeIs(1));
  EXPECT_EQ(reply["rooms"][0]["roomID"], "room_1");
  EXPECT_EQ(reply["rooms"][0]["kind"], "multi");
  EXPECT_EQ(reply["rooms"][0]["recovered"], false);
  EXPECT_EQ(reply["rooms"][0]["room"]["roomCreator"], "creator");
  EXPECT_EQ(reply["replies"], json::array());
  EXPECT_EQ(reply["pushes"], json::array());
}

TEST_F(PushPolls, WaitForTheNextEvent) {
  const auto poll = Wait(Cursor());
  EXPECT_FALSE(poll->reply());
  Add("bob");
  server_.Follow();
  const json room = ReplyOf(poll)["rooms"][0];
  EXPECT_EQ(room["recovered"], true);
  ASSERT_THAT(room["events"], SizeIs(1));
  EXPECT_EQ(room["events"][0]["pusher_added"]["userID"], "bob");
  EXPECT_EQ(room["events"][0]["cursor"], room["cursor"]);
  EXPECT_FALSE(Wait(room["cursor"])->reply());
}

TEST_F(PushPolls, AreAnsweredAtOnceWithWhatHasCome) {
  const json cursor = Cursor();
  Add("bob");
  const json room = ReplyOf(Wait(cursor))["rooms"][0];
  ASSERT_THAT(room["events"], SizeIs(1));
  // The feed learns of it later.
  const auto next = Wait(room["cursor"]);
  server_.Follow();
  EXPECT_FALSE(next->reply());
}

TEST_F(PushPolls, AreAnsweredEmptyAfterTheirWait) {
  const json cursor = Cursor();
  EXPECT_TRUE(Wait(cursor, 0)->reply());
  const auto poll = Wait(cursor, 20);
  server_.Tick(19s);
  EXPECT_FALSE(poll->reply());
  server_.Tick(1s);
  const json reply = ReplyOf(poll);
  EXPECT_EQ(reply["rooms"][0]["cursor"], cursor);
  EXPECT_EQ(reply["rooms"][0]["events"], json::array());
}

TEST_F(PushPolls, AnswerTheirRequestsInOrder) {
  const json cursor = Cursor();
  json send = Room();
  send.update({{"type", "text"}, {"body", "hello"}});
  const json reply = ReplyOf(Begin({{"wait", 45},
                                    {"cursors", json::array({Room(cursor)})},
                                    {"requests",
                                     {{{"id", 1}, {"send", send}},
                                      {{"id", 2}, {"history", Room()}},
                                      {{"id", 3}, {"subscribe", Room()}},
                                      {{"id", 4}, {"fly", json::object()}}}}}));
  EXPECT_EQ(reply["replies"][0]["send"]["seq"], 1);
  EXPECT_EQ(reply["replies"][1]["history"]["messages"][0]["body"], "hello");
  EXPECT_EQ(reply["replies"][2]["error"]["code"], 10004);
  EXPECT_EQ(reply["replies"][3]["error"]["code"], 60002);
  EXPECT_EQ(reply["rooms"][0]["events"][0]["message"]["body"], "hello");
}

TEST_F(PushPolls, SendToTheirRoomsOnly) {
  json send = Room();
  send.update({{"type", "text"}, {"body", "hello"}});
  const json requests = json::array({{{"id", 1}, {"send", send}}});
  EXPECT_EQ(ReplyOf(Begin({{"requests", requests}}))["replies"][0]["error"]["code"], 10007);
}

TEST_F(PushPolls, AskTheClientToTryLaterWhileTheirRoomsCannotBeRead) {
  json send = Room();
  send.update({{"type", "text"}, {"body", "hello"}});
  store_->is_away = true;
  const json reply = ReplyOf(
      Begin({{"cursors", json::array({Room()})},
             {"requests",
              {{{"id", 1}, {"send", send}}, {{"id", 2}, {"conversations", json::object()}}}}}));
  EXPECT_EQ(reply["replies"][0]["error"]["code"], 10002);
  EXPECT_EQ(reply["replies"][1]["error"]["code"], 10002);
  EXPECT_EQ(reply["rooms"][0]["error"]["code"], 10002);
}

TEST_F(PushPolls, CarryDirectMessages) {
  const auto bob = SocketClient::LoggedIn(server_, "bob");
  const auto send = [&](const std::string& text) {
    bob->Ask("send", {{"to", "alice"}, {"type", "text"}, {"body", text}});
  };
  const auto poll = Begin({{"wait", 45}});
  EXPECT_FALSE(poll->reply());
  send("one");
  server_.Follow();
  const json pushes = ReplyOf(poll)["pushes"];
  ASSERT_THAT(pushes, SizeIs(1));
  EXPECT_EQ(pushes[0]["direct"]["body"], "one");
  EXPECT_EQ(ReplyOf(Begin({{"wait", 45}}))["pushes"], pushes) << "not confirmed";
  const std::uint64_t position = pushes[0]["direct"]["position"];
  EXPECT_FALSE(Begin({{"wait", 45}}, position)->reply());
  server_.Tick(100ms);
  send("two");
  EXPECT_EQ(ReplyOf(Begin({}))["pushes"][0]["direct"]["body"], "two");
}

TEST_F(PushPolls, GiveNoDirectMessageBeforeThoseThatCouldNotBeRead) {
  const auto bob = SocketClient::LoggedIn(server_, "bob");
  const auto send = [&](const std::string& text) {
    bob->Ask("send", {{"to", "alice"}, {"type", "text"}, {"body", text}});
    server_.Follow();
  };
  send("one");
  store_->is_failing = true;
  const auto poll = Begin({{"wait", 45}});
  EXPECT_FALSE(poll->reply());
  server_.Tick(100ms);
  send("two");
  ASSERT_TRUE(poll->reply());
  EXPECT_EQ(ReplyOf(poll)["pushes"], json::array());
  store_->is_failing = false;
  const json pushes = ReplyOf(Begin({{"wait", 45}}))["pushes"];
  ASSERT_THAT(pushes, SizeIs(2));
  EXPECT_EQ(pushes[0]["direct"]["body"], "one");
  EXPECT_EQ(pushes[1]["direct"]["body"], "two");
}

TEST_F(PushPolls, GoOnAfterABackupWasRestored) {
  const std::uint64_t lost = 1000;  // the position of a message that the backup does not have
  const auto bob = SocketClient::LoggedIn(server_, "bob");
  bob->Ask("send", {{"to", "alice"}, {"type", "text"}, {"body", "one"}});
  server_.Follow();
  store_->is_log_away = true;
  EXPECT_EQ(ReplyOf(Begin({}, lost))["pushes"], json::array());
  server_.Tick(100ms);
  store_->is_log_away = false;
  EXPECT_THAT(ReplyOf(Begin({}))["pushes"], SizeIs(1)) << "it was not confirmed";

  const auto poll = Begin({{"wait", 45}}, lost);
  bob->Ask("send", {{"to", "alice"}, {"type", "text"}, {"body", "two"}});
  server_.Follow();
  const json reply = ReplyOf(poll);
  EXPECT_EQ(reply["direct"], 1) << "the client takes messages from there on";
  ASSERT_THAT(reply["pushes"], SizeIs(1));
  EXPECT_EQ(reply["pushes"][0]["direct"]["position"], 2);
  EXPECT_FALSE(ReplyOf(Begin({}, 2)).contains("direct"));
}

TEST_F(PushPolls, AreAnsweredAtOnceWhenAnEventIsMissing) {
  const json cursor = Cursor();
  const auto poll = Wait(cursor);
  const auto at = *server_.store.rooms().Newest();
  Add("bob");
  Add("carol");
  const auto page = server_.store.rooms().ReadEvents(at, 10);
  ASSERT_THAT(page->events, SizeIs(2));
  server_.receivers.Push(std::span(page->events).subspan(1), {});
  ASSERT_TRUE(poll->reply());
  const json room = ReplyOf(poll)["rooms"][0];
  EXPECT_EQ(room["cursor"], cursor);
  EXPECT_THAT(ReplyOf(Wait(room["cursor"]))["rooms"][0]["events"], SizeIs(2));
}

TEST_F(PushPolls, AtOnePositionGetTheSameText) {
  const json cursor = Cursor();
  const auto one = Wait(cursor);
  const auto other = Wait(cursor);
  Add("bob");
  server_.Follow();
  ASSERT_TRUE(one->reply() && other->reply());
  EXPECT_EQ(one->reply()->body, other->reply()->body);
  Add("carol");
  EXPECT_EQ(ReplyOf(Wait(cursor))["rooms"][0]["events"][0], ReplyOf(one)["rooms"][0]["events"][0]);
}

TEST_F(PushPolls, AreNoLogins) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  EXPECT_TRUE(Begin(json::object())->reply());
  EXPECT_EQ(alice->Ask("ping"), json::object());
}

TEST_F(PushPolls, NameRoomsThatCannotBeRead) {
  const json reply = ReplyOf(
      Begin({{"wait", 45}, {"cursors", json::array({{{"kind", "multi"}, {"roomID", "none"}}})}}));
  EXPECT_EQ(reply["rooms"], json::parse(R"([{"kind": "multi", "roomID": "none",
                             "error": {"code": 10010, "message": "group not exist"}}])"));
}

TEST_F(PushPolls, OfOthersAreRefused) {
  const auto post = [&](const std::string& body) {
    const LabelledReply reply = server_.Send(ChannelFixture::RequestOf("/channel/poll", "", body));
    EXPECT_EQ(reply.status, 200);
    return json::parse(reply.body)["error"]["code"];
  };
  EXPECT_EQ(post(R"({"connect":{"userID":"alice","token":"token-of-bob"}})"), 70013);
  EXPECT_EQ(post(R"({"connect":{"userID":"alice"}})"), 70003);
  EXPECT_EQ(post("{}"), 10004);
  EXPECT_EQ(post("[]"), 60003);
  EXPECT_EQ(post(R"({"connect":{"userID":"alice","token":"token-of-alice"},"requests":[{}]})"),
            10004);
  EXPECT_EQ(post(R"({"connect":{"userID":"alice","token":"token-of-alice"},"cursors":[{}]})"),
            10004);
  EXPECT_EQ(
      server_.Send({.method = "GET", .path = "/channel/poll", .peer_address = "192.0.2.1"}).status,
      405);
}

TEST_F(PushPolls, TakeATokenOfTheirUserForEachRequestAndRoom) {
  EXPECT_TRUE(Begin(json::object())->reply());
  EXPECT_EQ(server_.costs.users_asked, 1);
  EXPECT_EQ(server_.costs.charged_to_users, 0U);
  EXPECT_TRUE(Begin({{"cursors", json::array({Room()})}})->reply());
  EXPECT_EQ(server_.costs.charged_to_users, 0U) << "admission pays for the first";
  const json history = {{"id", 1}, {"history", Room()}};
  EXPECT_TRUE(
      Begin({{"cursors", json::array({Room()})}, {"requests", {history, history}}})->reply());
  EXPECT_EQ(server_.costs.charged_to_users, 2U);
  EXPECT_EQ(server_.costs.users_asked, 3);
  EXPECT_EQ(server_.admission.addresses_asked, 0);
}

TEST_F(PushPolls, TakeTokensForLongBodiesAndReplies) {
  EXPECT_TRUE(Begin({{"padding", std::string(40'000, ' ')}})->reply());
  EXPECT_EQ(server_.costs.charged_to_users, 2U);
  const json cursor = Cursor();
  json send = Room();
  send.update({{"type", "text"}, {"body", std::string(7'000, 'x')}});
  json requests = json::array();
  for (int i = 0; i < 5; ++i) requests.push_back({{"id", i}, {"send", send}});
  server_.costs.charged_to_users = 0;
  const auto poll = Begin({{"cursors", json::array({Room(cursor)})}, {"requests", requests}});
  ASSERT_TRUE(poll->reply());
  const std::uint32_t requests_and_body = 5 + 2;
  EXPECT_EQ(server_.costs.charged_to_users,
            requests_and_body + MoreTokensFor(poll->reply()->body.size()));
  EXPECT_GT(poll->reply()->body.size(), 2 * kBytesPerToken);
}

TEST_F(PushPolls, OfUsersOverTheirRateAreRefusedAndChangeNothing) {
  server_.costs.refused_users = {"alice"};
  const json requests = json::array({{{"id", 1}, {"history", Room()}}});
  json reply = ReplyOf(Begin({{"requests", requests}}));
  EXPECT_EQ(reply["error"]["code"], 10002);
  EXPECT_EQ(reply.size(), 1U);
  EXPECT_EQ(server_.recorded.label().failure, Errc::kTooManyRequests);
}

TEST_F(PushPolls, CountAgainstTheirAddressOnlyWithoutALogin) {
  server_.admission.refused_addresses = {"192.0.2.1"};
  EXPECT_TRUE(ReplyOf(Begin({{"cursors", json::array({Room()})}})).contains("rooms"));
  EXPECT_EQ(server_.admission.addresses_asked, 0);
  for (const char* const body :
       {R"({"connect":{"userID":"alice","token":"token-of-bob"}})", "{}", "[]"}) {
    const LabelledReply reply = server_.Send(ChannelFixture::RequestOf("/channel/poll", "", body));
    EXPECT_EQ(json::parse(reply.body)["error"]["code"], 10002) << body;
  }
  EXPECT_EQ(server_.admission.addresses_asked, 3);
}

TEST_F(PushPolls, FailWithAnErrorOfTheirForm) {
  HttpRequest request = ChannelFixture::RequestOf("/channel/poll", "", "{}");
  request.method = "GET";
  const LabelledReply reply = server_.Send(request);
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(json::parse(reply.body)["error"]["code"], 10004);
  store_->is_throwing = true;
  const auto poll = Begin({{"cursors", json::array({Room()})}});
  ASSERT_TRUE(poll->reply());
  EXPECT_EQ(poll->reply()->status, 200);
  EXPECT_EQ(ReplyOf(poll)["error"]["code"], 10002);
  EXPECT_EQ(ReplyOf(poll).size(), 1U);
  EXPECT_EQ(server_.recorded.label().failure, Errc::kInternal);
}

TEST_F(PushPolls, OfAUserThatIsBannedMeanwhileAreRefused) {
  const json cursor = Cursor();
  const auto pushed = Wait(cursor);
  const RoomKey key = MakeKey(RoomKind::kMulti, "room_1");
  ASSERT_TRUE(server_.bans.Put({.room = key, .user_id = {"alice"}, .until = kNoon + 1h}));
  Add("bob");
  server_.Follow();
  EXPECT_EQ(ReplyOf(pushed)["rooms"][0]["error"]["code"], 10007);
  EXPECT_FALSE(ReplyOf(pushed)["rooms"][0].contains("events"));
}

TEST_F(PushPolls, AStopAnswersThem) {
  const json cursor = Cursor();
  const auto poll = Wait(cursor);
  server_.calls.Stop();
  EXPECT_TRUE(poll->reply());
  EXPECT_TRUE(Wait(cursor)->reply()) << "and later ones at once";
}

TEST_F(PushPolls, AreSignsOfAViewer) {
  const RoomKey key = MakeKey(RoomKind::kLive, "room_2");
  server_.MakeRoom(RoomKind::kLive, "room_2", Dialect::kGen2);
  (void)server_.store.rooms().Update(Watching(key, "alice"));
  server_.Follow();
  server_.clock.Advance(59s);
  const json room = {{"kind", "live"}, {"roomID", "room_2"}};
  EXPECT_TRUE(Begin({{"cursors", json::array({room})}})->reply()) << "it waits for nothing";
  const auto lease = server_.viewers.leases().StateOf(key, {"alice"});
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->age, 0ms);
}

TEST_F(PushPolls, LeaveNothingBehind) {
  const json cursor = Cursor();
  const auto poll = Wait(cursor);
  const std::uint64_t number =
      server_.store.rooms().Load(MakeKey(RoomKind::kMulti, "room_1"))->sequence;
  EXPECT_EQ(server_.receivers.CountIn(number), 1U);
  server_.Tick(45s);
  EXPECT_TRUE(poll->reply());
  EXPECT_EQ(server_.receivers.CountIn(number), 0U);
}

TEST_F(PushPolls, EndWithTheirConnections) {
  const json cursor = Cursor();
  const auto poll = Wait(cursor);
  poll->Close();
  EXPECT_EQ(ReplyOf(poll)["rooms"][0]["cursor"], cursor);
  const std::uint64_t number =
      server_.store.rooms().Load(MakeKey(RoomKind::kMulti, "room_1"))->sequence;
  EXPECT_EQ(server_.receivers.CountIn(number), 0U) << "nobody is there";
}

TEST_F(PushPolls, OfAUserThatIsBannedAreAnsweredAtOnce) {
  const auto poll = Wait(Cursor());
  ASSERT_TRUE(server_.bans.Put(
      {.room = MakeKey(RoomKind::kMulti, "room_1"), .user_id = {"alice"}, .until = kNoon + 1h}));
  server_.Tick(1ms);
  EXPECT_EQ(ReplyOf(poll)["rooms"][0]["error"]["code"], 10007);
}

}  // namespace
}  // namespace rtcroom
