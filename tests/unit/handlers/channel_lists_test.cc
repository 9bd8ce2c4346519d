// Lists of rooms that new clients of the message channel watch, by sockets and by polls.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/live_rooms.h"
#include "tests/support/socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const json kDone = json::object();

class Lists : public testing::Test {
 protected:
  Lists() { server_.MakeRoom(RoomKind::kMulti, "room_1", Dialect::kGen2); }

  void Add(const std::string& user) {
    (void)server_.store.rooms().Update(
        Adding(MakeKey(RoomKind::kMulti, "room_1"), user, 9, server_.clock.Now()));
  }
  void Tell() {
    server_.Follow();
    server_.Tick(1s);
  }
  /// The lists among what the client was pushed.
  static std::vector<json> ListsOf(SocketClient& client) {
    std::vector<json> lists;
    for (const json& push : client.Pushes()) {
      if (push.contains("list")) lists.push_back(push["list"]);
    }
    return lists;
  }
  std::shared_ptr<RecordedReply> Poll(const std::vector<json>& requests, int wait = 45) {
    (void)server_.sessions.LoginTrusted({"alice"});
    const json body = {{"connect", {{"userID", "alice"}, {"token", "token-of-alice"}}},
                       {"wait", wait},
                       {"requests", requests}};
    auto sink = std::make_shared<RecordedReply>();  // shared with the router
    Handle(server_.router, ChannelFixture::RequestOf("/channel/poll", "", body.dump()), sink);
    return sink;
  }
  static json Asking(const std::string& verb, const std::string& kind = "multi") {
    return {{"id", 1}, {verb, {{"kind", kind}}}};
  }
  static json ReplyOf(const std::shared_ptr<RecordedReply>& poll) {
    return poll->reply() ? json::parse(poll->reply()->body) : json();
  }

  ChannelFixture server_;
};

TEST_F(Lists, AreToldAsTheApiShowsThem) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  EXPECT_EQ(alice->Ask("watch", {{"kind", "multi"}}), kDone);
  EXPECT_EQ(alice->Ask("watch", {{"kind", "multi"}}), kDone);
  Add("bob");
  Tell();
  EXPECT_THAT(ListsOf(*alice), ElementsAre(json::parse(R"({"kind": "multi", "ended": [],
      "changed": [{"roomID": "room_1", "roomInfo": "info of room_1", "roomName": "info of room_1",
          "roomCreator": "creator", "mixedPlayURL": "https://play.example/live/1_creator.flv",
          "custom": "{}", "customInfo": "{}", "seats": 2,
          "pushers": [
              {"userID": "creator", "userName": "name of creator",
               "userAvatar": "https://avatars.example/creator",
               "accelerateURL": "rtmp://play.example/live/1_creator"},
              {"userID": "bob", "userName": "name of bob",
               "userAvatar": "https://avatars.example/bob",
               "accelerateURL": "rtmp://play.example/live/1_bob"}]}]})")));
  server_.EndRoom(RoomKind::kMulti, "room_1");
  Tell();
  EXPECT_THAT(ListsOf(*alice),
              ElementsAre(json::parse(R"({"kind": "multi", "ended": ["room_1"], "changed": []})")));
}

TEST_F(Lists, OfALoginThatReachesGen1OnlyHaveThoseRooms) {
  SocketClient ann(server_);
  const json login = {{"userID", "ann"},
                      {"sdkAppID", ChannelFixture::kSdkAppId},
                      {"userSig", ChannelFixture::AnonymousSigOf("ann")}};
  EXPECT_EQ(ann.Ask("connect", login)["userID"], "ann");
  EXPECT_EQ(ann.Ask("watch", {{"kind", "multi"}}), kDone);
  Add("bob");
  server_.MakeRoom(RoomKind::kMulti, "old");
  Tell();
  const std::vector<json> lists = ListsOf(ann);
  ASSERT_THAT(lists, SizeIs(1));
  ASSERT_THAT(lists[0]["changed"], SizeIs(1));
  EXPECT_EQ(lists[0]["changed"][0]["roomName"], "info of old");
  EXPECT_FALSE(lists[0]["changed"][0].contains("seats")) << "as that list has no seats";
}

TEST_F(Lists, AreToldUntilTheyAreNotWatched) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  const auto bob = SocketClient::LoggedIn(server_, "bob");
  for (SocketClient* const client : {alice.get(), bob.get()}) {
    EXPECT_EQ(client->Ask("watch", {{"kind", "multi"}}), kDone);
  }
  EXPECT_EQ(alice->Ask("unwatch", {{"kind", "live"}}), kDone);
  EXPECT_EQ(alice->Ask("unwatch", {{"kind", "multi"}}), kDone);
  Add("carol");
  Tell();
  EXPECT_THAT(ListsOf(*alice), IsEmpty());
  EXPECT_THAT(ListsOf(*bob), SizeIs(1));
  bob->Cut();
  Add("dave");
  Tell();
  EXPECT_TRUE(bob->is_released());
}

TEST_F(Lists, CloseTheSocketOfAClientThatReadsTooSlowly) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  EXPECT_EQ(alice->Ask("watch", {{"kind", "multi"}}), kDone);
  alice->bytes().SetUnsent(200 << 10);
  Add("bob");
  Tell();
  EXPECT_EQ(alice->close_code(), 4009);
}

TEST_F(Lists, HaveAKindThatIsListed) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  for (const char* const verb : {"watch", "unwatch"}) {
    const json bad = {{"kind", "webrtc"}};
    EXPECT_EQ(alice->Ask(verb, bad)["error"],
              json({{"code", 10004}, {"message", "kind: not one of double, multi, live"}}));
    EXPECT_EQ(alice->Ask(verb)["error"], json({{"code", 10004}, {"message", "kind: missing"}}));
    EXPECT_EQ(alice->Ask(verb, {{"kind", true}})["error"]["code"], 60003);
    EXPECT_EQ(ReplyOf(Poll({Asking(verb, "webrtc")}))["replies"][0]["error"]["message"],
              "kind: not one of double, multi, live");
  }
}

TEST_F(Lists, AreWatchedByOnePoll) {
  const auto poll = Poll({Asking("watch"), Asking("watch", "live")});
  EXPECT_FALSE(poll->reply());
  Add("bob");
  Tell();
  const json reply = ReplyOf(poll);
  EXPECT_EQ(reply["replies"], json({{{"id", 1}, {"watch", kDone}}, {{"id", 1}, {"watch", kDone}}}));
  ASSERT_THAT(reply["pushes"], SizeIs(1));
  EXPECT_EQ(reply["pushes"][0]["list"]["changed"][0]["seats"], 2);
  Add("carol");
  Tell();
  EXPECT_TRUE(Poll({Asking("watch"), Asking("unwatch")})->reply());
  EXPECT_TRUE(Poll({Asking("watch"), {{"id", 2}, {"ping", kDone}}})->reply());
  EXPECT_TRUE(Poll({Asking("watch")}, 0)->reply());
  const auto late = Poll({Asking("watch")});
  server_.Tick(45s);
  EXPECT_EQ(ReplyOf(late)["pushes"], json::array());
}

}  // namespace
}  // namespace rtcroom
