// Pushes that remind clients with a seat of their heartbeats.
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;

class Beats : public testing::Test {
 protected:
  Beats() { server_.MakeRoom(RoomKind::kMulti, "room_1"); }

  json Login(const std::string& user, const json& beats) {
    (void)server_.sessions.LoginTrusted({user});
    return {{"userID", user}, {"token", FakeSessions::TokenOf(user)}, {"beats", beats}};
  }
  std::unique_ptr<SocketClient> Connected(const std::string& user, const json& beats = true) {
    auto client = std::make_unique<SocketClient>(server_);
    EXPECT_EQ(client->Ask("connect", Login(user, beats))["userID"], user);
    return client;
  }
  std::shared_ptr<RecordedReply> Poll(const json& login, int wait = 45) {
    const json body = {{"connect", login}, {"wait", wait}};
    auto sink = std::make_shared<RecordedReply>();  // shared with the router
    Handle(server_.router, ChannelFixture::RequestOf("/channel/poll", "", body.dump()), sink);
    return sink;
  }
  /// The seconds after which a poll is answered, and its pushes.
  json AnswerOf(const std::shared_ptr<RecordedReply>& poll) {
    int seconds = 0;
    for (; !poll->reply(); ++seconds) server_.Tick(1s);
    return {{"after", seconds}, {"pushes", json::parse(poll->reply()->body)["pushes"]}};
  }
  void TakeSeat(const std::string& user) {
    (void)server_.store.rooms().Update(Adding(key_, user, 100));
    server_.Follow();
  }
  void LeaveSeat(const std::string& user) {
    (void)server_.store.rooms().Update(Deleting(key_, user));
    server_.Follow();
  }
  std::vector<json> PushesIn(int seconds, SocketClient& client) {
    for (int i = 0; i < seconds; ++i) server_.Tick(1s);
    return client.Pushes();
  }

  const RoomKey key_ = MakeKey(RoomKind::kMulti, "room_1");
  const json beat_{{"beat", json::object()}};
  ChannelFixture server_;
};

TEST_F(Beats, ComeEveryTenSecondsWhileTheUserHasASeat) {
  const auto alice = Connected("alice");
  EXPECT_THAT(PushesIn(20, *alice), IsEmpty());
  TakeSeat("alice");
  EXPECT_EQ(PushesIn(20, *alice), (std::vector{beat_, beat_}));
  LeaveSeat("alice");
  EXPECT_THAT(PushesIn(20, *alice), IsEmpty());
}

TEST_F(Beats, ReachThoseThatAskForThem) {
  TakeSeat("alice");
  const auto alice = Connected("alice", nullptr);
  EXPECT_THAT(PushesIn(20, *alice), IsEmpty());
  SocketClient other(server_);
  EXPECT_EQ(other.Ask("connect", Login("alice", "yes"))["error"]["code"], 60003);
}

TEST_F(Beats, OfClientsThatConnectTogetherComeApart) {
  std::vector<std::unique_ptr<SocketClient>> clients;
  for (int i = 0; i < 10; ++i) {
    TakeSeat(std::to_string(i));
    clients.push_back(Connected(std::to_string(i)));
  }
  std::multiset<int> seconds;
  for (int second = 0; second < 10; ++second) {
    server_.Tick(1s);
    for (const auto& client : clients) {
      if (!client->Pushes().empty()) seconds.insert(second);
    }
  }
  EXPECT_EQ(seconds.size(), clients.size());
  for (const int second : seconds) EXPECT_LT(seconds.count(second), 5U) << second;
}

TEST_F(Beats, AnswerAPollWithinTenSeconds) {
  const json login = Login("alice", true);
  EXPECT_EQ(AnswerOf(Poll(login)), json({{"after", 45}, {"pushes", json::array()}}));
  TakeSeat("alice");
  const json answer = AnswerOf(Poll(login));
  EXPECT_THAT(answer["after"].get<int>(), AllOf(Ge(8), Le(10)));
  EXPECT_EQ(answer["pushes"], json::array({beat_}));
  EXPECT_EQ(AnswerOf(Poll(login, 0)), json({{"after", 0}, {"pushes", json::array({beat_})}}));
  EXPECT_EQ(AnswerOf(Poll(Login("alice", false))),
            json({{"after", 45}, {"pushes", json::array()}}));
}

}  // namespace
}  // namespace rtcroom
