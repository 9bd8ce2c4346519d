// The connection of a new client: handshake, login, requests, closing.
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
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class Socket : public testing::Test {
 protected:
  Socket() { server_.MakeRoom(RoomKind::kMulti, "room_1"); }

  std::unique_ptr<SocketClient> LoggedIn(const std::string& user) {
    return SocketClient::LoggedIn(server_, user);
  }
  json TokenOf(const std::string& user) {
    (void)server_.sessions.LoginTrusted({user});
    return {{"userID", user}, {"token", FakeSessions::TokenOf(user)}};
  }
  static json Room(const std::string& id = "room_1") { return {{"kind", "multi"}, {"roomID", id}}; }

  ChannelFixture server_;
};

TEST_F(Socket, IsOpenedWithItsSubprotocol) {
  SocketClient client(server_);
  ASSERT_TRUE(client.head());
  EXPECT_EQ(client.head()->status, 101);
  EXPECT_THAT(client.head()->headers, Contains(Pair("Sec-WebSocket-Protocol", "rtcroomd.v1")));
  EXPECT_EQ(server_.receivers.counts().sockets, 1U);
  client.Cut();
  EXPECT_EQ(server_.receivers.counts().sockets, 0U);
}

TEST_F(Socket, IsRefusedToPagesOfOtherOrigins) {
  ChannelFixture server({}, {}, {"https://page.example"});
  EXPECT_TRUE(SocketClient(server).head()) << "an app sends no origin";
  EXPECT_TRUE(SocketClient(server, "https://page.example").head());
  SocketClient other(server, "https://other.example");
  EXPECT_FALSE(other.head());
  EXPECT_EQ(other.refusal()->status, 403);
  EXPECT_EQ(json::parse(other.refusal()->body)["ErrorInfo"],
            "Origin: not one of server.cors_origins");
  EXPECT_TRUE(SocketClient(server, "https://" + std::string(SocketClient::kHost)).head())
      << "a page of this server";
}

TEST_F(Socket, IsForRequestsThatAskForOne) {
  const auto status = [&](const char* method) {
    return server_.Send({.method = method, .path = "/channel/ws", .peer_address = "192.0.2.1"})
        .status;
  };
  EXPECT_EQ(status("GET"), 426);
  EXPECT_EQ(status("POST"), 426);
  EXPECT_EQ(status("OPTIONS"), 204);
  server_.admission.refused_addresses.insert("192.0.2.1");
  EXPECT_EQ(status("GET"), 429);
}

TEST_F(Socket, ATokenConnectsItsUser) {
  (void)server_.sessions.LoginTrusted({"alice"});
  SocketClient client(server_);
  EXPECT_EQ(client.Ask("connect", {{"userID", "alice"}, {"token", "token-of-alice"}}),
            json::parse(R"({"userID":"alice","login":1700000060000,"direct":0,"ping":25,
                "limits":{"rooms":16,"messageBytes":8000,"messagesPerSecond":10}})"));
  EXPECT_EQ(server_.sizes().instances, 1U);
  EXPECT_EQ(client.close_code(), 0);
}

TEST_F(Socket, AUserSigConnectsItsUser) {
  SocketClient client(server_);
  EXPECT_EQ(client.Ask("connect", {{"userID", "alice"},
                                   {"sdkAppID", ChannelFixture::kSdkAppId},
                                   {"userSig", ChannelFixture::UserSigOf("alice")}})["userID"],
            "alice");
}

TEST_F(Socket, OtherLoginsAreRefusedAndClosed) {
  (void)server_.sessions.LoginTrusted({"alice"});
  const auto code_of = [&](const json& connect) {
    SocketClient client(server_);
    const json reply = client.Ask("connect", connect);
    EXPECT_EQ(client.close_code(), 4003) << connect;
    EXPECT_TRUE(client.is_released());
    return reply["error"]["code"];
  };
  EXPECT_EQ(code_of({{"userID", "alice"}}), 70003);
  EXPECT_EQ(code_of({{"userID", "alice"}, {"token", ""}, {"userSig", ""}}), 70003);
  EXPECT_EQ(code_of({{"userID", "alice"}, {"token", "token-of-bob"}}), 70013);
  EXPECT_EQ(code_of({{"userID", "bob"}, {"token", "token-of-bob"}}), 70001);
  EXPECT_EQ(code_of({{"userID", "alice"}, {"token", "malformed"}}), 70009);
  EXPECT_EQ(code_of({{"userID", "alice"}, {"userSig", "x"}}), 70009);
  EXPECT_EQ(code_of({{"userID", "alice"}, {"userSig", std::string(20'000, 'A')}}), 70009);
  const std::string sig = ChannelFixture::UserSigOf("alice");
  EXPECT_EQ(code_of({{"userID", "bob"}, {"userSig", sig}}), 70013);
  EXPECT_EQ(code_of({{"userID", "alice"}, {"sdkAppID", 1}, {"userSig", sig}}), 70014);
  const std::string old = ChannelFixture::UserSigOf("alice", kNoon - 25h);
  EXPECT_EQ(code_of({{"userID", "alice"}, {"userSig", old}}), 70001);
}

TEST_F(Socket, ABadConnectMayBeRepeatedAndASecondOneChangesNothing) {
  (void)server_.sessions.LoginTrusted({"alice"});
  SocketClient client(server_);
  EXPECT_EQ(client.Ask("connect", {{"userID", "a b"}})["error"]["code"], 10004);
  const json good = {{"userID", "alice"}, {"token", "token-of-alice"}};
  EXPECT_EQ(client.Ask("connect", good)["userID"], "alice");
  EXPECT_EQ(client.Ask("connect", good)["error"]["code"], 10004);
  EXPECT_EQ(client.Ask("ping"), json::object());
}

TEST_F(Socket, TheFirstRequestIsConnectWithinTenSeconds) {
  SocketClient early(server_);
  early.Ask("ping");
  EXPECT_EQ(early.close_code(), 1008);
  SocketClient late(server_);
  server_.Tick(9s);
  EXPECT_EQ(late.close_code(), 0);
  late.SendBytes(ClientFrame(kFinal | kPingOpcode, "still here"));
  server_.Tick(1s);
  EXPECT_EQ(late.close_code(), 1008);
  EXPECT_TRUE(late.is_released());
}

TEST_F(Socket, WhatIsNoRequestClosesIt) {
  const auto close_code = [&](std::string_view text) {
    const auto client = LoggedIn("alice");
    client->SendText(text);
    return client->close_code();
  };
  EXPECT_EQ(close_code("not json"), 1007);
  EXPECT_EQ(close_code("[1]"), 1007);
  EXPECT_EQ(close_code(""), 1007);
  EXPECT_EQ(close_code(R"({"ping":{}})"), 1008);
  EXPECT_EQ(close_code(R"({"id":-1,"ping":{}})"), 1008);
  EXPECT_EQ(close_code(R"({"id":"1","ping":{}})"), 1008);
  EXPECT_EQ(close_code(std::string(65'537, ' ')), 1009);
}

TEST_F(Socket, JsonBeyondItsBoundsClosesIt) {
  const auto close_code = [&](const std::string& value) {
    const auto client = LoggedIn("alice");
    client->SendText(R"({"id":1,"ping":{},"x":)" + value + "}");
    return client->close_code();
  };
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  json object = json::object();
  for (int i = 0; i < 1021; ++i) object[std::to_string(i)] = 0;  // 1,024 with the request's
  EXPECT_EQ(close_code(object.dump()), 0);
  object["more"] = 0;
  EXPECT_EQ(close_code(object.dump()), 1007);
  EXPECT_EQ(close_code(json(1024, 0).dump()), 0);
  EXPECT_EQ(close_code(json(1025, 0).dump()), 1007);
  EXPECT_EQ(close_code(nested(15)), 0);
  EXPECT_EQ(close_code(nested(16)), 1007);
  EXPECT_EQ(close_code(R"("\u0001")"), 0);
  EXPECT_EQ(close_code(R"("\u0000")"), 1007);
}

TEST_F(Socket, BadRequestsAreAnswered) {
  const auto client = LoggedIn("alice");
  const auto reply = [&](std::string_view text) {
    client->SendText(text);
    return client->Pushes().at(0);
  };
  EXPECT_EQ(reply(R"({"id":7,"fly":{}})"),
            json::parse(R"({"id":7,"error":{"code":60002,"message":"unknown command"}})"));
  EXPECT_EQ(reply(R"({"id":7})")["error"]["code"], 60002);
  EXPECT_EQ(reply(R"({"id":7,"ping":[]})")["error"]["code"], 60003);
  EXPECT_EQ(reply(R"({"id":7,"ping":{},"send":{}})")["error"]["code"], 10004);
  EXPECT_EQ(reply(R"({"id":7,"subscribe":{"kind":"none","roomID":"x"}})")["error"],
            json::parse(R"({"code":10004,
                            "message":"kind: not one of double, multi, live, webrtc"})"));
  EXPECT_EQ(reply(R"({"id":9007199254740992,"ping":{}})")["id"], 9007199254740992);
  EXPECT_EQ(client->close_code(), 0);
}

TEST_F(Socket, RequestsThatArriveTogetherAreAnsweredInOrder) {
  const auto client = LoggedIn("alice");
  std::string frames;
  for (int id = 10; id < 14; ++id) {
    frames += ClientText(json({{"id", id}, {id % 2 == 0 ? "members" : "ping", Room()}}).dump());
  }
  client->SendBytes(frames);
  std::vector<int> ids;
  for (const json& reply : client->Pushes()) ids.push_back(reply["id"]);
  EXPECT_THAT(ids, ElementsAre(10, 11, 12, 13));
  EXPECT_FALSE(client->bytes().is_paused());
}

TEST_F(Socket, ARequestWaitsUntilTheClientHasTakenEarlierReplies) {
  const auto client = LoggedIn("alice");
  client->bytes().SetUnsent(64 << 10);
  EXPECT_EQ(client->Ask("ping"), json());
  client->TakeUnsent();
  EXPECT_EQ(client->Pushes().size(), 1U);
}

TEST_F(Socket, ATickGoesOnWithARequestThatWaits) {
  const auto client = LoggedIn("alice");
  client->bytes().SetUnsent(64 << 10);
  EXPECT_EQ(client->Ask("ping"), json());
  client->bytes().SetUnsent(0);
  server_.Tick(1s);
  server_.Settle();
  EXPECT_EQ(client->Pushes().size(), 1U);
}

TEST_F(Socket, FastClientsAreClosed) {
  const auto client = LoggedIn("alice");
  for (int i = 0; i < 39; ++i) client->Ask("ping");
  EXPECT_EQ(client->close_code(), 0);
  client->Ask("ping");
  EXPECT_EQ(client->close_code(), 4008);
}

TEST_F(Socket, FramesWithoutARequestCountAsOne) {
  for (const std::uint8_t opcode : {kPingOpcode, kPongOpcode, kContinuationOpcode}) {
    const auto client = LoggedIn("alice");
    const bool is_fragment = opcode == kContinuationOpcode;
    if (is_fragment) client->SendBytes(ClientFrame(kTextOpcode, ""));
    const std::string frame = ClientFrame(is_fragment ? opcode : kFinal | opcode, "");
    for (int i = is_fragment ? 1 : 0; i < 39; ++i) client->SendBytes(frame);
    EXPECT_EQ(client->close_code(), 0) << int{opcode};
    client->SendBytes(frame);
    EXPECT_EQ(client->close_code(), 4008) << int{opcode};
  }
}

TEST_F(Socket, AnAccountOverItsRateIsAskedToTryLater) {
  const auto client = LoggedIn("alice");
  server_.costs.refused_users = {"alice"};
  EXPECT_EQ(client->Ask("conversations")["error"]["code"], 10002);
  server_.costs.refused_users.clear();
  server_.costs.refused_addresses = {"192.0.2.1"};
  EXPECT_EQ(client->Ask("conversations")["error"]["code"], 10002);
  EXPECT_EQ(client->close_code(), 0);
}

TEST_F(Socket, WhatComesBeforeALoginCountsForItsAddress) {
  SocketClient client(server_);
  const int asked = server_.costs.addresses_asked;
  EXPECT_EQ(client.Ask("connect", {{"userID", std::string(40'000, ' ')}})["error"]["code"], 10004);
  EXPECT_EQ(server_.costs.addresses_asked, asked + 1);
  EXPECT_EQ(server_.costs.charged_to_addresses, 2U) << "40,000 bytes";
  client.SendBytes(ClientFrame(kFinal | kPingOpcode, ""));
  EXPECT_EQ(server_.costs.charged_to_addresses, 3U);
  server_.costs.refused_addresses = {"192.0.2.1"};
  EXPECT_EQ(client.Ask("connect", TokenOf("alice"))["error"]["code"], 10002);
  EXPECT_EQ(client.close_code(), 1013);
  EXPECT_EQ(server_.sizes().instances, 0U);
}

TEST_F(Socket, LongRepliesCostMore) {
  const auto client = LoggedIn("alice");
  const json room = {{"kind", "multi"}, {"roomID", "room_1"}};
  server_.MakeRoom(RoomKind::kMulti, "room_1");
  EXPECT_FALSE(client->Ask("subscribe", room).contains("error"));
  json send = room;
  send.update({{"type", "text"}, {"body", std::string(7'000, 'x')}});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client->Ask("send", send)["seq"], i + 1);
  EXPECT_EQ(server_.costs.charged_to_users, 0U);
  client->Ask("history", room);
  EXPECT_EQ(server_.costs.charged_to_users, 2U) << "35,000 bytes";
  EXPECT_EQ(server_.costs.charged_to_addresses, 17U);
}

TEST_F(Socket, TwentyRequestsASecondAreNotTooFast) {
  const auto client = LoggedIn("alice");
  for (int i = 0; i < 100; ++i) {
    client->Ask("ping");
    server_.clock.Advance(50ms);
  }
  EXPECT_EQ(client->close_code(), 0);
}

TEST_F(Socket, IsPingedEach25Seconds) {
  const auto client = LoggedIn("alice");
  server_.Tick(24s);
  EXPECT_EQ(client->TakePings(), 0U);
  server_.Tick(1s);
  EXPECT_EQ(client->TakePings(), 1U);
  server_.Tick(24s);
  EXPECT_EQ(client->TakePings(), 0U);
}

TEST_F(Socket, ANewerLoginOfTheUserTakesItsPlace) {
  const auto first = LoggedIn("alice");
  const auto second = LoggedIn("alice");
  EXPECT_THAT(first->Pushes(), ElementsAre(json::parse(R"({"kicked":{"reason":"other_login"}})")));
  EXPECT_EQ(first->close_code(), 4001);
  EXPECT_TRUE(first->is_released());
  EXPECT_EQ(second->Ask("ping"), json::object());
  // The kicked one ends later.
  first->Cut();
  EXPECT_EQ(second->Ask("ping"), json::object());
  EXPECT_TRUE(server_.channel.history().Conversations({"alice"}, {}, 10).ok());
}

TEST_F(Socket, OldAndNewClientsTakeEachOthersPlace) {
  const auto client = LoggedIn("alice");
  server_.LogIn("alice");
  EXPECT_EQ(client->close_code(), 4001);
  const auto old = server_.LogIn("bob");
  const auto newer = LoggedIn("bob");
  EXPECT_EQ(server_.Call(old, "openim/authkey")["ErrorCode"], 91101);
}

TEST_F(Socket, AConnectionThatContinuesALoginTakesNoPlaceFromANewerOne) {
  SocketClient first(server_);
  const json login = first.Ask("connect", TokenOf("alice"))["login"];
  first.Cut();
  server_.clock.Advance(1s);
  const auto newer = LoggedIn("alice");
  json again = TokenOf("alice");
  again["login"] = login;
  SocketClient late(server_);
  EXPECT_EQ(late.Ask("connect", again)["error"]["code"], 91101);
  EXPECT_EQ(late.close_code(), 4001);
  EXPECT_EQ(newer->Ask("ping"), json::object());
}

TEST_F(Socket, AConnectionThatContinuesALoginTakesThePlaceOfItsEarlierOne) {
  SocketClient cut(server_);  // the server does not know it yet
  json again = TokenOf("alice");
  again["login"] = cut.Ask("connect", again)["login"];
  server_.clock.Advance(1s);
  SocketClient next(server_);
  EXPECT_EQ(next.Ask("connect", again)["login"], again["login"]);
  EXPECT_EQ(cut.close_code(), 4001);
  EXPECT_EQ(next.Ask("ping"), json::object());
}

TEST_F(Socket, ALoginOfTheFutureCountsAsANewOne) {
  json connect = TokenOf("alice");
  connect["login"] = 1ULL << 52U;
  SocketClient first(server_);
  EXPECT_LE(first.Ask("connect", connect)["login"],
            server_.clock.Now().time_since_epoch().count() + 1);
  const auto second = LoggedIn("alice");
  EXPECT_EQ(first.close_code(), 4001);
  EXPECT_EQ(second->Ask("ping"), json::object());
}

TEST_F(Socket, ALoginFromBeforeTheClockWasSetBackTakesNoPlaceFromANewerOne) {
  json again = TokenOf("alice");
  again["login"] = (server_.clock.Now() + 1h).time_since_epoch().count();
  const auto newer = LoggedIn("alice");
  SocketClient late(server_);
  EXPECT_EQ(late.Ask("connect", again)["error"]["code"], 91101);
  EXPECT_EQ(newer->Ask("ping"), json::object());
}

TEST_F(Socket, AConnectWithCursorsSubscribesBeforeTheNextRequest) {
  const auto bob = LoggedIn("bob");
  json room = Room();
  room["cursor"] = bob->Ask("subscribe", Room())["cursor"];
  json text = Room();
  text.update({{"type", "text"}, {"body", "hello"}});
  EXPECT_EQ(bob->Ask("send", text)["seq"], 1);
  server_.Follow();
  json connect = TokenOf("alice");
  connect["cursors"] = json::array({room, Room("none")});
  SocketClient alice(server_);
  alice.SendBytes(ClientText(json({{"id", 5}, {"connect", connect}}).dump()) +
                  ClientText(R"({"id":6,"ping":{}})"));
  const std::vector<json> replies = alice.Pushes();
  ASSERT_EQ(replies.size(), 4U);
  EXPECT_EQ(replies[0]["connect"]["userID"], "alice");
  EXPECT_EQ(replies[1]["id"], 5);
  EXPECT_EQ(replies[1]["subscribe"]["events"][0]["message"]["body"], "hello");
  EXPECT_EQ(replies[2]["id"], 5);
  EXPECT_EQ(replies[2]["error"]["code"], 10010);
  EXPECT_EQ(replies[3], json::parse(R"({"id":6,"ping":{}})"));
  server_.EndRoom(RoomKind::kMulti, "room_1");
  EXPECT_FALSE(alice.Pushes().empty()) << "it has subscribed";
}

TEST_F(Socket, AConnectWithMalformedCursorsIsNoLogin) {
  SocketClient client(server_);
  const auto code_of = [&](const json& cursors) {
    json connect = TokenOf("alice");
    connect["cursors"] = cursors;
    return client.Ask("connect", connect)["error"]["code"];
  };
  EXPECT_EQ(code_of(Room()), 60003);
  EXPECT_EQ(code_of(json::array({1})), 60003);
  EXPECT_EQ(code_of(std::vector<json>(17, Room())), 10004);
  EXPECT_EQ(server_.sizes().instances, 0U);
  EXPECT_EQ(code_of(nullptr), json());
  EXPECT_EQ(server_.sizes().instances, 1U);
}

TEST_F(Socket, AnEndedConnectionIsALogout) {
  auto client = LoggedIn("alice");
  client->Ask("subscribe", Room());
  client->Cut();
  EXPECT_EQ(server_.receivers.CountIn(
                server_.store.rooms().Load(MakeKey(RoomKind::kMulti, "room_1"))->sequence),
            0U);
  EXPECT_TRUE(client->is_released());
  server_.EndRoom(RoomKind::kMulti, "room_1");
}

TEST_F(Socket, ALogoutOfTheUserClosesIt) {
  const auto client = LoggedIn("alice");
  ASSERT_TRUE(server_.sessions.Logout("alice", "token-of-alice"));
  server_.Tick(25s);
  EXPECT_THAT(client->Pushes(),
              ElementsAre(json::parse(R"({"kicked":{"reason":"token_expired"}})")));
  EXPECT_EQ(client->close_code(), 4003);
}

TEST_F(Socket, ClosesWhenTheUserSigExpires) {
  SocketClient client(server_);
  const std::string sig = ChannelFixture::UserSigOf("alice", server_.clock.Now(), 100s);
  client.Ask("connect", {{"userID", "alice"}, {"userSig", sig}});
  server_.Tick(99s);
  EXPECT_EQ(client.close_code(), 0);
  server_.Tick(1s);
  EXPECT_EQ(client.close_code(), 4003);
}

TEST_F(Socket, ADrainNamesATimeToConnectAgain) {
  const auto client = LoggedIn("alice");
  client->Drain();
  const auto pushes = client->Pushes();
  ASSERT_EQ(pushes.size(), 1U);
  const int reconnect = pushes[0]["drain"]["reconnect"];
  EXPECT_GE(reconnect, 500);
  EXPECT_LT(reconnect, 10'500);
  EXPECT_EQ(client->close_code(), 1012);
}

TEST_F(Socket, AnswersTheCloseOfTheClient) {
  const auto client = LoggedIn("alice");
  client->SendBytes(ClientClose(1000));
  EXPECT_EQ(client->close_code(), 1000);
  EXPECT_TRUE(client->is_released());
}

TEST_F(Socket, NeverLogsTokens) {
  const auto client = LoggedIn("alice");
  EXPECT_EQ(server_.recorded.label().endpoint, "channel/connect");
  EXPECT_THAT(server_.recorded.label().failure_detail, IsEmpty());
}

}  // namespace
}  // namespace rtcroom
