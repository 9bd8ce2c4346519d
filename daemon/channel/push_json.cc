#include "daemon/channel/push_json.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "daemon/channel/plain_message.h"

namespace rtcroom {
namespace {

std::int64_t Milliseconds(TimePoint time) { return time.time_since_epoch().count(); }

/// JSON of the store on one line. A line feed is never part of a JSON string, so it only separates.
std::string OnOneLine(std::string_view text) {
  std::string line(text);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

JsonText Begin(const RoomKey& room, TimePoint at) {
  JsonText object(256);
  object.Field("roomID", room.id.value)
      .Field("kind", RoomKindName(room.kind))
      .Field("time", Milliseconds(at));
  return object;
}

void WriteProfile(const UserId& user_id, std::string_view name, std::string_view avatar,
                  const Room* room, JsonText& out) {
  const Pusher* const pusher = room == nullptr ? nullptr : FindPusher(*room, user_id);
  out.Field("userID", user_id.value)
      .Field("userName", name)
      .Field("userAvatar", avatar)
      .Field("accelerateURL", pusher == nullptr ? std::string_view() : pusher->accelerate_url);
}

/// Writes the members of each kind of event.
struct PayloadWriter {
  const Room* room = nullptr;
  JsonText& out;

  void operator()(const RoomCreated& event) const {
    out.Field("roomCreator", event.creator.value).Field("roomInfo", event.info);
  }
  void operator()(const RoomActivated& event) const {
    out.Field("roomCreator", event.creator.value);
  }
  void operator()(const PusherAdded& event) const {
    WriteProfile(event.user_id, event.user_name, event.user_avatar, room, out);
  }
  void operator()(const PusherUpdated& event) const {
    WriteProfile(event.user_id, event.user_name, event.user_avatar, room, out);
  }
  void operator()(const PusherDeleted& event) const {
    out.Field("userID", event.user_id.value).Field("reason", LeaveReasonName(event.reason));
    if (!event.new_creator.value.empty()) out.Field("newCreator", event.new_creator.value);
  }
  void operator()(const AudienceAdded& event) const {
    out.Field("userID", event.user_id.value).Field("userInfo", event.user_info);
  }
  void operator()(const AudienceDeleted& event) const {
    out.Field("userID", event.user_id.value).Field("reason", LeaveReasonName(event.reason));
  }
  void operator()(const CustomChanged& event) const {
    if (!event.field.empty()) out.Json("field", OnOneLine(event.field));
    out.Json("value", event.value.empty() ? "null" : OnOneLine(event.value));
  }
  void operator()(const RoomDestroyed& event) const {
    out.Field("reason", EndReasonName(event.reason));
  }
};

void WriteAudienceCount(std::uint64_t audience_count, JsonText& out) {
  out.BeginObject("audience").Field("audienceCount", audience_count).EndObject();
}

std::string Opened(const JsonText& members) { return std::string("{").append(members.text()); }

}  // namespace

std::optional<std::uint64_t> ToldAudienceCount(const RoomEvent& event) {
  std::uint64_t count = 0;
  if (const auto* const added = std::get_if<AudienceAdded>(&event.payload)) {
    count = added->audience_count;
  } else if (const auto* const deleted = std::get_if<AudienceDeleted>(&event.payload)) {
    count = deleted->audience_count;
  }
  return count > kMostToldViewers ? std::optional(count) : std::nullopt;
}

RoomObject MakeEventObject(const StoredEvent& event, const Room* room) {
  const RoomEvent& what = event.event;
  JsonText object = Begin(what.room, what.at);
  if (const auto audience_count = ToldAudienceCount(what)) {
    WriteAudienceCount(*audience_count, object);
  } else {
    object.BeginObject(EventTypeName(what.payload));
    std::visit(PayloadWriter{.room = room, .out = object}, what.payload);
    object.EndObject();
  }
  return {.seq = what.room_sequence,
          .first = what.room_sequence,
          .ends_room = std::holds_alternative<RoomDestroyed>(what.payload),
          .made_at = what.at,
          .text = Opened(object)};
}

RoomObject MakeMessageObject(const RoomKey& room, const StoredMessage& message) {
  JsonText object = Begin(room, message.content.sent_at);
  object.BeginObject("message");
  WriteMessage(message, object);
  object.EndObject();
  return {.is_message = true,
          .seq = message.seq,
          .first = message.seq,
          .made_at = message.content.sent_at,
          .text = Opened(object)};
}

void AddAudienceCount(std::uint64_t audience_count, RoomObject& object) {
  JsonText member;
  WriteAudienceCount(audience_count, member);
  object.text.append(",").append(member.text());
}

std::string WithCursor(const RoomObject& object, const RoomCursor& cursor) {
  // A cursor needs no escapes.
  return std::string(object.text).append(",\"cursor\":\"").append(cursor.Encode()).append("\"}");
}

void WriteMessage(const StoredMessage& message, JsonText& out) {
  const MessageContent& content = message.content;
  const PlainMessage plain = ReadPlainMessage(content.body);
  if (message.room_number > 0) {
    out.Field("seq", message.seq);
  } else {
    out.Field("position", message.position).Field("to", message.receiver.value);
  }
  const std::string& nick = plain.nick.empty() ? content.nick : plain.nick;
  out.Field("time", Milliseconds(content.sent_at))
      .Field("from", content.sender.value)
      .Field("nick", nick.empty() ? content.sender.value : nick)
      .Field("avatar", plain.avatar)
      .Field("type", plain.type == PlainMessage::Type::kText ? "text" : "custom")
      .Field("body", plain.body);
  if (!plain.cmd.empty()) out.Field("cmd", plain.cmd);
}

std::string DirectPush(const StoredMessage& message) {
  JsonText object;
  object.BeginObject("direct");
  WriteMessage(message, object);
  object.EndObject();
  return Opened(object) += '}';
}

void WriteSnapshot(const Room& room, JsonText& out) {
  out.Field("roomID", room.key.id.value)
      .Field("kind", RoomKindName(room.key.kind))
      .Field("roomInfo", room.info)
      .Field("roomCreator", room.creator.value)
      .BeginArray("pushers");
  for (const Pusher& pusher : room.pushers) {
    out.BeginObject();
    WriteProfile(pusher.user_id, pusher.user_name, pusher.user_avatar, &room, out);
    out.EndObject();
  }
  out.EndArray()
      .Field("audienceCount", room.audience_count)
      .Json("custom", room.custom.empty() ? "{}" : OnOneLine(room.custom))
      .Field("mixedPlayURL", room.mixed_play_url);
}

}  // namespace rtcroom
