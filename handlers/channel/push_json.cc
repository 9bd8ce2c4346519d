#include "handlers/channel/push_json.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "handlers/shared/plain_message.h"

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
                  std::string_view play_url, JsonText& out) {
  out.Field("userID", user_id.value)
      .Field("userName", name)
      .Field("userAvatar", avatar)
      .Field("accelerateURL", play_url);
}

/// Writes the members of each kind of event.
struct PayloadWriter {
  std::string_view play_url;
  JsonText& out;

  void operator()(const RoomCreated& event) const {
    out.Field("roomCreator", event.creator.value).Field("roomInfo", event.info);
  }
  void operator()(const RoomActivated& event) const {
    out.Field("roomCreator", event.creator.value);
  }
  void operator()(const PusherAdded& event) const {
    WriteProfile(event.user_id, event.user_name, event.user_avatar, play_url, out);
  }
  void operator()(const PusherUpdated& event) const {
    WriteProfile(event.user_id, event.user_name, event.user_avatar, play_url, out);
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

/// Empty: the notice is for other clients.
std::string EncodeNotice(const NoticeFact& fact) {
  const auto begin = [](std::string_view name, const RoomKey& room) {
    JsonText push;
    push.BeginObject(name).Field("kind", RoomKindName(room.kind)).Field("roomID", room.id.value);
    return push;
  };
  if (const auto* const ended = std::get_if<WebEndedNotice>(&fact)) {
    return begin("web_ended", ended->room)
        .Field("session", ended->session)
        .Field("reason", WebEndReasonName(ended->reason))
        .EndObject()
        .AsObject();
  }
  const auto* const stream = std::get_if<StreamNotice>(&fact);
  if (stream == nullptr) return {};
  return begin("stream", stream->room)
      .Field("userID", stream->user_id.value)
      .Json("on", stream->is_on ? "true" : "false")
      .EndObject()
      .AsObject();
}

}  // namespace

std::string EventObject(const RoomEvent& event, std::string_view play_url,
                        std::optional<std::uint64_t> audience_count, RoomCursor& cursor) {
  JsonText object = Begin(event.room, event.at);
  if (const auto told = ToldAudienceCount(event)) {
    WriteAudienceCount(*told, object);
  } else {
    object.BeginObject(EventTypeName(event.payload));
    std::visit(PayloadWriter{.play_url = play_url, .out = object}, event.payload);
    object.EndObject();
  }
  if (audience_count) WriteAudienceCount(*audience_count, object);
  cursor.at.event = event.room_sequence;
  return object.Field("cursor", cursor.Encode()).AsObject();
}

std::string MessageObject(const RoomKey& room, const StoredMessage& message, RoomCursor& cursor) {
  JsonText object = Begin(room, message.content.sent_at);
  object.BeginObject("message");
  WriteMessage(message, object);
  cursor.at.message = message.seq;
  return object.EndObject().Field("cursor", cursor.Encode()).AsObject();
}

std::vector<std::string> ObjectsOf(const RoomPush::Part& part, const RoomKey& room,
                                   RoomCursor& cursor) {
  std::vector<std::string> objects;
  for (const RoomObject* const object : part.objects) {
    objects.push_back(object->message ? MessageObject(room, *object->message, cursor)
                                      : EventObject(object->event->event, object->play_url,
                                                    object->audience_count, cursor));
  }
  return objects;
}

void WriteRecovered(const RoomCursor& cursor, const std::vector<std::string>& objects,
                    JsonText& out) {
  out.Field("epoch", cursor.epoch).Field("cursor", cursor.Encode()).Json("recovered", "true");
  out.BeginArray("events");
  for (const std::string& object : objects) out.Json(object);
  out.EndArray();
}

void WriteMessage(const StoredMessage& message, JsonText& out) {
  const MessageContent& content = message.content;
  const MessageContent plain = ReadPlain(content);
  if (message.room_number > 0) {
    out.Field("seq", message.seq);
  } else {
    out.Field("position", message.position).Field("to", message.receiver.value);
  }
  out.Field("time", Milliseconds(content.sent_at))
      .Field("from", content.sender.value)
      .Field("nick", plain.nick.empty() ? content.sender.value : plain.nick)
      .Field("avatar", plain.avatar)
      .Field("type", plain.type == MessageType::kText ? "text" : "custom")
      .Field("body", plain.body);
  if (!plain.cmd.empty()) out.Field("cmd", plain.cmd);
}

std::string DirectPush(const StoredMessage& message) {
  JsonText object;
  object.BeginObject("direct");
  WriteMessage(message, object);
  object.EndObject();
  return object.AsObject();
}

const std::string& ListPush(RoomListPush& push) {
  if (!push.object.empty()) return push.object;
  JsonText list;
  list.BeginObject("list").Field("kind", RoomKindName(push.kind)).BeginArray("ended");
  for (const RoomId& room : push.ended) {
    std::string id;
    AppendJsonString(room.value, id);
    list.Json(id);
  }
  list.EndArray().BeginArray("changed");
  for (const std::string& room : push.changed) list.Json(room);
  list.EndArray();
  if (push.is_lost) list.Json("lost", "true");
  push.object = list.EndObject().AsObject();
  return push.object;
}

const std::string& NoticeObject(NoticePush& push, bool asks_streams) {
  static const std::string kNotTold;
  // A push that it does not know would end the poll of an older client.
  if (!asks_streams && std::holds_alternative<StreamNotice>(push.fact)) return kNotTold;
  // Sockets get the same object in a frame.
  const auto [form, is_new] = push.forms.try_emplace(kPollForm);
  if (is_new) form->second = EncodeNotice(push.fact);
  return form->second;
}

void WriteSnapshot(const Room& room, JsonText& out) {
  out.Field("roomID", room.key.id.value)
      .Field("kind", RoomKindName(room.key.kind))
      .Field("roomInfo", room.info)
      .Field("roomCreator", room.creator.value)
      .BeginArray("pushers");
  for (const Pusher& pusher : room.pushers) {
    out.BeginObject();
    WriteProfile(pusher.user_id, pusher.user_name, pusher.user_avatar, pusher.accelerate_url, out);
    out.EndObject();
  }
  out.EndArray()
      .Field("audienceCount", room.audience_count)
      .Json("custom", room.custom.empty() ? "{}" : OnOneLine(room.custom))
      .Field("mixedPlayURL", room.mixed_play_url);
}

}  // namespace rtcroom
