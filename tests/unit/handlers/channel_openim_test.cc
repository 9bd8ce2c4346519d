// The service openim: logins, messages between accounts, the account's poll.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/channel_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

class Openim : public testing::Test {
 protected:
  using Client = ChannelFixture::Client;
  /// The entries of a reply to the account's poll.
  static json EventsIn(const std::shared_ptr<RecordedReply>& poll) {
    return poll->reply() ? json::parse(poll->reply()->body)["EventArray"] : json();
  }
  int LoginCode(const std::string& account, const std::string& user_sig) {
    return server_.LogInReply(account, user_sig)["ErrorCode"];
  }

  ChannelFixture server_;
};

TEST_F(Openim, LoginGivesTheNumberAndTheKeyOfTheAccount) {
  const json reply = server_.LogInReply("user_a", ChannelFixture::UserSigOf("user_a"));
  EXPECT_EQ(reply["ActionStatus"], "OK");
  EXPECT_EQ(reply["ErrorCode"], 0);
  EXPECT_THAT(reply["TinyId"].get<std::string>(), testing::MatchesRegex("[0-9]+"));
  EXPECT_GE(reply["A2Key"].get<std::string>().size(), 10U);
}

TEST_F(Openim, LoginReadsPercentEncodedAccounts) {
  const std::string sig = ChannelFixture::UserSigOf("a:b");
  EXPECT_EQ(LoginCode("a%3Ab", sig), LoginCode("a:b", sig));
}

TEST_F(Openim, LoginNamesTheFaultOfTheTicket) {
  const std::string good = ChannelFixture::UserSigOf("alice");
  EXPECT_EQ(LoginCode("alice", good), 0);
  EXPECT_EQ(LoginCode("alice", ChannelFixture::UserSigOf("alice", kNoon - hours(25))), 70001);
  EXPECT_EQ(LoginCode("alice", "not-a-ticket"), 70009);
  EXPECT_EQ(LoginCode("alice", ""), 70009);
  EXPECT_EQ(LoginCode("alice", SignUserSigV2({ChannelFixture::kSdkAppId, {"alice"}},
                                             Secret("another key"), kNoon, hours(1))),
            70009);
  EXPECT_EQ(LoginCode("bob", good), 70013);
  EXPECT_EQ(LoginCode("alice", SignUserSigV2({1'400'000'002, {"alice"}}, Secret("another key"),
                                             kNoon, hours(1))),
            70014);
  EXPECT_EQ(LoginCode("", good), 10004);
  EXPECT_EQ(LoginCode(std::string(65, 'x'), good), 10004);
}

TEST_F(Openim, ALoginEndsWithItsTicketOrAfterThirtyDays) {
  const auto sign_in = [&](hours life) {
    const json reply =
        server_.LogInReply("alice", ChannelFixture::UserSigOf("alice", server_.clock.Now(), life));
    return Client{"alice", reply.at("TinyId"), reply.at("A2Key")};
  };
  const auto code = [&](const Client& client) -> int {
    return server_.Call(client, "openim/authkey")["ErrorCode"];
  };
  const Client brief = sign_in(hours(1));
  server_.clock.Advance(hours(1) - seconds(1));
  EXPECT_EQ(code(brief), 0);
  server_.clock.Advance(seconds(1));
  EXPECT_EQ(code(brief), 70003);
  const Client lasting = sign_in(days(365));
  server_.clock.Advance(days(30) - seconds(1));
  EXPECT_EQ(code(lasting), 0);
  server_.clock.Advance(seconds(1));
  EXPECT_EQ(code(lasting), 70003);
}

TEST_F(Openim, AuthKeyIsEmpty) {
  const Client alice = server_.LogIn("alice");
  EXPECT_EQ(server_.Post(alice, "openim/authkey", "{}").body,
            R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","AuthKey":"","IpList":[],)"
            R"("ExpireTime":0})");
}

TEST_F(Openim, GetLongPollingIdGivesTheHold) {
  const Client alice = server_.LogIn("alice");
  const json reply = server_.Call(alice, "openim/getlongpollingid");
  EXPECT_TRUE(reply["LongPollingId"].is_string());
  EXPECT_EQ(reply["Timeout"], 45);
}

TEST_F(Openim, ThePollOfAKickedInstanceIsAnsweredAtOnce) {
  const Client first = server_.LogIn("alice");
  const auto poll = server_.PollAccount(first);
  server_.clock.Advance(seconds(1));
  server_.LogIn("alice");
  ASSERT_TRUE(poll->reply());
  EXPECT_EQ(poll->reply()->body,
            R"({"ActionStatus":"FAIL","ErrorCode":91101,"ErrorInfo":"kicked by another login"})");
  EXPECT_EQ(server_.recorded.count(), 3);
}

TEST_F(Openim, LogoutsEndTheInstanceOrAllOfTheAccount) {
  const Client alice = server_.LogIn("alice");
  EXPECT_EQ(server_.Post(alice, "openim/longpollinglogout", R"({"LongPollingId":"1"})").body,
            kDoneReply);
  EXPECT_EQ(server_.Call(alice, "openim/authkey")["ErrorCode"], 70003);

  ChannelFixture server(ChannelOptions{.max_instances = 2});
  const Client phone = server.LogIn("alice");
  server.clock.Advance(seconds(1));
  const Client page = server.LogIn("alice");
  EXPECT_EQ(server.Call(phone, "openim/authkey")["ErrorCode"], 0);
  EXPECT_EQ(server.Post(phone, "openim/logout", "{}").body, kDoneReply);
  EXPECT_EQ(server.Call(page, "openim/authkey")["ErrorCode"], 70003);
}

TEST_F(Openim, AMessageReachesTheOtherAccount) {
  const Client alice = server_.LogIn("alice");
  const Client bob = server_.LogIn("bob");
  const auto poll = server_.PollAccount(alice);
  const std::string body =
      R"([{"MsgType":"TIMCustomElem","MsgContent":{"Data":"{\"cmd\":\"linkmic\"}","Desc":"",)"
      R"("Ext":""}}])";
  const LabelledReply sent = server_.Post(
      bob, "openim/sendmsg",
      R"({"From_Account":"mallory","To_Account":"alice","MsgTimeStamp":1,"MsgSeq":6263637,)"
      R"("MsgRandom":4294967296,"MsgBody":)" +
          body + "}");
  EXPECT_EQ(sent.body,
            R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","MsgTime":1700000000})");
  server_.Follow();
  ASSERT_TRUE(poll->reply());
  EXPECT_THAT(poll->reply()->body, testing::HasSubstr("\"MsgBody\":" + body));
  const json event = EventsIn(poll)[0];
  EXPECT_EQ(event["Event"], 9);
  const json& message = event["C2cMsgArray"][0];
  EXPECT_EQ(message["From_Account"], "bob");
  EXPECT_EQ(message["To_Account"], "alice");
  EXPECT_EQ(message["MsgSeq"], 6263637);
  EXPECT_EQ(message["MsgRandom"], 4294967296);
  EXPECT_EQ(message["MsgTimeStamp"], 1700000000);
  EXPECT_TRUE(message["NoticeSeq"].is_number_unsigned());
}

TEST_F(Openim, AMessageNeedsAReceiverARandomAndABody) {
  const Client alice = server_.LogIn("alice");
  const json message = {
      {"To_Account", "bob"}, {"MsgRandom", 1}, {"MsgBody", {ChannelFixture::Text("x")}}};
  EXPECT_EQ(server_.Call(alice, "openim/sendmsg", message)["ErrorCode"], 0);
  for (const char* const name : {"To_Account", "MsgRandom", "MsgBody"}) {
    json without = message;
    without.erase(name);
    EXPECT_EQ(server_.Call(alice, "openim/sendmsg", without)["ErrorCode"], 10004) << name;
  }
}

TEST_F(Openim, RefusesContentThatClientsCannotRead) {
  const Client alice = server_.LogIn("alice");
  const auto code = [&](const json& elements) -> int {
    return server_.Call(
        alice, "openim/sendmsg",
        {{"To_Account", "bob"}, {"MsgRandom", 1}, {"MsgBody", elements}})["ErrorCode"];
  };
  EXPECT_EQ(code(json::array({{{"MsgType", "TIMImageElem"}, {"MsgContent", json::object()}}})),
            80001);
  EXPECT_EQ(code(json::array({{{"MsgType", "TIMTextElem"}}})), 60003);
  EXPECT_EQ(code(json::array()), 60003);
  EXPECT_EQ(code("x"), 60003);
  EXPECT_EQ(code(json::array({ChannelFixture::Text(std::string(13'000, 'x'))})), 80002);
}

TEST_F(Openim, RefusesTooManyMessagesOfOneAccount) {
  ChannelFixture server(ChannelOptions{.account_rate = {.per_second = 1, .burst = 2}});
  const Client alice = server.LogIn("alice");
  EXPECT_EQ(server.SendDirect(alice, "bob", "1", 1)["ErrorCode"], 0);
  EXPECT_EQ(server.SendDirect(alice, "bob", "2", 2)["ErrorCode"], 0);
  EXPECT_EQ(server.SendDirect(alice, "bob", "3", 3)["ErrorCode"], 10002);
  EXPECT_EQ(server.SendDirect(alice, "bob", "2", 2)["ErrorCode"], 0) << "a repetition";
}

// However many accounts it makes: what waits for others is kept for an hour.
TEST_F(Openim, OneAddressDisplacesNoMessagesOfTheLastHour) {
  constexpr LogBounds kLog{.bytes = std::uint64_t{1} << 19, .messages = 1'000'000};
  ChannelFixture server(ChannelOptions{.log = kLog});
  const auto trim = [&] {
    EXPECT_OK(
        server.store.messages().TrimMessages({.max_bytes = kLog.bytes, .most_per_call = 100'000}));
  };
  std::uint64_t number = 0;
  int refused = 0;
  const auto flood = [&](const std::string& account) {
    const Client client = server.LogIn(account);
    for (int i = 0; i < 5; ++i) {
      const auto reply = server.SendDirect(client, "zoe", std::string(10'000, 'x'), ++number);
      if (reply["ErrorCode"] == 10002) ++refused;
    }
    trim();
  };
  const auto later = [&](std::chrono::minutes by) { server.Tick(by); };
  for (int i = 0; i < 8; ++i) flood("before" + std::to_string(i));
  const Client alice = server.LogIn("alice");
  const HttpRequest sent = [&] {
    HttpRequest request = ChannelFixture::RequestOf(
        "/v4/openim/sendmsg", ChannelFixture::QueryOf(alice),
        json({{"To_Account", "bob"}, {"MsgRandom", 1}, {"MsgBody", {ChannelFixture::Text("hi")}}})
            .dump());
    request.peer_address = "192.0.2.2";
    return request;
  }();
  EXPECT_EQ(json::parse(server.Send(sent).body)["ErrorCode"], 0);
  for (int minute = 0; minute < 60; minute += 10) {
    flood("during" + std::to_string(minute));
    flood("and" + std::to_string(minute));
    later(10min);
  }
  EXPECT_GT(refused, 84) << "of 100, where 20 accounts alone might send as many";
  EXPECT_EQ(server.store.messages().ReadPendingMessages({"bob"}, TimePoint(), 10)->size(), 1u);
  EXPECT_LE(server.store.messages().ReadMessages(0, 1000)->size() * 10'000, kLog.bytes);
}

TEST_F(Openim, MsgReadedIsAcceptedWithoutEffect) {
  const Client alice = server_.LogIn("alice");
  EXPECT_EQ(server_
                .Post(alice, "openim/msgreaded",
                      R"({"C2CMsgReaded":{"Cookie":"","C2CMsgReadedItem":[{"To_Account":"user_b",)"
                      R"("LastedMsgTime":1700000000}]}})")
                .body,
            kDoneReply);
}

TEST_F(Openim, GetMsgGivesMessagesThatNoPollHasReceived) {
  const Client alice = server_.LogIn("alice");
  const Client bob = server_.LogIn("bob");
  server_.SendDirect(bob, "alice", "1", 1);
  server_.SendDirect(bob, "alice", "2", 2);
  json reply = server_.Call(alice, "openim/getmsg", {{"Cookie", ""}, {"SyncFlag", 0}});
  EXPECT_EQ(reply["SyncFlag"], 2);
  EXPECT_EQ(reply["Cookie"], "");
  EXPECT_EQ(reply["EventArray"], json::array());
  ASSERT_EQ(reply["MsgList"].size(), 2U);
  EXPECT_EQ(reply["MsgList"][0]["MsgRandom"], 1);
  EXPECT_EQ(reply["MsgList"][1]["MsgBody"], json::array({ChannelFixture::Text("2")}));

  const auto poll = server_.PollAccount(alice);
  const std::uint64_t seq = EventsIn(poll)[0]["C2cMsgArray"][0]["NoticeSeq"];
  server_.PollAccount(alice, seq);
  server_.Tick(seconds(1));
  reply = server_.Call(alice, "openim/getmsg");
  EXPECT_EQ(reply["MsgList"], json::array());
}

class History : public Openim {
 protected:
  History() {
    for (std::uint64_t i = 1; i <= 5; ++i) {
      server_.clock.Advance(i == 3 ? seconds(0) : seconds(1));
      server_.SendDirect(i % 2 == 0 ? alice_ : bob_, i % 2 == 0 ? "bob" : "alice",
                         std::to_string(i), i);
    }
  }
  json Page(const json& request) { return server_.Call(alice_, "openim/getroammsg", request); }
  static std::vector<int> RandomsOf(const json& page) {
    std::vector<int> randoms;
    for (const json& message : page["MsgList"]) randoms.push_back(message["MsgRandom"]);
    return randoms;
  }

  const Client alice_ = server_.LogIn("alice");
  const Client bob_ = server_.LogIn("bob");
};

TEST_F(History, IsReadBackwardsInPagesThatAreInOrder) {
  const json newest =
      Page({{"Peer_Account", "bob"}, {"MaxCnt", 2}, {"LastMsgTime", 0}, {"MsgKey", ""}});
  EXPECT_EQ(RandomsOf(newest), (std::vector{4, 5}));
  EXPECT_EQ(newest["Complete"], 0);
  EXPECT_EQ(newest["MaxCnt"], 2);
  EXPECT_EQ(newest["LastMsgTime"], newest["MsgList"][0]["MsgTimeStamp"]);
  const json next = Page({{"Peer_Account", "bob"},
                          {"MaxCnt", 2},
                          {"LastMsgTime", newest["LastMsgTime"]},
                          {"MsgKey", newest["MsgKey"]}});
  EXPECT_EQ(RandomsOf(next), (std::vector{2, 3}));
  EXPECT_EQ(next["LastMsgTime"], next["MsgList"][1]["MsgTimeStamp"]) << "of the same second";
  const json last = Page({{"Peer_Account", "bob"},
                          {"MaxCnt", 2},
                          {"LastMsgTime", next["LastMsgTime"]},
                          {"MsgKey", next["MsgKey"]}});
  EXPECT_EQ(RandomsOf(last), std::vector{1});
  EXPECT_EQ(last["Complete"], 1);
  EXPECT_EQ(last["MaxCnt"], 1);
}

TEST_F(History, IsCompleteWhenItIsEmpty) {
  const json page = Page({{"Peer_Account", "carol"}});
  EXPECT_EQ(page["Complete"], 1);
  EXPECT_EQ(page["MaxCnt"], 0);
  EXPECT_EQ(page["LastMsgTime"], 0);
  EXPECT_EQ(page["MsgKey"], "");
  EXPECT_EQ(page["MsgList"], json::array());
}

TEST_F(History, ShowsNothingBetweenOthers) {
  const json page =
      server_.Call(server_.LogIn("mallory"), "openim/getroammsg", {{"Peer_Account", "bob"}});
  EXPECT_EQ(page["MsgList"], json::array());
}

TEST_F(History, NeedsAPeerAndAKeyOfThisServer) {
  EXPECT_EQ(Page(json::object())["ErrorCode"], 10004);
  EXPECT_EQ(Page({{"Peer_Account", "bob"}, {"MsgKey", "k1"}})["ErrorCode"], 10004);
}

TEST_F(History, GivesAtMostFifteenMessages) {
  for (std::uint64_t i = 10; i < 30; ++i) {
    server_.clock.Advance(seconds(1));
    server_.SendDirect(bob_, "alice", std::to_string(i), i);
  }
  EXPECT_EQ(RandomsOf(Page({{"Peer_Account", "bob"}, {"MaxCnt", 100}})).size(), 15U);
}

}  // namespace
}  // namespace rtcroom
