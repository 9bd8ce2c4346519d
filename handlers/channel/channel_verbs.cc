#include "handlers/channel/channel_verbs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "daemon/base/digest.h"
#include "daemon/channel/group_access_check.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/channel/push_json.h"
#include "handlers/shared/plain_message.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMaxKeyBytes = 64;
constexpr std::size_t kMaxCmdBytes = 64;
/// @source protocol 0.3, as for a pusher's name and picture.
constexpr std::size_t kMaxNickBytes = 128;
constexpr std::size_t kMaxAvatarBytes = 1024;
constexpr std::size_t kMaxHistory = 50;
/// The most bytes of the messages of one reply.
constexpr std::size_t kMaxHistoryBytes = std::size_t{64} << 10;
/// The bytes of messages that are read for it: a message is somewhat longer in the store.
constexpr std::size_t kMaxHistoryRead = kMaxHistoryBytes + kMaxHistoryBytes / 8;
constexpr std::size_t kMaxConversations = 100;
constexpr std::size_t kMaxPresent = 300;
/// Clients can count to 2^53.
constexpr unsigned kBitsBeyondNumber = 64 - 53;

/// Distinguishes a message from a repetition.
/// @param target  the receiver; empty: a room, which is known by its number.
std::uint64_t RandomOf(const std::string& key, std::string_view target, RandomSource& random) {
  std::uint64_t number = 0;
  if (!key.empty()) {
    // The number is the same on every server, and after a restart.
    constexpr std::size_t kDigits = 13;  // 52 bits
    const std::string digest = Sha256Hex(std::string(target).append(1, '\0').append(key));
    (void)std::from_chars(digest.data(), digest.data() + kDigits, number, 16);
    return number;
  }
  return RandomUint64(random) >> kBitsBeyondNumber;
}

Result<MessageContent> ReadMessage(ChannelFields& fields) {
  const std::string type = fields.Text("type", 16);
  MessageContent message;
  message.type = type == "text" ? MessageType::kText : MessageType::kCustom;
  message.body = fields.OptionalText("body");
  message.cmd = fields.OptionalText("cmd", kMaxCmdBytes);
  message.nick = fields.OptionalText("nick", kMaxNickBytes);
  message.avatar = fields.OptionalText("avatar", kMaxAvatarBytes);
  if (!fields.ok()) return fields.error();
  if (type != "text" && type != "custom") {
    return Error{Errc::kBadRequest, "type: not one of text, custom"};
  }
  const bool is_text = message.type == MessageType::kText;
  if (is_text && message.body.empty()) return Error{Errc::kBadRequest, "body: empty"};
  if (is_text && !message.cmd.empty()) return Error{Errc::kBadRequest, "cmd: of a text"};
  if (message.body.size() > kMaxPlainBytes) {
    return Error{Errc::kContentTooLong, "body: too long"};
  }
  return message;
}

/// The draft of a message, which must not be too long for clients of 2018. It is in their form as
/// long as another server could not read it otherwise.
/// @param room  as of `WriteElements`.
/// @errors kContentTooLong.
Result<MessageDraft> MakeDraft(const VerbCall& call, const VerbContext& context,
                               MessageContent message, std::optional<RoomKind> room) {
  const std::string elements = WriteElements(message, room);
  if (elements.size() > kMaxMadeBytes) {
    return Error{Errc::kContentTooLong, "a message of too many bytes"};
  }
  message.is_unguarded = context.channel.messages().MayStorePlain();
  if (!message.is_unguarded) {
    message.type = MessageType::kElements;
    message.body = elements;
    message.cmd.clear();
    message.avatar.clear();
  }
  MessageDraft draft{.content = std::move(message), .address = call.address};
  if (!room) draft.guard = GuardDirect;
  return draft;
}

Result<SentMessage> SendToUser(const VerbCall& call, const VerbContext& context,
                               MessageContent message, const std::string& key, UserId to) {
  message.client_random = RandomOf(key, to.value, context.channel.deps().random);
  message.client_seq = message.client_random;
  Result<MessageDraft> draft = MakeDraft(call, context, std::move(message), std::nullopt);
  if (!draft) return draft.error();
  draft->to = std::move(to);
  return context.channel.messages().SendDirect(call.account, *draft);
}

Result<SentMessage> SendToRoom(const VerbCall& call, const VerbContext& context,
                               MessageContent message, const std::string& key,
                               const RoomKey& room) {
  const auto subscribed = std::ranges::find(call.rooms, room, &CallersRoom::key);
  if (subscribed == call.rooms.end()) return Error{Errc::kNotAllowed, "not subscribed"};
  if (!subscribed->opened) return subscribed->opened.error();
  if (message.nick.empty() || message.avatar.empty()) {
    const Account::Profile profile = context.channel.logins().ProfileOf(call.account);
    if (message.nick.empty())
      message.nick = profile.nick.empty() ? call.account.value : profile.nick;
    if (message.avatar.empty()) message.avatar = profile.image;
  }
  message.client_random = RandomOf(key, {}, context.channel.deps().random);
  const Result<MessageDraft> draft = MakeDraft(call, context, std::move(message), room.kind);
  if (!draft) return draft.error();
  return context.channel.messages().SendToRoom(call.account, room, subscribed->number, *draft);
}

Result<JsonText> Send(const VerbCall& call, const VerbContext& context) {
  ChannelFields fields(call.fields);
  const bool is_direct = fields.Has("to");
  UserId to = is_direct ? fields.Account("to") : UserId();
  const RoomKey room = is_direct ? RoomKey() : fields.Room();
  const std::string key = fields.OptionalText("key", kMaxKeyBytes);
  Result<MessageContent> message = ReadMessage(fields);
  if (!message) return message.error();
  const Result<SentMessage> sent =
      is_direct ? SendToUser(call, context, *std::move(message), key, std::move(to))
                : SendToRoom(call, context, *std::move(message), key, room);
  if (!sent) return sent.error();
  JsonText reply;
  if (!is_direct) reply.Field("seq", sent->seq);
  return std::move(reply.Field("time", sent->at.time_since_epoch().count()));
}

/// Writes messages that are oldest first; leaves out those beyond the limit of a reply: the oldest
/// ones, unless newer ones were asked for.
/// @return whether all of them were written.
bool WriteMessages(std::span<const StoredMessage> messages, bool from_oldest, JsonText& out) {
  std::vector<std::string> objects;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    JsonText object;
    object.BeginObject();
    WriteMessage(messages[from_oldest ? i : messages.size() - 1 - i], object);
    object.EndObject();
    bytes += object.text().size();
    if (!objects.empty() && bytes > kMaxHistoryBytes) break;
    objects.emplace_back(object.text());
  }
  const bool is_whole = objects.size() == messages.size();
  if (!from_oldest) std::ranges::reverse(objects);
  out.BeginArray("messages");
  for (const std::string& object : objects) out.Json(object);
  out.EndArray();
  return is_whole;
}

JsonText HistoryReply(std::span<const StoredMessage> messages, bool from_oldest, bool is_complete) {
  JsonText reply;
  const bool is_whole = WriteMessages(messages, from_oldest, reply);
  reply.Json("complete", is_complete && is_whole ? "true" : "false");
  return reply;
}

Result<JsonText> History(const VerbCall& call, const VerbContext& context) {
  ChannelFields fields(call.fields);
  const bool is_direct = fields.Has("peer");
  const UserId peer = is_direct ? fields.Account("peer") : UserId();
  const RoomKey key = is_direct ? RoomKey() : fields.Room();
  std::optional<std::uint64_t> before;
  if (fields.Has("before")) before = fields.Number("before");
  std::optional<std::uint64_t> after;
  if (fields.Has("after")) after = fields.Number("after");
  const std::size_t limit = fields.Limit("limit", kMaxHistory);
  if (!fields.ok()) return fields.error();
  if (after && (before || is_direct)) {
    return Error{Errc::kBadRequest, "after: only of a room, and without before"};
  }
  if (is_direct) {
    Result<MessagePage> page =
        context.channel.history().OfDirect(call.account, peer, before, {limit, kMaxHistoryRead});
    if (!page) return page.error();
    std::ranges::reverse(page->messages);
    return HistoryReply(page->messages, /*from_oldest=*/false, page->is_complete);
  }
  const Result<Room> room = context.channel.reader().Open(call.account, call.reach, key);
  if (!room) return room.error();
  const auto page = context.channel.reader().ReadHistory(
      *room, {.before = before, .after = after, .limit = limit, .max_bytes = kMaxHistoryRead});
  if (!page) return page.error();
  return HistoryReply(page->messages, after.has_value(), page->is_complete);
}

Result<JsonText> ListConversations(const VerbCall& call, const VerbContext& context) {
  ChannelFields fields(call.fields);
  const std::size_t limit = fields.Limit("limit", kMaxConversations);
  if (!fields.ok()) return fields.error();
  std::vector<GroupFacts> groups;
  for (const CallersRoom& room : call.rooms) {
    if (!room.opened) return room.opened.error();
    const Result<std::uint64_t> newest =
        context.channel.reader().NewestMessage(call.account, call.reach, room.key, room.number);
    if (!newest && IsRefusal(newest.error().code)) continue;
    if (!newest) return newest.error();
    groups.push_back({.room = room.key, .number = room.number, .last_seq = *newest});
  }
  const auto conversations = context.channel.history().Conversations(call.account, groups, limit);
  if (!conversations) return conversations.error();
  JsonText reply;
  reply.BeginArray("conversations");
  for (const Conversation& conversation : *conversations) {
    const StoredMessage& newest = conversation.newest;
    if (reply.text().size() > kMaxHistoryBytes) break;
    reply.BeginObject();
    if (newest.room_number > 0) {
      reply.Field("kind", RoomKindName(conversation.room.kind))
          .Field("roomID", conversation.room.id.value);
    } else {
      const UserId& sender = newest.content.sender;
      reply.Field("peer", sender == call.account ? newest.receiver.value : sender.value);
    }
    reply.Field("unread", conversation.unread).BeginObject("message");
    WriteMessage(newest, reply);
    reply.EndObject().EndObject();
  }
  return std::move(reply.EndArray());
}

Result<JsonText> Members(const VerbCall& call, const VerbContext& context) {
  ChannelFields fields(call.fields);
  const RoomKey key = fields.Room();
  if (!fields.ok()) return fields.error();
  const Result<Room> room = context.channel.reader().Open(call.account, call.reach, key);
  if (!room) return room.error();
  JsonText reply;
  WriteSnapshot(*room, reply);
  return reply;
}

Result<JsonText> Presence(const VerbCall& call, const VerbContext& context) {
  ChannelFields fields(call.fields);
  const RoomKey key = fields.Room();
  if (!fields.ok()) return fields.error();
  const Result<Room> room = context.channel.reader().Open(call.account, call.reach, key);
  if (!room) return room.error();
  std::unordered_set<UserId> seen;
  std::string names;
  for (const UserId& user : context.receivers.UsersIn(room->sequence, kMaxPresent)) {
    if (!seen.insert(user).second) continue;
    if (!names.empty()) names += ',';
    AppendJsonString(user.value, names);
  }
  const std::size_t count = context.receivers.CountIn(room->sequence);
  return JsonText().Json("users", "[" + names + "]").Field("count", count);
}

Result<JsonText> Ping(const VerbCall& call, const VerbContext& context) {
  ChannelFields fields(call.fields);
  const std::uint64_t direct = fields.OptionalNumber("direct");
  if (!fields.ok()) return fields.error();
  if (direct > 0) context.channel.history().ConfirmDirect(call.account, direct);
  return JsonText();
}

/// The objects that a client has missed, in the order of the times; events and messages stay in
/// their own order.
/// @return nullopt when there is too much of it, or some is missing.
std::optional<std::vector<std::string>> MissedObjects(const RoomView& view) {
  if (!view.events) return std::nullopt;
  std::vector<std::string> objects;
  std::size_t bytes = 0;
  RoomCursor cursor = view.cursor;
  cursor.at = view.since;
  auto event = view.events->begin();
  auto message = view.missed->newest->begin();
  const auto last_message = view.missed->newest->end();
  while (event != view.events->end() || message != last_message) {
    const bool is_event = message == last_message || (event != view.events->end() &&
                                                      event->event.at <= message->content.sent_at);
    if (is_event) {
      const RoomEvent& what = (event++)->event;
      objects.push_back(EventObject(what, PlayUrlOf(what, view.room), std::nullopt, cursor));
    } else {
      objects.push_back(MessageObject(view.room.key, *message++, cursor));
    }
    bytes += objects.back().size() + 1;
    if (bytes > RoomReader::kMaxEventBytes) return std::nullopt;
  }
  return objects;
}

constexpr auto kVerbs = std::to_array<Verb>({
    {.name = "connect", .label = "channel/connect", .kind = VerbKind::kConnect},
    {.name = "subscribe", .label = "channel/subscribe", .kind = VerbKind::kSubscribe},
    {.name = "unsubscribe",
     .label = "channel/unsubscribe",
     .kind = VerbKind::kUnsubscribe,
     .may_block = false},
    {.name = "watch", .label = "channel/watch", .kind = VerbKind::kWatch, .may_block = false},
    {.name = "unwatch", .label = "channel/unwatch", .kind = VerbKind::kUnwatch, .may_block = false},
    {.name = "send", .label = "channel/send", .handler = Send},
    {.name = "history", .label = "channel/history", .handler = History},
    {.name = "conversations", .label = "channel/conversations", .handler = ListConversations},
    {.name = "members", .label = "channel/members", .handler = Members},
    {.name = "presence", .label = "channel/presence", .handler = Presence},
    {.name = "ping", .label = "channel/ping", .handler = Ping, .may_block = false},
});

}  // namespace

std::optional<std::uint64_t> RequestIdOf(const nlohmann::ordered_json& object) {
  ChannelFields fields(object);
  const std::uint64_t id = fields.Number("id");
  if (!fields.ok()) return std::nullopt;
  return id;
}

Result<VerbRequest> ReadVerb(nlohmann::ordered_json object) {
  for (auto& [name, value] : object.items()) {
    if (name == "id") continue;
    const auto* const verb = std::ranges::find(kVerbs, name, &Verb::name);
    if (verb == kVerbs.end()) break;
    if (object.size() != 2) return Error{Errc::kBadRequest, "request: more than one verb"};
    if (!value.is_object()) return Error{Errc::kNotJson, "request: not an object"};
    return VerbRequest{.verb = verb, .fields = std::move(value)};
  }
  return Error{Errc::kBadRequest, {}};
}

Result<RoomListKey> ReadListKey(const nlohmann::ordered_json& fields, RoomReach reach) {
  ChannelFields reader(fields);
  const RoomListKey list{.kind = reader.ListKind(), .reach = reach};
  if (!reader.ok()) return reader.error();
  return list;
}

void WriteError(const Error& error, std::string_view verb, JsonText& out) {
  // A login with an expired ticket has a code of its own, as in the old protocol.
  const ChannelCode& code = ChannelCodeOf(verb == "connect" ? "openim/login" : verb, error.code);
  out.BeginObject("error")
      .Field("code", code.code)
      .Field("message", InfoOf(error, code))
      .EndObject();
}

std::string VerbReply(std::uint64_t id, const Verb& verb, const Result<JsonText>& outcome) {
  JsonText reply;
  reply.Field("id", id);
  if (outcome) {
    reply.Json(verb.name, outcome->AsObject());
  } else {
    WriteError(outcome.error(), verb.name, reply);
  }
  return reply.AsObject();
}

std::string VerbFailure(std::uint64_t id, const Error& error) {
  JsonText reply;
  reply.Field("id", id);
  if (error.detail.empty()) {
    reply.BeginObject("error")
        .Field("code", kUnknownCommand.code)
        .Field("message", kUnknownCommand.info)
        .EndObject();
  } else {
    WriteError(error, {}, reply);
  }
  return reply.AsObject();
}

bool WriteView(const RoomView& view, JsonText& out) {
  if (const auto objects = MissedObjects(view)) {
    WriteRecovered(view.cursor, *objects, out);
    return true;
  }
  out.Field("epoch", view.cursor.epoch)
      .Field("cursor", view.cursor.Encode())
      .Json("recovered", "false")
      .BeginObject("room");
  WriteSnapshot(view.room, out);
  out.EndObject();
  if (!view.missed) return false;
  const auto& [from, to, newest] = *view.missed;
  if (newest && from > to) return false;
  out.BeginObject("missed").Field("from", from).Field("to", to);
  if (newest) (void)WriteMessages(*newest, /*from_oldest=*/false, out);
  out.EndObject();
  return false;
}

}  // namespace rtcroom
