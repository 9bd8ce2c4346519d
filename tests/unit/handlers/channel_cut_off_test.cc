// The message channel of a server that is cut off from the others on its store.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using testing::Contains;
using testing::Pair;

class CutOffChannel : public testing::Test {
 protected:
  CutOffChannel() { (void)server_.sessions.LoginTrusted({"alice"}); }

  static json ConnectOfAlice() { return {{"userID", "alice"}, {"token", "token-of-alice"}}; }
  json Poll(int wait = 0) {
    return {{"connect", ConnectOfAlice()}, {"wait", wait}, {"cursors", json::array()}};
  }
  template <typename AnyReply>
  static void ExpectTryAnother(const AnyReply& reply) {
    EXPECT_EQ(reply.status, 503);
    EXPECT_THAT(reply.headers, Contains(Pair("Retry-After", "1")));
  }

  ChannelFixture server_;
};

TEST_F(CutOffChannel, SendsOldClientsToAnotherServer) {
  const ChannelFixture::Client alice = server_.LogIn("alice");
  server_.CutOff(1ms);
  for (const char* const command : {"openim/sendmsg", "openim/longpolling", "openim/login"}) {
    const LabelledReply reply = server_.Post(alice, command, "{}");
    ExpectTryAnother(reply);
    const json body = json::parse(reply.body);
    EXPECT_EQ(body.value("ActionStatus", ""), "FAIL") << command;
    EXPECT_EQ(body.value("ErrorCode", 0), 10002) << command;
  }
  server_.node.RenewForGood();
  EXPECT_EQ(server_.Post(alice, "openim/getlongpollingid", "{}").status, 200);
}

TEST_F(CutOffChannel, SendsPollsOfNewClientsToAnotherServer) {
  server_.CutOff(1ms);
  const LabelledReply reply =
      server_.Send(ChannelFixture::RequestOf("/channel/poll", "", Poll().dump()));
  ExpectTryAnother(reply);
  EXPECT_EQ(json::parse(reply.body).at("error").at("code"), 10002);
}

TEST_F(CutOffChannel, AnswersAPollThatWaits) {
  const auto poll = std::make_shared<RecordedReply>();
  Handle(server_.router, ChannelFixture::RequestOf("/channel/poll", "", Poll(45).dump()), poll);
  server_.Tick(1s);
  EXPECT_EQ(poll->times_sent(), 0);
  server_.CutOff(1ms);
  server_.Tick(1s);
  EXPECT_EQ(poll->times_sent(), 1);
}

TEST_F(CutOffChannel, OpensNoSocket) {
  server_.CutOff(1ms);
  const SocketClient client(server_);
  EXPECT_FALSE(client.head());
  ASSERT_TRUE(client.refusal());
  ExpectTryAnother(*client.refusal());
}

TEST_F(CutOffChannel, LogsNobodyIn) {
  SocketClient client(server_);
  server_.CutOff(1ms);
  EXPECT_EQ(client.Ask("connect", ConnectOfAlice()).at("error").at("code"), 10002);
  EXPECT_EQ(client.close_code(), 1013);
}

TEST_F(CutOffChannel, KeepsSocketsForAWhile) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  server_.CutOff(1ms);
  const json message = {{"to", "bob"}, {"type", "text"}, {"body", "hello"}};
  EXPECT_EQ(alice->Ask("send", message).at("error").at("code"), 10002);
  EXPECT_EQ(alice->Ask("ping"), json::object());
  server_.CutOff(29s);
  server_.Tick(1s);
  EXPECT_EQ(alice->close_code(), 0);
  server_.node.RenewForGood();
  EXPECT_FALSE(alice->Ask("send", message).contains("error"));
}

TEST_F(CutOffChannel, ThenTellsTheirClientsToConnectAgain) {
  const auto alice = SocketClient::LoggedIn(server_, "alice");
  server_.CutOff(30s);
  server_.Tick(1s);
  EXPECT_THAT(alice->Pushes(), Contains(testing::ResultOf(
                                   [](const json& push) { return push.contains("drain"); }, true)));
  EXPECT_EQ(alice->close_code(), 1012);
}

TEST_F(CutOffChannel, KeepsPollsOfOldClientsAsLongAndThenSendsThemToAnotherServer) {
  const ChannelFixture::Client alice = server_.LogIn("alice");
  server_.MakeRoom(RoomKind::kMulti, "r1");
  const auto account = server_.PollAccount(alice);
  const auto room = server_.PollRoom(alice, server_.Join(alice, "r1"));
  server_.CutOff(29s);
  server_.Tick(1s);
  EXPECT_EQ(account->times_sent(), 0);
  EXPECT_EQ(room->times_sent(), 0);
  server_.CutOff(30s);
  server_.Tick(1s);
  for (const auto& poll : {account, room}) {
    ASSERT_EQ(poll->times_sent(), 1);
    ExpectTryAnother(*poll->reply());
    EXPECT_EQ(json::parse(poll->reply()->body).value("ErrorCode", 0), 10002);
  }
}

TEST_F(CutOffChannel, AnswersPreflights) {
  server_.CutOff(1ms);
  HttpRequest request = ChannelFixture::RequestOf("/v4/openim/login", "", "");
  request.method = "OPTIONS";
  EXPECT_EQ(server_.Send(request).status, 204);
}

}  // namespace
}  // namespace rtcroom
