// Today's IM SDKs connect and log in, and their logins end.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/matchers.h"
#include "tests/support/sdk_client.h"
#include "tests/support/tim_world.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

class TimLogin : public testing::Test {
 protected:
  std::unique_ptr<SdkClient> LoggedIn(const std::string& user) {
    return SdkClient::LoggedIn(server_, user);
  }
  /// A new login of alice that has an unread message and has asked for its conversations.
  std::unique_ptr<SdkClient> AskedWithUnread() {
    (void)LoggedIn("bob")->SendDirect("alice", "hello", 1);
    auto client = LoggedIn("alice");
    client->Send("recentcontact.page_get", json::object());
    EXPECT_THAT(client->Frames(), IsEmpty());
    return client;
  }

  ChannelFixture server_;
};

TEST_F(TimLogin, TheSocketIsForOneApplicationAndListedPages) {
  ChannelFixture server({}, {}, {"https://page.example"});
  SdkClient client(server);
  ASSERT_TRUE(client.head());
  // Not all clients ignore a subprotocol that they did not offer.
  for (const auto& [name, value] : client.head()->headers)
    EXPECT_NE(name, "Sec-WebSocket-Protocol");
  EXPECT_TRUE(SdkClient(server, "/info").head());
  EXPECT_TRUE(
      SdkClient(server, "/binfo", ChannelFixture::kSdkAppId, "https://page.example").head());
  EXPECT_EQ(SdkClient(server, "/binfo", 1).refusal()->status, 404);
  EXPECT_EQ(SdkClient(server, "/binfo", ChannelFixture::kSdkAppId, "https://other.example")
                .refusal()
                ->status,
            403);
  server.CutOff(1s);
  EXPECT_EQ(SdkClient(server).refusal()->status, 503);
}

TEST_F(TimLogin, ATicketGivesALogin) {
  SdkClient client(server_);
  const json reply = client.LogIn("alice", ChannelFixture::UserSigOf("alice"));
  EXPECT_EQ(reply["ErrorCode"], 0);
  EXPECT_TRUE(reply["TinyId"].is_string());
  EXPECT_THAT(reply["InstId"].get<std::int64_t>(), AllOf(Ge(1), Le(0x7fff'ffff)));
  EXPECT_THAT(reply["HelloInterval"].get<int>(), AllOf(Ge(7), Le(9)));
  EXPECT_EQ(
      reply["TimeStamp"],
      std::chrono::floor<std::chrono::seconds>(server_.clock.Now()).time_since_epoch().count());
  EXPECT_EQ(client.Ask("im_open_status.wshello")["ErrorCode"], 0);
  SdkClient text(server_, "/info");
  EXPECT_EQ(text.LogIn("bob", ChannelFixture::UserSigOf("bob"))["ErrorCode"], 0);
}

TEST_F(TimLogin, GreetingsOfLoginsAreSpreadOverSeconds) {
  std::vector<int> intervals;
  // Each login draws two numbers, of which each is one more than the one before.
  for (const char* const user : {"alice", "bob", "carol"}) {
    const json reply = SdkClient(server_).LogIn(user, ChannelFixture::UserSigOf(user));
    intervals.push_back(reply["HelloInterval"]);
  }
  EXPECT_THAT(intervals, testing::UnorderedElementsAre(7, 8, 9));
}

TEST_F(TimLogin, WhereALoginBeginsIsStoredBeforeItsReply) {
  const auto client = LoggedIn("alice");
  EXPECT_THAT(*server_.store.accounts().ReadAccountGroups({"alice"}), SizeIs(1));
}

TEST_F(TimLogin, RowsOfALoginGoWhenItsSuccessorBegins) {
  server_.MakeRoom(RoomKind::kLive, "live");
  const auto rows = [&] {
    EXPECT_OK(server_.channel.places().Save());
    return *server_.store.accounts().ReadAccountGroups({"alice"});
  };
  const auto away = LoggedIn("alice");
  (void)away->Join("live");
  away->Cut();
  EXPECT_THAT(rows(), SizeIs(2));
  const auto connected = LoggedIn("alice");
  (void)connected->Join("live");
  EXPECT_THAT(rows(), SizeIs(2)) << "of the newer one";
  const auto newest = LoggedIn("alice");
  EXPECT_THAT(rows(), SizeIs(1));
  EXPECT_EQ(newest->Ask("im_open_status.wslogout", {{"wslogout_type", 0}})["ErrorCode"], 0);
  EXPECT_THAT(rows(), IsEmpty());
}

TEST_F(TimLogin, RowsOfALoginThatGoesOnStay) {
  ChannelFixture server({.max_instances = 2});
  const auto phone = SdkClient::LoggedIn(server, "alice");
  const auto page = SdkClient::LoggedIn(server, "alice");
  EXPECT_THAT(*server.store.accounts().ReadAccountGroups({"alice"}), SizeIs(2));
}

TEST_F(TimLogin, RefusalsHaveTheCodesOfTheChannel) {
  SdkClient client(server_);
  EXPECT_EQ(client.LogIn("alice", ChannelFixture::UserSigOf("bob"))["ErrorCode"], 70013);
  EXPECT_EQ(client.LogIn("alice", "x")["ErrorCode"], 70009);
  EXPECT_EQ(client.LogIn("alice", ChannelFixture::UserSigOf("alice", kNoon - 48h))["ErrorCode"],
            70001);
  EXPECT_EQ(client.Ask("im_open_status.wshello")["ErrorCode"], 70001);
  EXPECT_EQ(client.Ask("heartbeat.alive")["ErrorCode"], 0);
  EXPECT_EQ(client.Ask("no.such_command")["ErrorCode"], 60002);
  EXPECT_EQ(client.close_code(), 0);
}

TEST_F(TimLogin, WhoIsNotLoggedInWaitsForTheRateOfItsAddress) {
  for (const char* const command : {"im_open_status.wshello", "no.such_command"}) {
    SdkClient client(server_);
    client.SetLogin("1", "foreign");
    server_.costs.refused_addresses = {"192.0.2.1"};
    EXPECT_TRUE(client.Ask(command).is_null()) << command;
    server_.costs.refused_addresses.clear();
    server_.Tick(1s);
    server_.Settle();
    EXPECT_NE(client.ReplyTo(command, client.last_seq())["ErrorCode"], 0) << command;
  }
}

TEST_F(TimLogin, ALogoutIsChargedAndDoesNotWait) {
  const auto client = LoggedIn("alice");
  SdkClient later(server_);
  later.TakeLogin(*client);
  std::string hellos;
  for (int i = 0; i < 59; ++i) {
    hellos += ClientFrame(kFinal | kBinaryOpcode,
                          R"({"head":{"servcmd":"im_open_status.wshello","seq":1},"body":{}})");
  }
  client->SendBytes(hellos);  // with the login they are all that its socket takes at once
  EXPECT_THAT(client->Pushes(), SizeIs(59));
  server_.costs.refused_addresses = {"192.0.2.1"};
  const std::uint32_t charged = server_.costs.charged_to_addresses;
  client->Send("im_open_status.wslogout", {{"wslogout_type", 0}});
  client->Cut();
  EXPECT_EQ(server_.costs.charged_to_addresses, charged + 1);
  server_.costs.refused_addresses.clear();
  EXPECT_EQ(later.Ask("im_open_status.wshello")["ErrorCode"], 70001);
}

TEST_F(TimLogin, ALongRequestIsNotReadWhileItsAddressIsInDebt) {
  SdkClient client(server_);
  server_.costs.indebted_addresses = {"192.0.2.1"};
  client.SendText(R"({"head":)" + std::string(20'000, '[') + "}");
  EXPECT_EQ(client.close_code(), 0);
  server_.costs.indebted_addresses.clear();
  server_.Tick(1s);
  server_.Settle();
  EXPECT_EQ(client.close_code(), 1007);
}

TEST_F(TimLogin, OnlyASilentClientIsPinged) {
  const auto client = LoggedIn("alice");
  const auto wait = [&](std::chrono::seconds time) {
    for (; time > 0s; time -= 1s) server_.Tick(1s);
  };
  for (int i = 0; i < 5; ++i) {
    wait(9s);
    EXPECT_EQ(client->Ask("im_open_status.wshello")["ErrorCode"], 0);
  }
  wait(24s);
  EXPECT_EQ(client->pings(), 0);
  wait(1s);
  EXPECT_EQ(client->pings(), 1);
  wait(25s);
  EXPECT_EQ(client->pings(), 2);
}

TEST_F(TimLogin, WhatIsNoRequestClosesTheSocket) {
  SdkClient client(server_);
  client.SendText("[]");
  EXPECT_EQ(client.close_code(), 1007);
  SdkClient large(server_);
  large.SendBytes(ClientFrame(kFinal | kBinaryOpcode, std::string((64 << 10) + 1, ' ')));
  EXPECT_EQ(large.close_code(), 1009);
}

TEST_F(TimLogin, ARequestIsAcceptedForItsOwnLogin) {
  const auto client = LoggedIn("alice");
  client->Cut();
  SdkClient again(server_);
  again.TakeLogin(*client);
  EXPECT_EQ(again.SendDirect("bob", "before the login", 1)["ErrorCode"], 0);
  EXPECT_EQ(again.LogInAgain()["ErrorCode"], 0);
  again.SetLogin("1", "foreign");
  EXPECT_EQ(again.Ask("im_open_status.wshello")["ErrorCode"], 70001);
}

TEST_F(TimLogin, ANewerLoginEndsTheOlderOne) {
  const auto older = LoggedIn("alice");
  const auto newer = LoggedIn("alice");
  const std::vector<json> pushes = older->Pushes();
  ASSERT_THAT(pushes, SizeIs(1));
  EXPECT_EQ(pushes[0]["EventArray"][0]["C2cNotifyMsgArray"][0]["KickoutMsgNotify"]["KickType"], 1);
  EXPECT_EQ(older->Ask("im_open_status.wslogout", {{"wslogout_type", 1}})["ErrorCode"], 0);
  EXPECT_EQ(older->close_code(), 0);
  const json refused = older->Ask("im_open_status.wshello");
  EXPECT_EQ(refused["ErrorCode"], 1002);
  EXPECT_FALSE(refused.contains("KickType")) << "the SDK would tell its application twice";
  EXPECT_EQ(newer->Ask("im_open_status.wshello")["ErrorCode"], 0);
}

TEST_F(TimLogin, ALoginIsNotKickedByTheNextOneOnItsConnection) {
  const auto client = LoggedIn("alice");
  EXPECT_EQ(client->LogIn("alice", ChannelFixture::UserSigOf("alice"))["ErrorCode"], 0);
  EXPECT_THAT(client->Pushes(), IsEmpty());
  (void)LoggedIn("bob")->SendDirect("alice", "hello", 1);
  EXPECT_THAT(client->Texts(), ElementsAre("hello"));
}

TEST_F(TimLogin, OneThatIsCutOffIsToldByItsNextRequest) {
  const auto older = LoggedIn("alice");
  older->Cut();
  const auto newer = LoggedIn("alice");
  SdkClient again(server_);
  again.TakeLogin(*older);
  const json refused = again.LogInAgain();
  EXPECT_EQ(refused["ErrorCode"], 1002);
  EXPECT_EQ(refused["KickType"], 1);
  EXPECT_FALSE(again.LogInAgain().contains("KickType")) << "the SDK has already been notified";
  EXPECT_THAT(newer->Pushes(), IsEmpty());
}

TEST_F(TimLogin, AKickOfALaterLoginOnTheConnectionIsToldAgain) {
  const auto client = LoggedIn("alice");
  (void)LoggedIn("alice");
  EXPECT_EQ(client->LogIn("alice", ChannelFixture::UserSigOf("alice"))["ErrorCode"], 0);
  (void)LoggedIn("alice");
  EXPECT_THAT(client->Pushes(), SizeIs(2));
}

TEST_F(TimLogin, AnOperatorEndsAllLoginsOfTheAccount) {
  ChannelFixture server;
  const auto client = SdkClient::LoggedIn(server, "alice");
  const AccountValidity validity{.account = {"alice"},
                                 .valid_from = std::chrono::floor<std::chrono::seconds>(kNoon)};
  server.validities.Put(validity);
  server.channel.logins().EndLogins(validity);
  const std::vector<json> pushes = client->Pushes();
  ASSERT_THAT(pushes, SizeIs(1));
  EXPECT_EQ(pushes[0]["EventArray"][0]["C2cNotifyMsgArray"][0]["KickoutMsgNotify"]["KickType"], 3);
  EXPECT_FALSE(client->Ask("im_open_status.wshello").contains("KickType"))
      << "the SDK has already been notified";

  // One that was away; at a server that has only the stored validity.
  ChannelFixture other;
  other.validities.Put(validity);
  SdkClient again(other);
  again.TakeLogin(*client);
  for (const char* const version : {"", "2.19.1"}) {
    SdkClient older(other, "/binfo", ChannelFixture::kSdkAppId, {}, version);
    older.TakeLogin(*client);
    EXPECT_EQ(older.LogInAgain()["KickType"], 1) << "it knows no other";
  }
  const json refused = again.LogInAgain();
  EXPECT_EQ(refused["ErrorCode"], 1002);
  EXPECT_EQ(refused["KickType"], 3);
  EXPECT_EQ(again.LogIn("alice", ChannelFixture::UserSigOf("alice", kNoon))["ErrorCode"], 70001);
  EXPECT_EQ(again.LogIn("alice", ChannelFixture::UserSigOf("alice", kNoon + 1s))["ErrorCode"], 0);
  EXPECT_EQ(again.Ask("im_open_status.wshello")["ErrorCode"], 0);
}

TEST_F(TimLogin, ALaterConnectionOfALoginIsNotEndedByAnEarlierOne) {
  const auto first = LoggedIn("alice");
  SdkClient second(server_);
  second.TakeLogin(*first);
  EXPECT_EQ(second.LogInAgain()["ErrorCode"], 0);
  first->Cut();
  const auto newer = LoggedIn("alice");
  EXPECT_THAT(second.Pushes(), SizeIs(1)) << "it is told that it has ended";
}

TEST_F(TimLogin, AnEarlierConnectionOfALoginReceivesNothingMore) {
  const auto first = LoggedIn("alice");
  SdkClient second(server_);
  second.TakeLogin(*first);
  EXPECT_EQ(second.LogInAgain()["ErrorCode"], 0);
  (void)LoggedIn("bob")->SendDirect("alice", "hello", 1);
  EXPECT_THAT(second.Texts(), ElementsAre("hello"));
  EXPECT_THAT(first->Pushes(), IsEmpty());
  EXPECT_EQ(first->close_code(), 0);
}

TEST_F(TimLogin, ALogoutLeavesTheSocketOpen) {
  const auto client = LoggedIn("alice");
  EXPECT_EQ(client->Ask("im_open_status.wslogout", {{"wslogout_type", 0}})["ErrorCode"], 0);
  EXPECT_EQ(client->Ask("im_open_status.wshello")["ErrorCode"], 70001);
  EXPECT_EQ(client->close_code(), 0);
  EXPECT_EQ(client->LogIn("bob", ChannelFixture::UserSigOf("bob"))["ErrorCode"], 0);
}

TEST_F(TimLogin, HasItsConversationsAfterWhatIsUnread) {
  const auto client = AskedWithUnread();
  client->Send("openim.getmsg", {{"Cookie", ""}});
  const std::vector<json> replies = client->Frames();
  ASSERT_THAT(replies, SizeIs(2));
  EXPECT_EQ(replies[0]["head"]["servcmd"], "openim.getmsg");
  EXPECT_EQ(replies[1]["head"]["servcmd"], "recentcontact.page_get");
  EXPECT_EQ(replies[1]["body"]["SessionItem"][0]["To_Account"], "bob");
}

TEST_F(TimLogin, WaitsForItsConversationsUntilTheFirstTickAfterASecond) {
  const auto client = AskedWithUnread();
  const std::uint64_t first = client->last_seq();
  EXPECT_THAT(client->Ask("recentcontact.page_get")["SessionItem"], SizeIs(1)) << "the second";
  server_.Tick(999ms);
  server_.Settle();
  EXPECT_TRUE(client->ReplyTo("recentcontact.page_get", first).is_null());
  server_.Tick(1s);
  server_.Settle();
  EXPECT_THAT(client->ReplyTo("recentcontact.page_get", first)["SessionItem"], SizeIs(1));
}

TEST_F(TimLogin, HasItsConversationsAtOnceWhereItNeedNotWait) {
  const auto asks = [](SdkClient& client) { return client.Ask("recentcontact.page_get"); };
  (void)LoggedIn("bob")->SendDirect("alice", "hello", 1);
  const auto client = LoggedIn("alice");
  (void)client->Ask("openim.getmsg", {{"Cookie", ""}});
  EXPECT_THAT(asks(*client)["SessionItem"], SizeIs(1)) << "it was told what is unread";
  client->Cut();
  SdkClient again(server_);
  again.TakeLogin(*client);
  EXPECT_EQ(again.LogInAgain()["ErrorCode"], 0);
  EXPECT_THAT(asks(again)["SessionItem"], SizeIs(1)) << "its login is not new";
}

TEST_F(TimLogin, HasItsConversationsAfterItsQuestionForWhatIsUnreadThoughNothingIs) {
  const auto client = LoggedIn("alice");
  client->Send("recentcontact.page_get", json::object());
  EXPECT_THAT(client->Frames(), IsEmpty());
  client->Send("openim.getmsg", {{"Cookie", ""}});
  EXPECT_THAT(client->Frames(), SizeIs(2));
}

TEST_F(TimLogin, IsToldOfAMessageOnceWhereverItComes) {
  const auto bob = LoggedIn("bob");
  (void)bob->SendDirect("alice", "before", 1);
  const auto client = LoggedIn("alice");
  (void)bob->SendDirect("alice", "after", 2);
  EXPECT_THAT(client->Texts(), ElementsAre("after"));
  const json unread = client->Ask("openim.getmsg", {{"Cookie", ""}});
  EXPECT_THAT(tim::TextsOf(unread["MsgList"]), ElementsAre("before"));
  EXPECT_EQ(unread["C2CPairUnreadCount"],
            json::array({{{"From_Account", "bob"}, {"UnreadCount", 1}}}));
}

TEST_F(TimLogin, HasItsConversationsBeforeItsLogout) {
  const auto client = AskedWithUnread();
  client->Send("im_open_status.wslogout", {{"wslogout_type", 0}});
  const std::vector<json> replies = client->Frames();
  ASSERT_THAT(replies, SizeIs(2));
  EXPECT_EQ(replies[0]["head"]["servcmd"], "recentcontact.page_get");
  EXPECT_THAT(replies[0]["body"]["SessionItem"], SizeIs(1));
  EXPECT_EQ(replies[1]["head"]["servcmd"], "im_open_status.wslogout");
}

TEST_F(TimLogin, HasNoConversationsOnceItHasEnded) {
  const auto client = AskedWithUnread();
  const auto newer = LoggedIn("alice");
  EXPECT_THAT(client->Frames(), SizeIs(1)) << "it is told that it has ended";
  server_.Tick(2s);
  server_.Settle();
  EXPECT_THAT(client->Frames(), IsEmpty());
}

TEST_F(TimLogin, HasItsConversationsAtOnceByItsNextConnection) {
  const auto client = AskedWithUnread();
  client->Cut();
  server_.Tick(2s);
  server_.Settle();
  EXPECT_THAT(client->Frames(), IsEmpty());
  SdkClient again(server_);
  again.TakeLogin(*client);
  EXPECT_THAT(again.Ask("recentcontact.page_get")["SessionItem"], SizeIs(1)) << "before its login";
}

TEST_F(TimLogin, HasNoConversationsFromAServerThatSendsItAway) {
  const auto client = AskedWithUnread();
  server_.CutOff(1min);
  server_.Tick(2s);
  server_.Settle();
  EXPECT_THAT(client->Frames(), IsEmpty());
  EXPECT_EQ(client->close_code(), close_code::kRestart);
}

TEST_F(TimLogin, AnExpiredLoginIsRefused) {
  SdkClient client(server_);
  (void)client.LogIn("alice", ChannelFixture::UserSigOf("alice", server_.clock.Now(), 30s));
  server_.Tick(31s);
  EXPECT_EQ(client.Ask("im_open_status.wshello")["ErrorCode"], 70001);
}

TEST_F(TimLogin, RequestsBeyondTheRateWaitAndMessagesAreRefused) {
  const auto client = LoggedIn("alice");
  std::string hellos;
  const auto frame = [&](int seq, const std::string& servcmd) {
    return json({{"head", {{"servcmd", servcmd}, {"seq", seq}}}, {"body", json::object()}}).dump();
  };
  for (int i = 0; i < 70; ++i) {
    hellos += ClientFrame(kFinal | kBinaryOpcode, frame(i, "im_open_status.wshello"));
  }
  client->SendBytes(hellos);
  const std::size_t answered = client->Pushes().size();
  EXPECT_LT(answered, 70U);
  EXPECT_EQ(client->close_code(), 0);
  server_.Tick(1s);
  server_.Settle();
  EXPECT_EQ(answered + client->Pushes().size(), 70U);
  std::string sends;
  for (int i = 0; i < 70; ++i) {
    sends += ClientFrame(kFinal | kBinaryOpcode, frame(i, "openim.sendmsg"));
  }
  client->SendBytes(sends);
  std::size_t refused = 0;
  const std::vector<json> replies = client->Pushes();
  for (const json& reply : replies) refused += reply["ErrorCode"] == 10002 ? 1 : 0;
  EXPECT_EQ(replies.size(), 70U);
  EXPECT_GT(refused, 0U);
}

TEST_F(TimLogin, MoreFramesThanAnSdkSendsCloseTheSocket) {
  const auto send = [](SdkClient& client, int count) {
    const std::string frame = ClientFrame(
        kFinal | kBinaryOpcode, R"({"head":{"servcmd":"heartbeat.alive","seq":1},"body":{}})");
    std::string frames;
    for (int i = 0; i < count; ++i) frames += frame;
    client.SendBytes(frames);
    return client.close_code();
  };
  const auto client = LoggedIn("alice");
  EXPECT_EQ(send(*client, 900), 0);
  EXPECT_EQ(send(*client, 200), 4008);
  const auto other = LoggedIn("bob");
  EXPECT_EQ(send(*other, 900), 0) << "of one connection only";
}

TEST_F(TimLogin, OnlyShortGreetingsAreFree) {
  const auto client = LoggedIn("alice");
  const auto answers = [&](std::size_t bytes) {
    const json head = {{"servcmd", "heartbeat.alive"}, {"seq", 1}};
    const std::string frame =
        json({{"head", head}, {"body", {{"x", std::string(bytes, 'x')}}}}).dump();
    std::string all;
    for (int i = 0; i < 70; ++i) all += ClientFrame(kFinal | kBinaryOpcode, frame);
    client->SendBytes(all);
    return client->Pushes().size();
  };
  EXPECT_EQ(answers(1'000), 70U);
  EXPECT_LT(answers(3'000), 70U);
}

}  // namespace
}  // namespace rtcroom
