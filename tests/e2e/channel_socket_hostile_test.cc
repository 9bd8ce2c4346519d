// Handshakes, frames, messages and polls that no honest client of the message channel sends: each
// gets its documented answer or close code, and leaves no socket behind.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_page.h"
#include "tests/e2e/channel_server.h"
#include "tests/e2e/hostile_sockets.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/web_socket_client.h"
#include "tests/support/eventually.h"
#include "tests/support/raw_client.h"
#include "tests/support/web_socket_frames.h"

namespace rtcroom {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): of bytes with NUL

using nlohmann::json;

constexpr const char* kGoodOrigin = "https://page.example";

class ChannelSocketHostile : public testing::Test {
 protected:
  ChannelSocketHostile() {
    for (const char* room : {"r1", "r2"}) {
      EXPECT_EQ(api_.Call("multi_room", "create_room", CreateBody("host", room)).code(), kOk);
    }
  }

  [[nodiscard]] RawClient NewConnection() const {
    return {server_.process().AddressOf("https"), {.trusted = server_.process().certificate()}};
  }
  /// A socket that is open.
  [[nodiscard]] RawClient Opened() const {
    RawClient client = NewConnection();
    client.Send(HeadOf({.headers = With()}));
    EXPECT_THAT(client.ReceiveUntil("\r\n\r\n"), testing::StartsWith("HTTP/1.1 101 "));
    return client;
  }
  [[nodiscard]] RawClient Connected(const std::string& user) const {
    RawClient client = Opened();
    client.Send(ClientText(json{{"id", 1}, {"connect", TicketLogin(user)}}.dump()));
    EXPECT_THAT(client.ReceiveUntil("}}}"), testing::HasSubstr(R"({"id":1,"connect":{)"));
    return client;
  }
  /// The code of the frame with which the server closes; 0 without one.
  static std::uint16_t CloseCodeOf(RawClient& client) {
    const auto frames = ParseServerFrames(client.ReceiveAll());
    if (!frames || frames->empty() || frames->back().opcode != kCloseOpcode) return 0;
    return rtcroom::CloseCodeOf(frames->back().payload);
  }

  /// Another client is served, and none of the hostile sockets is left.
  void TearDown() override {
    EXPECT_TRUE(Eventually([&] {
      return MetricOf(server_.process(), "rtcroomd_channel_sockets") == 0;
    })) << MetricOf(server_.process(), "rtcroomd_channel_sockets");
    WebSocketClient honest(server_.process(), kGoodOrigin);
    EXPECT_EQ(honest.Ask("connect", TicketLogin("honest"))["userID"], "honest");
    EXPECT_EQ(honest.Ask("subscribe", RoomOf("r1"))["recovered"], false);
    json send = RoomOf("r1");
    send.update({{"type", "text"}, {"body", "still there"}});
    EXPECT_TRUE(honest.Ask("send", send).contains("seq"));
  }

  ChannelServer server_{"5s", {{"server.cors_origins", json::array({kGoodOrigin})}}};
  ApiClient api_ = server_.process().Https();
};

TEST_F(ChannelSocketHostile, HandshakesAreRefused) {
  for (const HostileHandshake& row : HostileHandshakes()) {
    RawClient client = NewConnection();
    client.Send(HeadOf(row));
    EXPECT_EQ(client.Receive("GET").status, row.status) << row;
  }
}

TEST_F(ChannelSocketHostile, HalfHandshakesAndHalfFramesLeaveNothing) {
  const std::string head = HeadOf({.headers = With()});
  for (std::size_t cut = 1; cut < head.size(); cut += head.size() / 8) {
    NewConnection().Send(head.substr(0, cut));
  }
  const std::string frame = ClientText(json{{"id", 1}, {"connect", TicketLogin("alice")}}.dump());
  for (std::size_t cut = 0; cut < frame.size(); cut += frame.size() / 8) {
    Opened().Send(frame.substr(0, cut));
  }
  Connected("alice").Send(ClientFrame(kTextOpcode, "{"));
}

TEST_F(ChannelSocketHostile, TextsAreClosedWithTheirCodes) {
  for (const HostileBytes& row : HostileTexts()) {
    RawClient client = Opened();
    client.Send(row.bytes);
    EXPECT_EQ(CloseCodeOf(client), row.code) << row;
  }
}

TEST_F(ChannelSocketHostile, AMalformedConnectMayBeRepeated) {
  WebSocketClient client(server_.process());
  for (const auto& [name, value] : OddValues()) {
    for (const char* field : {"userID", "direct", "sdkAppID"}) {
      // A negative number is the name of an account, for which the ticket is not.
      if (field == "userID"s && name == "a negative number") continue;
      json login = TicketLogin("alice");
      login[field] = value;
      const json reply = client.Ask("connect", login);
      EXPECT_THAT(RefusalOf(reply), testing::AnyOf(kBadField, kBadJson))
          << field << " is " << name << ": " << reply;
    }
  }
  EXPECT_EQ(client.Ask("connect", TicketLogin("alice"))["userID"], "alice");
}

TEST_F(ChannelSocketHostile, RequestsAreAnsweredAndTheSocketStaysOpen) {
  constexpr std::size_t kOfOneConnection = 30;  // at most 40 at once
  const std::vector<HostileRequest> rows = HostileSocketRequests();
  EXPECT_GE(rows.size(), 50U);
  std::unique_ptr<WebSocketClient> client;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const HostileRequest& row = rows[i];
    if (i % kOfOneConnection == 0) {
      client = std::make_unique<WebSocketClient>(server_.process());
      ASSERT_EQ(client->Ask("connect", TicketLogin("alice"))["userID"], "alice");
      ASSERT_EQ(client->Ask("subscribe", RoomOf("r1"))["recovered"], false);
    }
    const json reply = client->Ask(row.verb, row.body);
    ASSERT_FALSE(reply.contains("closed")) << row << ": " << reply;
    EXPECT_TRUE(row.codes.contains(RefusalOf(reply))) << row << ": " << reply;
  }
}

TEST_F(ChannelSocketHostile, PollsAreAnsweredAtOnce) {
  const json login = TicketLogin("alice");
  const std::pair<const char*, std::string> bodies[] = {
      {"nothing", ""},
      {"an empty object", "{}"},
      {"no JSON", "hello"},
      {"an array", "[]"},
      {"nested arrays", std::string(60'000, '[')},
      {"nested objects", Repeat(R"({"a":)", 10'000)},
      {"not UTF-8", "{\"wait\":\"\xc0\xaf\"}"},
      {"many digits", R"({"wait":)" + std::string(60'000, '1') + "}"},
      {"a connect that is a text", R"({"connect":"alice"})"},
      {"a wait that is a text", json{{"connect", login}, {"wait", "long"}}.dump()},
      {"a wait that is negative", json{{"connect", login}, {"wait", -1}}.dump()},
      {"cursors that are an object", json{{"connect", login}, {"cursors", json::object()}}.dump()},
      {"a cursor that is a number", json{{"connect", login}, {"cursors", {1}}}.dump()},
      {"a room twice", json{{"connect", login}, {"cursors", {RoomOf("r1"), RoomOf("r1")}}}.dump()},
      {"a room of no kind", json{{"connect", login}, {"cursors", {RoomOf("r1", "none")}}}.dump()},
      {"a long cursor",
       json{{"connect", login}, {"cursors", {PolledRoomOf(RoomOf("r1"), std::string(129, 'a'))}}}
           .dump()},
      {"many rooms",
       json{{"connect", login}, {"cursors", std::vector<json>(17, RoomOf("r1"))}}.dump()},
      {"many requests",
       json{{"connect", login},
            {"requests", std::vector<json>(11, {{"id", 1}, {"ping", json::object()}})}}
           .dump()},
      {"a request without an id",
       json{{"connect", login}, {"requests", {{{"ping", json::object()}}}}}.dump()},
      {"a request that is a text", json{{"connect", login}, {"requests", {"ping"}}}.dump()},
  };
  for (const auto& [name, body] : bodies) {
    const ApiReply reply = api_.Send({.target = "/channel/poll", .body = body});
    EXPECT_EQ(reply.status, 200) << name << ": " << reply;
    EXPECT_THAT(RefusalOf(reply.json), testing::AnyOf(kBadField, kBadJson))
        << name << ": " << reply;
  }
  RawClient large = NewConnection();
  large.Send(RawPost("/channel/poll", std::string(kMaxTextBytes + 1, ' ')));
  EXPECT_EQ(large.Receive().status, 413);
  EXPECT_EQ(api_.Send({.method = "GET", .target = "/channel/poll"}).status, 405);
}

TEST_F(ChannelSocketHostile, RequestsOfPollsAreAnsweredOneByOne) {
  constexpr std::size_t kOfOnePoll = 10;
  std::vector<HostileRequest> rows = HostileSocketRequests();
  for (const char* verb : {"connect", "subscribe", "unsubscribe"}) {
    rows.push_back({verb + " in a poll"s, verb, RoomOf("r1"), {kBadField}});
  }
  for (std::size_t first = 0; first < rows.size(); first += kOfOnePoll) {
    const std::size_t end = std::min(first + kOfOnePoll, rows.size());
    json requests = json::array();
    for (std::size_t i = first; i < end; ++i) {
      // Long texts of all of them would exceed the body.
      if (rows[i].body.dump().size() > kMaxTextBytes / kOfOnePoll) continue;
      requests.push_back({{"id", i}, {rows[i].verb, rows[i].body}});
    }
    const json reply = PollChannel(api_, {{"connect", TicketLogin("alice")},
                                          {"cursors", json::array({RoomOf("r1")})},
                                          {"requests", requests}});
    const json replies = reply.value("replies", json::array());
    ASSERT_EQ(replies.size(), requests.size()) << reply;
    for (const json& answer : replies) {
      const HostileRequest& row = rows.at(answer.at("id").get<std::size_t>());
      EXPECT_TRUE(row.codes.contains(RefusalOf(answer)) ||
                  (row.verb.ends_with("subscribe") && RefusalOf(answer) == kBadField))
          << row << ": " << answer;
    }
  }
}

}  // namespace
}  // namespace rtcroom
