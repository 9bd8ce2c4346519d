// Handshakes, conversations and polls of the message channel, as recorded.
// RTCROOM_WRITE_REPLIES=1 records them again.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_page.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/recorded_replies.h"
#include "tests/e2e/web_socket_client.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr const char* kVersion = "Sec-WebSocket-Version: 13\r\n";
constexpr const char* kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr const char* kSubprotocol = "Sec-WebSocket-Protocol: rtcroomd.v1\r\n";

std::string Upgrade(const std::string& more, const std::string& line = "GET /channel/ws HTTP/1.1") {
  return line + "\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + more +
         "\r\n";
}

/// What the server sends over one WebSocket: the head of its reply, then one entry for each frame
/// or line of a text. The pushes that a request causes stand behind its reply, whichever comes
/// first.
///
/// @threads for one thread.
class Conversation {
 public:
  explicit Conversation(const ServerProcess& server) : client_(server.AddressOf("http")) {
    client_.Send(Upgrade(std::string(kVersion) + kKey + kSubprotocol));
    heard_.push_back(client_.ReceiveUntil("\r\n\r\n"));
  }

  void Ask(const std::string& verb, const json& fields, int pushes = 0) {
    Send(ClientText(fmt::format(R"({{"id":{},"{}":{}}})", ++last_id_, verb, fields.dump())));
    Hear(1, pushes);
  }
  void Send(const std::string& bytes) { client_.Send(bytes); }
  void Hear(int replies, int pushes) {
    std::vector<std::string> pushed;
    std::optional<std::string> end;
    while (!end && (replies > 0 || std::ssize(pushed) < pushes)) {
      const std::optional<ReceivedFrame> frame = ReceiveFrame(client_);
      if (!frame) {
        end = "<end>";
      } else if (frame->opcode == kCloseOpcode) {
        end = fmt::format("close {} {}", CloseCodeOf(frame->payload),
                          frame->payload.size() > 2 ? frame->payload.substr(2) : "");
      } else if (frame->opcode == kTextOpcode) {
        replies -= Sort(WithoutVariables(frame->payload), pushed);
      } else if (frame->opcode != kPingOpcode) {  // pings are due to the time that has passed
        heard_.push_back(fmt::format("frame {} {}", frame->opcode, frame->payload));
      }
    }
    heard_.insert(heard_.end(), pushed.begin(), pushed.end());
    if (end) heard_.push_back(*std::move(end));
  }
  /// Up to a close frame or the end of the connection.
  const std::vector<std::string>& HearAll() {
    constexpr int kAll = 1000;
    Hear(kAll, 0);
    return heard_;
  }
  [[nodiscard]] const std::vector<std::string>& heard() const { return heard_; }

 private:
  /// Adds the lines of a text to the pushes, and replies to what was heard. @return how many.
  int Sort(std::string_view text, std::vector<std::string>& pushed) {
    int replies = 0;
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      const bool is_reply = line.starts_with(R"({"id":)");
      (is_reply ? heard_ : pushed).emplace_back(line);
      if (is_reply) ++replies;
    }
    return replies;
  }

  RawClient client_;
  std::vector<std::string> heard_;
  int last_id_ = 0;
};

class RecordedSockets : public testing::Test {
 protected:
  RecordedSockets() {
    for (const char* room : {"r1", "r2"}) {
      EXPECT_EQ(api_.Call("multi_room", "create_room", CreateBody("host", room)).code(), kOk);
    }
  }

  static json Room(const json& more = json::object(), const char* room = "r1") {
    json fields = RoomOf(room);
    if (more.is_object()) fields.update(more);
    return fields;
  }
  std::string Handshake(const std::string& bytes) {
    RawClient client(server_.AddressOf("http"));
    client.Send(bytes);
    const RawReply reply = client.Receive("GET");
    return WithoutVariables(reply.head + reply.body);
  }
  /// What the server says to these bytes of a client that has not connected.
  json SaidTo(const std::string& bytes) {
    Conversation conversation(server_);
    conversation.Send(bytes);
    return conversation.HearAll();
  }
  json SaidToConnect(json fields, const json& more) {
    fields.update(more);
    Conversation conversation(server_);
    conversation.Ask("connect", fields);
    conversation.Send(ClientClose(1000));
    return conversation.HearAll();
  }

  ServerProcess server_{
      {.settings = WithLogins({{"channel.enabled", true},
                               {"channel.hold", "5s"},
                               {"channel.account_rate", "1000/s"},
                               {"channel.group_rate", "1000/s"},
                               {"room.max_pushers_multi", 8},
                               {"server.cors_origins", {"https://example.com"}}})}};
  ApiClient api_ = server_.Http();
  json replies_ = json::object();
};

TEST_F(RecordedSockets, OpenAndCloseAsRecorded) {
  const std::string good = std::string(kVersion) + kKey;
  replies_["handshake"] = Handshake(Upgrade(good + kSubprotocol));
  replies_["handshake without a subprotocol"] = Handshake(Upgrade(good));
  replies_["handshake of another subprotocol"] =
      Handshake(Upgrade(good + "Sec-WebSocket-Protocol: other\r\n"));
  replies_["handshake of no upgrade"] = Handshake("GET /channel/ws HTTP/1.1\r\nHost: h\r\n\r\n");
  replies_["handshake of another version"] =
      Handshake(Upgrade(std::string("Sec-WebSocket-Version: 12\r\n") + kKey));
  replies_["handshake without a key"] = Handshake(Upgrade(kVersion));
  replies_["handshake of a short key"] =
      Handshake(Upgrade(std::string(kVersion) + "Sec-WebSocket-Key: eA==\r\n"));
  replies_["handshake of POST"] =
      Handshake(Upgrade(good + "Content-Length: 0\r\n", "POST /channel/ws HTTP/1.1"));
  replies_["handshake of OPTIONS"] =
      Handshake("OPTIONS /channel/ws HTTP/1.1\r\nHost: h\r\nOrigin: https://example.com\r\n\r\n");
  for (const char* origin : {"https://example.com", "https://example.org", "http://localhost"}) {
    replies_[std::string("handshake from ") + origin] =
        Handshake(Upgrade(fmt::format("{}Origin: {}\r\n", good, origin)));
  }
  const std::string ping = R"({"id":1,"ping":{}})";
  replies_["not JSON"] = SaidTo(ClientText("{"));
  replies_["not UTF-8"] = SaidTo(ClientText("\xff"));
  replies_["an array"] = SaidTo(ClientText("[]"));
  replies_["no id"] = SaidTo(ClientText(R"({"connect":{}})"));
  replies_["another verb before connect"] = SaidTo(ClientText(ping));
  replies_["an unknown verb before connect"] = SaidTo(ClientText(R"({"id":1,"none":{}})"));
  replies_["binary"] = SaidTo(ClientFrame(kFinal | kBinaryOpcode, ping));
  replies_["unmasked"] = SaidTo(ServerText(ping));
  replies_["a reserved bit"] = SaidTo(ClientFrame(kFinal | 0x40 | kTextOpcode, ping));
  replies_["a fragment without a beginning"] = SaidTo(ClientFrame(kFinal, ping));
  replies_["a long ping"] = SaidTo(ClientFrame(kFinal | kPingOpcode, std::string(126, 'x')));
  replies_["ping and close"] =
      SaidTo(ClientFrame(kFinal | kPingOpcode, "x") + ClientClose(1000, "bye"));
  replies_["a close of a wrong code"] = SaidTo(ClientClose(1005));
  replies_["too long"] = SaidTo(ClientText(std::string(70'000, 'x')).substr(0, 20));
  std::string fast;
  for (int i = 0; i < 500; ++i) fast += ClientFrame(kFinal | kPongOpcode, "");
  replies_["too fast"] = SaidTo(fast);
  ExpectRecorded("recorded_handshakes.json", replies_);
}

TEST_F(RecordedSockets, LogInAndOutAsRecorded) {
  const json login = TicketLogin("ann");
  replies_["connect"] = SaidToConnect(login, json::object());
  replies_["connect without a user"] = SaidToConnect(json::object(), json::object());
  replies_["connect without a ticket"] = SaidToConnect({{"userID", "ann"}}, json::object());
  replies_["connect with no ticket"] = SaidToConnect(login, {{"userSig", "x"}});
  replies_["connect as another"] = SaidToConnect(login, {{"userID", "bob"}});
  replies_["connect to another app"] = SaidToConnect(login, {{"sdkAppID", 1}});
  replies_["connect with an old ticket"] = SaidToConnect(
      login, {{"userSig", MakeTicket("ann", std::chrono::hours(1), std::chrono::hours(2))}});
  replies_["connect with no token"] = SaidToConnect({{"userID", "ann"}}, {{"token", "x"}});
  replies_["connect with no number"] = SaidToConnect(login, {{"direct", "x"}});
  replies_["connect with no flag"] = SaidToConnect(login, {{"beats", 1}});
  Conversation first(server_);
  first.Ask("connect", login);
  Conversation second(server_);
  second.Ask("connect", login);
  replies_["replaced"] = first.HearAll();
  replies_["replacing"] = second.heard();
  EXPECT_EQ(server_.Terminate(), 0);
  replies_["drained"] = second.HearAll();
  server_.Start();
  ExpectRecorded("recorded_logins.json", replies_);
}

TEST_F(RecordedSockets, AreToldOfTheirMistakesAsRecorded) {
  Conversation ann(server_);
  ann.Ask("connect", TicketLogin("ann"));
  ann.Ask("connect", TicketLogin("ann"));
  ann.Ask("none", json::object());
  ann.Ask("ping", json::array());
  ann.Ask("ping", {{"direct", "x"}});
  for (const char* verb :
       {"subscribe", "unsubscribe", "watch", "unwatch", "send", "history", "members", "presence"}) {
    ann.Ask(verb, json::object());
    ann.Ask(verb, {{"kind", "none"}, {"roomID", "r1"}});
  }
  for (const char* verb : {"subscribe", "history", "members", "presence"}) {
    ann.Ask(verb, Room({}, "none"));
  }
  ann.Ask("conversations", {{"limit", "x"}});
  replies_["rooms"] = ann.heard();
  Conversation bob(server_);
  bob.Ask("connect", TicketLogin("bob"));
  bob.Ask("subscribe", Room());
  for (const json& message : {json{{"type", "none"}}, json{{"type", "text"}},
                              json{{"type", "text"}, {"body", "x"}, {"cmd", "x"}},
                              json{{"type", "text"}, {"body", std::string(9'000, 'x')}},
                              json{{"type", "text"}, {"body", 1}, {"nick", std::string(129, 'x')}},
                              json{{"type", "text"}, {"body", "x"}, {"key", std::string(65, 'x')}},
                              json{{"type", "text"}, {"body", "x"}, {"roomID", "r2"}},
                              json{{"type", "text"}, {"body", "x"}, {"to", "a b"}}}) {
    bob.Ask("send", Room(message));
  }
  bob.Ask("subscribe", Room({{"cursor", "x"}}));
  bob.Ask("history", Room({{"before", 1}, {"after", 1}}));
  bob.Ask("history", Room({{"limit", -1}}));
  bob.Ask("history", {{"peer", "ann"}, {"after", 1}});
  bob.Send(ClientText(R"({"id":99,"ping":{},"members":{}})"));
  bob.Hear(1, 0);
  bob.Send(ClientText(R"({"id":-1,"ping":{}})"));
  replies_["messages"] = bob.HearAll();
  ExpectRecorded("recorded_mistakes.json", replies_);
}

TEST_F(RecordedSockets, TalkAsRecorded) {
  Conversation ann(server_);
  ann.Ask("connect", TicketLogin("ann"));
  ann.Ask("subscribe", Room());
  ann.Ask("presence", Room());
  ann.Ask("send", Room({{"type", "text"}, {"body", "hello 你好 }}"}}), 1);
  ann.Ask("send", Room({{"type", "custom"}, {"body", "{}"}, {"cmd", "c"}, {"key", "k"}}), 1);
  ann.Ask("send", Room({{"type", "custom"}, {"body", "{}"}, {"cmd", "c"}, {"key", "k"}}));
  ann.Ask("send",
          Room({{"type", "text"}, {"body", "x"}, {"nick", "Ann \"A\""}, {"avatar", "a.png"}}), 1);
  ann.Ask("send", {{"to", "ann"}, {"type", "text"}, {"body", "to me"}}, 1);
  ann.Ask("history", Room());
  ann.Ask("history", Room({{"before", 3}, {"limit", 1}}));
  ann.Ask("history", Room({{"after", 1}}));
  ann.Ask("history", {{"peer", "ann"}});
  ann.Ask("conversations", json::object());
  ann.Ask("members", Room());
  ASSERT_EQ(api_.Call("multi_room", "add_pusher", PusherBody("r1", "bob")).code(), kOk);
  ann.Hear(0, 1);
  ASSERT_EQ(api_.Call("multi_room", "delete_pusher", MemberBody("r1", "bob")).code(), kOk);
  ann.Hear(0, 1);
  ann.Ask("subscribe", Room());
  ann.Ask("ping", {{"direct", 1}});
  ann.Ask("unsubscribe", Room());
  ann.Ask("unsubscribe", Room());
  ann.Ask("subscribe", Room({}, "r2"));
  ASSERT_EQ(api_.Call("multi_room", "destroy_room", MemberBody("r2", "host")).code(), kOk);
  ann.Hear(0, 2);
  ann.Ask("members", Room({}, "r2"));
  ann.Ask("watch", {{"kind", "live"}});
  ann.Ask("unwatch", {{"kind", "live"}});
  ann.Send(ClientClose(1000));
  replies_["socket"] = ann.HearAll();

  ReplyRecorder polls(server_, "http");
  const json login = TicketLogin("cy");
  const auto poll = [&](const std::string& note, const json& body) {
    polls.Ask({.line = "POST /channel/poll",
               .body = body.dump(),
               .headers = "Origin: https://example.com\r\nContent-Type: application/json\r\n",
               .note = note});
  };
  const auto ask = [&](const std::string& note, const char* verb, const json& fields) {
    poll(note,
         {{"connect", login}, {"cursors", {Room()}}, {"requests", {{{"id", 1}, {verb, fields}}}}});
  };
  poll("nothing", json::object());
  poll("array", json::array());
  poll("no ticket", {{"connect", {{"userID", "cy"}, {"userSig", "x"}}}});
  poll("no login", {{"connect", login}});
  poll("no room", {{"connect", login}, {"cursors", {Room({}, "none")}}});
  poll("a room twice", {{"connect", login}, {"cursors", {Room(), Room()}}});
  poll("no number", {{"connect", login}, {"wait", "x"}});
  poll("no id", {{"connect", login}, {"requests", {{{"ping", json::object()}}}}});
  poll("a cursor of no server", {{"connect", login}, {"cursors", {Room({{"cursor", "x"}})}}});
  ask("none", "none", json::object());
  ask("connect", "connect", login);
  ask("send", "send", Room({{"type", "text"}, {"body", "by poll"}}));
  ask("send to another room", "send", Room({{"type", "text"}, {"body", "x"}}, "none"));
  ask("history", "history", Room({{"limit", 2}}));
  ask("members", "members", Room());
  ask("watch", "watch", {{"kind", "none"}});
  replies_["polls"] = polls.replies();
  ExpectRecorded("recorded_talk.json", replies_);
}

}  // namespace
}  // namespace rtcroom
