// Groups of a socket's login, and what it sends.
#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "daemon/auth/user_sig.h"
#include "daemon/channel/group_access_check.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/tim/tim_json.h"
#include "handlers/tim/tim_lookups.h"
#include "handlers/tim/tim_socket.h"

namespace rtcroom::tim {
namespace {

constexpr std::size_t kMaxCustom = 1024;
/// For so long a client waits for a reply, and repeats its request on a new connection.
constexpr std::chrono::seconds kRepeatTime{15};

/// As in `MessageContent`; 0 for none or another.
std::uint8_t PriorityOf(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames = {"High", "Normal", "Low", "Lowest"};
  const auto* const found = std::ranges::find(kNames, name);
  return found == kNames.end() ? 0 : static_cast<std::uint8_t>(found - kNames.begin() + 1);
}

/// Reads the rest of a message.
/// @param to       empty: to a group.
/// @param address  of the client.
/// @errors those of `fields`; as `MessageBody::From`.
Result<MessageDraft> ReadDraft(ChannelFields& fields, UserId to, std::uint64_t seq,
                               std::uint64_t random, const std::string& address) {
  SdkMessage sdk{.is_plain = true,
                 .client_time = fields.OptionalNumber("MsgClientTime"),
                 .custom = fields.OptionalText("CloudCustomData"),
                 .wants_receipt = fields.OptionalNumber("IsNeedReadReceipt") == 1,
                 .priority = PriorityOf(fields.OptionalText("MsgPriority"))};
  if (!fields.ok()) return fields.error();
  if (sdk.custom.size() > kMaxCustom) {
    return Error{Errc::kContentTooLong, "CloudCustomData: too long"};
  }
  Result<MessageBody> body = fields.Message();
  if (!body) return body.error();
  return MessageDraft{.to = std::move(to),
                      .body = *std::move(body),
                      .seq = seq,
                      .random = random,
                      .address = address,
                      .sdk = std::move(sdk)};
}

}  // namespace

Result<AccountGroup> TimSocket::GroupOf(const ChannelInstance& caller, const RoomId& group) {
  if (const std::shared_ptr<LoginPushes> pushes = PushesOf(caller)) {
    if (auto joined = pushes->Find(group)) return std::move(joined->place);
  }
  // The request may have come before its login, and another login may have joined.
  const auto places = OwnPlaces(caller, deps_.commands);
  if (!places) return places.error();
  for (const AccountGroup& place : *places) {
    if (place.room.id == group) return place;
  }
  return Error{Errc::kNotAllowed, "not in this group"};
}

Reply TimSocket::Join(const ChannelInstance& caller, const nlohmann::ordered_json& body) {
  ChannelFields fields(body);
  const RoomId id = fields.Group();
  if (!fields.ok()) return fields.error();
  const Result<Room> room = deps_.commands.channel.groups().FindRoomToJoin(caller, id);
  if (!room) return room.error();
  const bool is_meeting = IsMeeting(room->key.kind);
  const auto succeed = [&]() -> Reply {
    JsonText reply;
    reply.Field("JoinedStatus", "JoinedSuccess");
    if (!is_meeting) reply.Field("HugeGroupFlag", 1).Field("AVChatRoomKey", id.value);
    return reply;
  };
  const Result<AccountGroup> known = GroupOf(caller, id);
  if (!known && known.error().code != Errc::kNotAllowed) return known.error();
  const std::shared_ptr<LoginPushes> pushes = PushesOf(caller);
  // A login that is in the group by its row alone has to enter it.
  if (known && known->room_number == room->sequence && (!pushes || pushes->Find(id))) {
    const bool is_repeated = deps_.commands.clock.Now() - known->joined_at < kRepeatTime;
    if (!is_meeting || is_repeated) return succeed();
    return Failure(code::kAlreadyMember, "already in this group");
  }
  if (pushes && pushes->Groups().size() >= LoginPushes::kMaxGroups) {
    return Error{Errc::kNotAllowed, "too many groups"};
  }
  const Result<std::uint64_t> newest = deps_.commands.history.NewestRoomMessage(room->sequence);
  if (!newest) return newest.error();
  AccountGroup place{.account = caller.account,
                     .instance = caller.instance,
                     .room_number = room->sequence,
                     .room = room->key,
                     .joined_at = deps_.commands.clock.Now(),
                     .expires = caller.expires,
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
  if (const Status stored = deps_.commands.groups.RecordAccountGroups(changes); !stored) {
    return stored.error();
  }
  const std::string name(LabelOf(*room).name);
  if (pushes) {
    const Status entered = pushes->Enter({.place = changes.front().group, .name = name});
    if (!entered) return entered.error();
    // A ban or a departure may have come after the check, before this login got what follows.
    const Result<Room> still = deps_.commands.channel.groups().FindRoomToJoin(caller, id);
    if (!still && IsRefusal(still.error().code)) {
      pushes->OnMembershipEnded(room->sequence, LeaveReason::kKicked);
      return still.error();
    }
    pushes->ReadMissed();
    deps_.commands.created.Use(room->sequence);
  }
  Tell(place, name, TipType::kJoined);
  return succeed();
}

Reply TimSocket::Quit(const ChannelInstance& caller, const nlohmann::ordered_json& body) {
  ChannelFields fields(body);
  const RoomId id = fields.Group();
  if (!fields.ok()) return fields.error();
  auto rows = deps_.commands.groups.ReadAccountGroups(caller.account);
  if (!rows) return rows.error();
  // The account leaves a meeting with all of its logins.
  std::erase_if(*rows, [&](const AccountGroup& row) {
    const bool is_others = !IsMeeting(row.room.kind) && row.instance != caller.instance;
    return is_others || row.room_number == 0 || row.room.id != id;
  });
  const std::shared_ptr<LoginPushes> pushes = PushesOf(caller);
  const std::optional<JoinedGroup> joined = pushes ? pushes->Find(id) : std::nullopt;
  if (joined) (void)pushes->Leave(joined->place.room_number);
  if (rows->empty()) return JsonText();
  if (const Status removed = deps_.places.Remove(*rows); !removed) return removed.error();
  // A row of a login may be all that was left of a meeting, and is no membership.
  const auto place = std::ranges::find_if(*rows, [](const AccountGroup& row) {
    return row.instance == 0 || !IsMeeting(row.room.kind);
  });
  if (place != rows->end()) Tell(*place, joined ? joined->name : std::string(), TipType::kLeft);
  return JsonText();
}

void TimSocket::Tell(const AccountGroup& group, std::string_view name, TipType type) {
  if (IsMeeting(group.room.kind)) {
    // For the other logins of the account.
    deps_.socket.receivers.notices().Share({.user_id = group.account, .form = PushForm::kSdk});
  }
  const std::size_t members = deps_.socket.receivers.CountIn(group.room_number);
  if (members > PushNotices::kMostTold) return;
  deps_.socket.receivers.notices().Share(
      {.room_number = group.room_number,
       .object = TipEvent({.group = {.id = group.room.id, .name = name},
                           .type = type,
                           .account = group.account,
                           .profile = deps_.commands.channel.logins().ProfileOf(group.account),
                           .members = members,
                           .number = RandomUint64(deps_.random) >> 12,
                           .at = deps_.commands.clock.Now()}),
       .form = PushForm::kSdk});
}

void TimSocket::ShowInGroup(const AccountGroup& group, StoredMessage& message) {
  message.seq = kFirstUnstored + (RandomUint64(deps_.random) >> 12);
  const UserId& sender = message.content.sender;
  const std::shared_ptr<LoginPushes> pushes = CurrentPushes();
  const std::optional<JoinedGroup> joined = pushes ? pushes->Find(group.room.id) : std::nullopt;
  const GroupLabel label{.id = group.room.id, .name = joined ? joined->name : std::string_view()};
  deps_.socket.receivers.notices().Share(
      {.room_number = group.room_number,
       .user_id = sender,
       .object = GroupEvent(GroupMessage(label, message, SenderOf(deps_.commands, sender))),
       .form = PushForm::kSdk});
}

Reply TimSocket::SendToGroup(const ChannelInstance& caller, const nlohmann::ordered_json& body) {
  ChannelFields fields(body);
  const RoomId id = fields.Group();
  const std::uint64_t random = fields.Number("Random");
  const std::uint64_t seq = fields.OptionalNumber("ClientSeq");
  const bool is_online_only = fields.OptionalNumber("OnlineOnlyFlag") == 1;
  Result<MessageDraft> draft = ReadDraft(fields, {}, seq, random, peer_address());
  if (!draft) return draft.error();
  const Result<AccountGroup> group = GroupOf(caller, id);
  if (!group) return group.error();
  if (is_online_only) {
    draft->sdk.deliver = [&](StoredMessage& shown) { ShowInGroup(*group, shown); };
  }
  if (const auto pushes = PushesOf(caller)) pushes->ExpectOwn(random);
  const Result<SentMessage> sent = deps_.commands.channel.messages().SendToRoom(
      caller.account, group->room, group->room_number, *draft);
  if (!sent) return sent.error();
  return JsonText().Field("MsgTime", UnixSeconds(sent->at)).Field("MsgSeq", sent->seq);
}

Reply TimSocket::SendDirect(const ChannelInstance& caller, const nlohmann::ordered_json& body) {
  ChannelFields fields(body);
  UserId to = fields.Account("To_Account");
  const std::uint64_t seq = fields.OptionalNumber("MsgSeq");
  const std::uint64_t random = fields.Number("MsgRandom");
  const bool is_online_only = fields.OptionalNumber("MsgLifeTime", 1) == 0;
  Result<MessageDraft> draft = ReadDraft(fields, std::move(to), seq, random, peer_address());
  if (!draft) return draft.error();
  if (is_online_only) {
    draft->sdk.deliver = [&](const StoredMessage& shown) {
      if (shown.receiver == caller.account) return;
      const SenderFacts sender = SenderOf(deps_.commands, caller.account);
      TellAccount(deps_.commands, shown.receiver,
                  DirectEvent(DirectMessage(shown, sender, DirectForm::kOnlineOnly)));
    };
  }
  if (const auto pushes = PushesOf(caller)) pushes->ExpectOwn(random);
  const Result<SentMessage> sent =
      deps_.commands.channel.messages().SendDirect(caller.account, *draft);
  if (!sent) return sent.error();
  return JsonText()
      .Field("MsgTime", UnixSeconds(sent->at))
      .Field("MsgKey", DirectMessageKey(seq, random, sent->at));
}

}  // namespace rtcroom::tim
