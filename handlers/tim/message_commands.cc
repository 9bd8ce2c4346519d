// Groups that users join and leave, and messages that they send.
#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "daemon/auth/user_sig.h"
#include "daemon/base/random_source.h"
#include "daemon/channel/group_access_check.h"
#include "handlers/shared/plain_message.h"
#include "handlers/shared/request_charge.h"
#include "handlers/tim/tim_commands.h"
#include "handlers/tim/tim_json.h"
#include "handlers/tim/tim_lookups.h"
#include "handlers/tim/tim_pushes.h"

namespace rtcroom::tim {
namespace {

constexpr std::size_t kMaxCustom = 1024;
/// A client waits so long for a reply, and within it repeats its request on a new connection.
constexpr std::chrono::seconds kRepeatTime{15};

/// The priority as in `MessageContent`; 0 for none or another.
std::uint8_t PriorityOf(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames = {"High", "Normal", "Low", "Lowest"};
  const auto* const found = std::ranges::find(kNames, name);
  return found == kNames.end() ? 0 : static_cast<std::uint8_t>(found - kNames.begin() + 1);
}

/// Reads a message but for its receiver and number, which the commands have read.
/// @param to  empty: to a group.
/// @errors those of the fields; as `MessageBody::From`.
Result<MessageDraft> ReadDraft(const Request& request, UserId to, std::uint64_t seq,
                               std::uint64_t random) {
  MessageContent content{.client_seq = seq,
                         .client_random = random,
                         .client_time = request.fields.OptionalNumber("MsgClientTime"),
                         .custom = request.fields.OptionalText("CloudCustomData"),
                         .priority = PriorityOf(request.fields.OptionalText("MsgPriority")),
                         .wants_receipt = request.fields.OptionalNumber("IsNeedReadReceipt") == 1};
  if (!request.fields.ok()) return request.fields.error();
  if (content.custom.size() > kMaxCustom) {
    return Error{Errc::kContentTooLong, "CloudCustomData: too long"};
  }
  Result<MessageBody> body = request.fields.Message();
  if (!body) return body.error();
  content.body = body->text();
  return MessageDraft{
      .to = std::move(to), .content = std::move(content), .address = request.address};
}

/// Has the message stored as it was sent, or as its guard returns it as long as another server may
/// hand it to clients of 2018 as it is stored. Call it when `deliver` is set.
void StoreAsSent(const Context& context, MessageGuard guard, MessageDraft& draft) {
  draft.content.is_unguarded = draft.deliver || context.channel.messages().MayStorePlain();
  if (!draft.content.is_unguarded) draft.guard = std::move(guard);
}

/// The place of the caller in a group that it reaches.
/// @errors kNotAllowed; kStoreBusy; kStoreBroken.
Result<JoinedGroup> GroupOf(const Request& request, const Context& context, const RoomId& group) {
  if (request.pushes != nullptr) {
    if (auto joined = request.pushes->Find(group)) return *std::move(joined);
  }
  // The request may have come before its login, and another login may have joined.
  const auto places = OwnPlaces(request.caller, context);
  if (!places) return places.error();
  for (const AccountGroup& place : *places) {
    if (place.room.id != group) continue;
    const Result<Room> room = FindRoomOf(request.caller, context, place);
    if (room) return JoinedGroup{.place = place, .name = room->info};
    if (!IsRefusal(room.error().code)) return room.error();
  }
  return Error{Errc::kNotAllowed, "not in this group"};
}

/// Shows the room's other SDKs that an account has come or gone, which is charged like a reply: it
/// has the account's names twice.
void Tell(const Request& request, const Context& context, const JoinedGroup& group, bool has_left) {
  const UserId& account = group.place.account;
  if (IsMeeting(group.place.room.kind)) {
    // The other logins of the account learn that its groups have changed.
    context.socket.receivers.notices().Share({.user_id = account, .fact = GroupsNotice{}});
  }
  const std::size_t members = context.socket.receivers.CountIn(group.place.room_number);
  if (members > PushNotices::kMostTold) return;
  Account::Profile profile = context.channel.logins().ProfileOf(account);
  PushNotice notice{
      .room_number = group.place.room_number,
      .fact = MemberNotice{.group = group.place.room.id,
                           .group_name = group.name,
                           .account = account,
                           .nick = std::move(profile.nick),
                           .image = std::move(profile.image),
                           .has_left = has_left,
                           .members = members,
                           .number = RandomUint64(context.channel.deps().random) >> 12,
                           .at = context.socket.clock.Now()}};
  RequestCharge::OfChannel(context.socket.costs, request.address, account)
      .ChargeReply(members * EventOf(notice, context.channel.tokens()).size());
  context.socket.receivers.notices().Share(std::move(notice));
}

/// Delivers a message that is only for the SDKs that are connected, but the sender's own.
/// @param group  empty: the message is to an account.
void Show(const Context& context, const JoinedGroup& group, const StoredMessage& message) {
  const UserId& sender = message.content.sender;
  context.socket.receivers.notices().Share(
      {.room_number = message.room_number,
       .user_id = message.room_number == 0 ? message.receiver : sender,
       .fact = MessageNotice{.group = group.place.room.id,
                             .group_name = group.name,
                             .image = context.channel.logins().ProfileOf(sender).image,
                             .message = message}});
}

}  // namespace

Reply JoinGroup(const Request& request, const Context& context) {
  const RoomId id = request.fields.Group();
  if (!request.fields.ok()) return request.fields.error();
  const Result<Room> room = context.channel.groups().FindRoomToJoin(request.caller, id);
  if (!room) return room.error();
  const bool is_meeting = IsMeeting(room->key.kind);
  JsonText success;
  success.Field("JoinedStatus", "JoinedSuccess");
  if (!is_meeting) success.Field("HugeGroupFlag", 1).Field("AVChatRoomKey", id.value);
  const Result<JoinedGroup> known = GroupOf(request, context, id);
  if (!known && known.error().code != Errc::kNotAllowed) return known.error();
  LoginPushes* const pushes = request.pushes;
  // A login that only its stored row shows in the group gets nothing of it yet: it enters below.
  if (known && known->place.room_number == room->sequence && (!pushes || pushes->Find(id))) {
    const bool is_repeated = context.socket.clock.Now() - known->place.joined_at < kRepeatTime;
    if (!is_meeting || is_repeated) return success;
    return Failure(code::kAlreadyMember, "already in this group");
  }
  if (pushes && pushes->Groups().size() >= LoginPushes::kMaxGroups) {
    return Error{Errc::kNotAllowed, "too many groups"};
  }
  const Result<std::uint64_t> newest = context.history.NewestRoomMessage(room->sequence);
  if (!newest) return newest.error();
  AccountGroup place{.account = request.caller.account,
                     .instance = request.caller.instance,
                     .room_number = room->sequence,
                     .room = room->key,
                     .joined_at = context.socket.clock.Now(),
                     .expires = request.caller.expires,
                     .joined_seq = *newest,
                     .received = *newest};
  std::vector<AccountGroupChange> changes = {{.group = place}};
  if (is_meeting) {
    place.instance = 0;
    place.expires = TimePoint::max();
    place.received = 0;
    place.read = *newest;
    changes.push_back({.group = place});
  }
  if (const Status stored = context.accounts.RecordAccountGroups(changes); !stored) {
    return stored.error();
  }
  if (pushes) {
    const Status entered = pushes->Enter({.place = changes.front().group, .name = room->info});
    if (!entered) return entered.error();
    pushes->ReadMissed();
    context.created.Use(room->sequence);
  }
  Tell(request, context, {.place = place, .name = room->info}, /*has_left=*/false);
  return success;
}

Reply QuitGroup(const Request& request, const Context& context) {
  const RoomId id = request.fields.Group();
  if (!request.fields.ok()) return request.fields.error();
  // Another login of the account may have joined a group that this one does not reach.
  if (const auto room = context.channel.groups().FindRoom(request.caller, id); !room) {
    return room.error().code == Errc::kRoomNotFound ? Reply() : room.error();
  }
  auto rows = context.accounts.ReadAccountGroups(request.caller.account);
  if (!rows) return rows.error();
  // The account leaves a meeting with all of its logins.
  std::erase_if(*rows, [&](const AccountGroup& row) {
    const bool is_others = !IsMeeting(row.room.kind) && row.instance != request.caller.instance;
    return is_others || row.room_number == 0 || row.room.id != id;
  });
  LoginPushes* const pushes = request.pushes;
  const std::optional<JoinedGroup> joined = pushes ? pushes->Find(id) : std::nullopt;
  if (joined) (void)pushes->Leave(joined->place.room_number);
  if (rows->empty()) return JsonText();
  if (const Status removed = context.places.Remove(*rows); !removed) {
    // The account stays in the group, so the login gets what follows.
    if (joined && pushes->Enter(*joined)) pushes->ReadMissed();
    return removed.error();
  }
  // A row of a login may be all that was left of a meeting, and is no membership.
  const auto place = std::ranges::find_if(*rows, [](const AccountGroup& row) {
    return row.instance == 0 || !IsMeeting(row.room.kind);
  });
  if (place != rows->end()) {
    Tell(request, context, {.place = *place, .name = joined ? joined->name : ""},
         /*has_left=*/true);
  }
  return JsonText();
}

Reply SendToGroup(const Request& request, const Context& context) {
  const RoomId id = request.fields.Group();
  const std::uint64_t random = request.fields.Number("Random");
  const std::uint64_t seq = request.fields.OptionalNumber("ClientSeq");
  const bool is_online_only = request.fields.OptionalNumber("OnlineOnlyFlag") == 1;
  Result<MessageDraft> draft = ReadDraft(request, {}, seq, random);
  if (!draft) return draft.error();
  const Result<JoinedGroup> group = GroupOf(request, context, id);
  if (!group) return group.error();
  if (is_online_only) {
    draft->deliver = [&](StoredMessage& shown) {
      shown.seq = kFirstUnstored + (RandomUint64(context.channel.deps().random) >> 12);
      Show(context, *group, shown);
    };
  }
  // Clients of webrtc rooms do not parse what they get.
  if (is_online_only || group->place.room.kind != RoomKind::kWebrtc) {
    StoreAsSent(context, [](MessageContent& content) { return GuardInRoom(content); }, *draft);
  }
  if (request.pushes != nullptr) request.pushes->ExpectOwn(random);
  const Result<SentMessage> sent = context.channel.messages().SendToRoom(
      request.caller.account, group->place.room, group->place.room_number, *draft);
  if (!sent) return sent.error();
  return JsonText().Field("MsgTime", UnixSeconds(sent->at)).Field("MsgSeq", sent->seq);
}

Reply SendDirect(const Request& request, const Context& context) {
  UserId to = request.fields.Account("To_Account");
  const std::uint64_t seq = request.fields.OptionalNumber("MsgSeq");
  const std::uint64_t random = request.fields.Number("MsgRandom");
  const bool is_online_only = request.fields.OptionalNumber("MsgLifeTime", 1) == 0;
  Result<MessageDraft> draft = ReadDraft(request, std::move(to), seq, random);
  if (!draft) return draft.error();
  if (is_online_only) {
    draft->deliver = [&](const StoredMessage& shown) {
      if (shown.receiver != request.caller.account) Show(context, {}, shown);
    };
  }
  StoreAsSent(context, GuardDirect, *draft);
  if (request.pushes != nullptr) request.pushes->ExpectOwn(random);
  const Result<SentMessage> sent =
      context.channel.messages().SendDirect(request.caller.account, *draft);
  if (!sent) return sent.error();
  return JsonText()
      .Field("MsgTime", UnixSeconds(sent->at))
      .Field("MsgKey", DirectMessageKey(seq, random, sent->at));
}

}  // namespace rtcroom::tim
