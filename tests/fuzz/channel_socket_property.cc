#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/base/json_text.h"
#include "daemon/base/text.h"
#include "daemon/channel/room_cursor.h"
#include "handlers/channel/push_json.h"
#include "handlers/shared/message_guard.h"
#include "handlers/shared/plain_message.h"
#include "tests/fuzz/parser_properties.h"
#include "tests/support/socket_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;

/// A message as it reaches a new client, on one line.
std::optional<std::string> FaultOfReading(std::string_view stored) {
  StoredMessage message{.position = 1, .room_number = 1, .seq = 1};
  message.content.sender = {"ann"};
  message.content.body = stored;
  JsonText out;
  WriteMessage(message, out);
  if (out.text().find('\n') != std::string_view::npos) return "a message on two lines";
  const json object = json::parse("{" + std::string(out.text()) + "}", nullptr, false);
  if (!object.is_object() || !object.contains("body")) return "no JSON: " + std::string(out.text());
  return std::nullopt;
}

/// A text of a new client reaches new and old ones.
std::optional<std::string> FaultOfSending(const std::string& text, MessageType type) {
  const bool is_text = type == MessageType::kText;
  const MessageContent sent{.nick = text.substr(0, 16),
                            .body = text,
                            .type = type,
                            .cmd = is_text ? std::string() : text.substr(0, 8),
                            .avatar = text.substr(0, 64)};
  if (!IsUtf8(sent.cmd) || !IsUtf8(sent.nick) || !IsUtf8(sent.avatar)) return std::nullopt;
  if (ReadPlain(sent) != sent) return "altered for new clients";
  const std::string made = WriteElements(sent, RoomKind::kMulti);
  if (made.size() > kMaxMadeBytes) return std::nullopt;  // it is refused
  if (ReadPlain({.body = made}) != sent) return "altered: " + made;
  const Result<MessageBody> body = MessageBody::Parse(made, kMaxMadeBytes);
  if (!body) return "not made: " + body.error().detail;
  const auto guarded = GuardRoomMessage(*body, MessagePriority::kCommon, "");
  if (!guarded || guarded->text() != made) return "old clients cannot read it: " + made;
  return std::nullopt;
}

std::optional<std::string> FaultOfLines(std::string_view lines) {
  ChannelFixture server;
  server.MakeRoom(RoomKind::kMulti, "room_1");
  const auto client = SocketClient::LoggedIn(server, "ann");
  const auto other = SocketClient::LoggedIn(server, "bob");
  const json room = {{"kind", "multi"}, {"roomID", "room_1"}};
  (void)client->Ask("subscribe", room);
  (void)other->Ask("subscribe", room);
  for (bool is_last = false; !is_last && !client->is_released();) {
    const std::size_t end = lines.find('\n');
    is_last = end == std::string_view::npos;
    client->SendText(lines.substr(0, end));
    lines.remove_prefix(is_last ? lines.size() : end + 1);
    server.Follow();
    server.Tick(std::chrono::milliseconds(100));
  }
  for (const json& object : client->Pushes()) {
    if (object.contains("id") ? object.size() != 2 : object.size() != 1) return object.dump();
  }
  const std::uint16_t code = client->close_code();
  if (code != 0 && code != 1007 && code != 1008 && code != 1009 && code != 4008) {
    return "closed with " + std::to_string(code);
  }
  if (code == 0 && client->is_released()) return "ended without a word";
  (void)other->Pushes();
  if (other->Ask("members", room).value("roomID", "") != "room_1") return "another is affected";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FaultOfSocketRequests(std::string_view bytes) {
  if (const auto cursor = RoomCursor::Parse(bytes); cursor && cursor->Encode() != bytes) {
    return "a cursor with two texts";
  }
  if (auto fault = FaultOfReading(bytes)) return fault;
  const std::string text(bytes.substr(0, kMaxPlainBytes));
  if (!text.empty() && IsUtf8(text) && !HasNul(text)) {
    for (const auto type : {MessageType::kText, MessageType::kCustom}) {
      if (auto fault = FaultOfSending(text, type)) return fault;
    }
  }
  return FaultOfLines(bytes);
}

}  // namespace rtcroom
