#include "handlers/tim/tim_json.h"

#include <utility>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/user_sig.h"
#include "daemon/base/json_text.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/shared/plain_message.h"

namespace rtcroom::tim {
namespace {

constexpr std::string_view kSystem = "@TIM#SYSTEM";
/// The SDK is told this name for what no account has caused.
constexpr std::string_view kOperator = "admin";
/// A message has this priority if its client has named none.
constexpr int kNormalPriority = 2;
/// The SDK only shows this number, and refuses nobody beyond it.
constexpr int kMostMembers = 10'000;

enum Event : std::uint8_t {
  kGroupMessages = 3,
  kNotices = 5,
  kShownTips = 6,  ///< shown and forgotten; with 4 they would be numbered as messages
  kDirectMessages = 9,
  kAccountNotices = 10,
  kReceipts = 16,
};

/// The one of `chosen` and `otherwise` that is there.
std::uint64_t NumberOr(std::uint64_t chosen, std::uint64_t otherwise) {
  return chosen == 0 ? otherwise : chosen;
}

/// `MsgBody` with one element.
std::string OneElement(std::string_view type, const JsonText& content) {
  JsonText element;
  element.Field("MsgType", type).Json("MsgContent", content.AsObject());
  return fmt::format("[{}]", element.AsObject());
}

/// A message without what clients of 2018 need in it.
struct Shown {
  std::string nick{};
  std::string image{};
  std::string body{};  ///< `MsgBody`
};

/// Whether the SDK has sent the body just so. Only its messages have a time of the client; those
/// that were mended for clients of 2018 begin with a custom element.
bool IsAsSent(const MessageContent& content) {
  if (content.type != MessageType::kElements) return false;
  if (content.is_unguarded) return true;
  return content.client_time != 0 && !content.body.starts_with(R"([{"MsgType":"TIMCustomElem")");
}

Shown ShownOf(const MessageContent& content, const SenderFacts& sender) {
  const Account::Profile& profile = sender.profile;
  Shown shown{.nick = content.nick.empty() ? profile.nick : content.nick, .image = profile.image};
  if (IsAsSent(content)) {
    shown.body = content.body;
    return shown;
  }
  MessageContent plain = ReadPlain(content);
  if (!plain.nick.empty()) shown.nick = std::move(plain.nick);
  if (!plain.avatar.empty()) shown.image = std::move(plain.avatar);
  if (plain.type == MessageType::kText) {
    shown.body = OneElement("TIMTextElem", JsonText().Field("Text", plain.body));
  } else if (!plain.cmd.empty() || content.type != MessageType::kElements) {
    shown.body =
        OneElement("TIMCustomElem",
                   JsonText().Field("Data", plain.body).Field("Desc", plain.cmd).Field("Ext", ""));
  } else {
    shown.body = content.body;
  }
  return shown;
}

/// The time at which its client says that the message was sent. A missing one is replaced, since
/// the SDK would take the time of its own clock.
std::int64_t ClientTime(const MessageContent& content) {
  return content.client_time == 0 ? UnixSeconds(content.sent_at)
                                  : static_cast<std::int64_t>(content.client_time);
}

void WriteGroupInfo(const GroupLabel& group, std::string_view nick, std::string_view image,
                    JsonText& out) {
  out.BeginObject("GroupInfo")
      .Field("GroupId", group.id.value)
      .Field("GroupName", group.name.empty() ? group.id.value : group.name)
      .Field("From_AccountNick", nick)
      .Field("From_AccountHeadurl", image)
      .Json(R"("MsgFrom_AccountExtraInfo":{})")
      .EndObject();
}

/// The event that a group shows when an account has come or gone.
std::string TipEvent(const MemberNotice& tip) {
  constexpr int kJoined = 1;
  constexpr int kLeft = 2;
  const std::string account = JsonText()
                                  .Field("UserId", tip.account.value)
                                  .Field("NickName", tip.nick)
                                  .Field("ImageUrl", tip.image)
                                  .AsObject();
  JsonText event;
  event.Field("Event", kShownTips)
      .BeginArray("GroupTips")
      .BeginObject()
      .Field("Event", kShownTips)
      .Field("From_Account", kSystem)
      .Field("ToGroupId", tip.group.value)
      .Field("MsgSeq", kFirstUnstored + tip.number)
      .Field("MsgRandom", tip.number)
      .Field("MsgTimeStamp", UnixSeconds(tip.at))
      .Field("MsgClientTime", UnixSeconds(tip.at))
      .BeginObject("MsgBody")
      .Field("OpType", tip.has_left ? kLeft : kJoined)
      .Field("Operator_Account", tip.account.value)
      .Json("List_Account", nlohmann::json::array({tip.account.value}).dump())
      .Json("MsgOperatorMemberExtraInfo", account)
      .Json("MsgMemberExtraInfo", fmt::format("[{}]", account))
      .Field("MemberNum", tip.members)
      .Field("GroupJoinType", 1)
      .EndObject();
  WriteGroupInfo({.id = tip.group, .name = tip.group_name}, "", "", event);
  event.Field("IsSystemMsg", 1).EndObject().EndArray();
  return event.AsObject();
}

struct ToEvent {
  const PushNotice& notice;
  const ChannelTokens& tokens;

  std::string operator()(const MemberNotice& tip) const { return TipEvent(tip); }
  std::string operator()(const MessageNotice& shown) const {
    const StoredMessage& message = shown.message;
    const SenderFacts sender{.tiny_id = tokens.TinyIdOf(message.content.sender),
                             .profile = {.image = shown.image}};
    if (message.room_number == 0) {
      return DirectEvent(DirectMessage(message, sender, DirectForm::kOnlineOnly));
    }
    return GroupEvent(GroupMessage({.id = shown.group, .name = shown.group_name}, message, sender));
  }
  std::string operator()(const ReadNotice& read) const {
    const ReadPosition& position = read.position;
    JsonText event;
    event.Field("Event", kAccountNotices).BeginArray("C2cNotifyMsgArray").BeginObject();
    event.BeginObject(read.is_own ? "ReadC2cMsgNotify" : "C2cReadedReceipt");
    if (!read.is_own) event.Field("To_Account", position.reader.value);
    event.BeginArray("UinPairReadArray").BeginObject();
    if (read.is_own) event.Field("From_Account", position.peer.value);
    event.Field("LastReadTime", UnixSeconds(position.until)).EndObject().EndArray();
    event.EndObject().EndObject().EndArray();
    return event.AsObject();
  }
  std::string operator()(const ReceiptNotice& receipt) const {
    const std::string tiny_id = tokens.TinyIdOf(notice.user_id);
    JsonText event;
    event.Field("Event", kReceipts)
        .Field("Peer_Account", receipt.reader.value)
        .BeginArray("C2cMsgInfo");
    for (const ReceiptNotice::Message& message : receipt.messages) {
      event.BeginObject()
          .Field("MsgRandom", message.random)
          .Field("MsgSeq", message.seq)
          .Field("MsgTime", message.time)
          .Field("MsgClientTime", NumberOr(message.client_time, message.time))
          .Field("TinyId", tiny_id)
          .EndObject();
    }
    event.EndArray();
    return event.AsObject();
  }
  /// The others are for other clients, or are no event.
  std::string operator()(const auto& /*other*/) const { return {}; }
};

std::string_view RoleOf(bool is_owner) { return is_owner ? "Owner" : "Member"; }

/// The custom fields of the room, each as a text.
void WriteCustomFields(const Room& room, JsonText& out) {
  out.BeginArray("AppDefinedData");
  const auto fields =
      nlohmann::ordered_json::parse(room.custom, nullptr, /*allow_exceptions=*/false);
  if (fields.is_object()) {
    for (const auto& [name, value] : fields.items()) {
      out.BeginObject()
          .Field("Key", name)
          .Field("Value", value.is_string() ? value.get<std::string>() : value.dump())
          .EndObject();
    }
  }
  out.EndArray();
}

void WriteLastMessage(const MessageContent& content, const Shown& shown, JsonText& out) {
  out.BeginObject("LastMsg")
      .Json("MsgBody", shown.body)
      .Field("CloudCustomData", content.custom)
      .EndObject();
}

}  // namespace

GroupLabel LabelOf(const Room& room) { return {.id = room.key.id, .name = room.info}; }

std::string DirectMessageKey(std::uint64_t seq, std::uint64_t random, TimePoint sent_at) {
  return fmt::format("{}_{}_{}", seq, random, UnixSeconds(sent_at));
}

std::string DirectMessage(const StoredMessage& message, const SenderFacts& sender, DirectForm form,
                          bool is_read) {
  const MessageContent& content = message.content;
  const Shown shown = ShownOf(content, sender);
  const bool is_sync = form == DirectForm::kSync;
  const UserId& from = is_sync ? message.receiver : content.sender;
  const UserId& to = is_sync ? content.sender : message.receiver;
  const std::uint64_t seq = NumberOr(content.client_seq, message.position);
  const std::uint64_t random = NumberOr(content.client_random, message.position);
  JsonText object(512);
  object.Field("From_Account", from.value)
      .Field("To_Account", to.value)
      .Field("MsgTimeStamp", UnixSeconds(content.sent_at))
      .Field("MsgSeq", seq)
      .Field("MsgRandom", random)
      .Field("ClientSeq", seq)
      .Field("MsgClientTime", ClientTime(content))
      .Field("TinyId", sender.tiny_id)
      .Json("MsgBody", shown.body)
      .Field("CloudCustomData", content.custom)
      .Field("From_AccountNick", shown.nick)
      .Field("From_AccountHeadurl", shown.image)
      .Field("MsgFlagBits", 0)
      .Field("IsNeedReadReceipt", content.wants_receipt ? 1 : 0)
      .Field("IsPeerRead", is_read ? 1 : 0)
      .Field("MsgKey", DirectMessageKey(seq, random, content.sent_at));
  if (is_sync) object.Field("IsSyncMsg", 1);
  if (form == DirectForm::kOnlineOnly) object.Field("MsgLifeTime", 0);
  return object.AsObject();
}

std::string GroupMessage(const GroupLabel& group, const StoredMessage& message,
                         const SenderFacts& sender) {
  const MessageContent& content = message.content;
  const Shown shown = ShownOf(content, sender);
  JsonText object(512);
  object.Field("Event", kGroupMessages)
      .Field("From_Account", content.sender.value)
      .Field("ToGroupId", group.id.value)
      .Field("MsgSeq", message.seq)
      .Field("MsgRandom", NumberOr(content.client_random, message.position))
      .Field("ClientSeq", NumberOr(content.client_seq, message.position))
      .Field("MsgTimeStamp", UnixSeconds(content.sent_at))
      .Field("MsgClientTime", ClientTime(content))
      .Field("TinyId", sender.tiny_id)
      .Field("MsgPriority", content.priority == 0 ? kNormalPriority : content.priority)
      .Json("MsgBody", shown.body)
      .Field("CloudCustomData", content.custom);
  WriteGroupInfo(group, shown.nick, shown.image, object);
  object.Field("IsPlaceMsg", 0).Field("OnlineOnlyFlag", message.seq >= kFirstUnstored ? 1 : 0);
  return object.AsObject();
}

std::string DirectEvent(std::string_view messages) {
  return fmt::format(R"({{"Event":{},"C2cMsgArray":[{}]}})", int{kDirectMessages}, messages);
}

std::string GroupEvent(std::string_view messages) {
  return fmt::format(R"({{"Event":{},"GroupMsgArray":[{}]}})", int{kGroupMessages}, messages);
}

std::string NoticeEvent(const Notice& notice) {
  // The SDK takes 1 and 2 for notices of another kind.
  constexpr std::uint64_t kFirstRandom = 3;
  JsonText event;
  event.Field("Event", kNotices)
      .BeginArray("GroupTips")
      .BeginObject()
      .Field("From_Account", kSystem);
  if (!notice.to.value.empty()) event.Field("To_Account", notice.to.value);
  event.Field("ToGroupId", notice.group.id.value)
      .Field("MsgSeq", kFirstRandom + (notice.random >> 34))
      .Field("MsgRandom", kFirstRandom + (notice.random & 0x3FFF'FFFF))
      .Field("MsgTimeStamp", UnixSeconds(notice.at))
      .BeginObject("MsgBody")
      .Field("ReportType", static_cast<int>(notice.type))
      .Field("Operator_Account",
             notice.to.value.empty() ? kOperator : std::string_view(notice.to.value))
      .Field("MsgKey", notice.at.time_since_epoch().count());
  if (notice.type == NoticeType::kMembersChanged) event.Field("UserDefinedField", kMembersChanged);
  event.EndObject();
  WriteGroupInfo(notice.group, "", "", event);
  event.EndObject().EndArray();
  return event.AsObject();
}

std::string EventOf(const PushNotice& notice, const ChannelTokens& tokens) {
  return std::visit(ToEvent{.notice = notice, .tokens = tokens}, notice.fact);
}

bool IsMeeting(RoomKind kind) { return kind == RoomKind::kDouble || kind == RoomKind::kMulti; }

std::string GroupObject(const Room& room, const NewestInRoom& newest, std::size_t members,
                        const AccountGroup* self) {
  const std::int64_t created_at = UnixSeconds(room.created_at);
  const TimePoint last_at = newest.message ? newest.message->content.sent_at : TimePoint();
  JsonText object;
  object.Field("GroupId", room.key.id.value)
      .Field("Type", IsMeeting(room.key.kind) ? "ChatRoom" : "AVChatRoom")
      .Field("Name", room.info.empty() ? room.key.id.value : room.info)
      .Json(R"("Introduction":"","Notification":"","FaceUrl":"")")
      .Field("Owner_Account", room.creator.value)
      .Field("CreateTime", created_at)
      .Field("InfoSeq", 1)
      .Field("LastInfoTime", created_at)
      .Field("LastMsgTime", UnixSeconds(last_at))
      .Field("NextMsgSeq", newest.seq + 1)
      .Field("MemberNum", members)
      .Field("MaxMemberNum", kMostMembers)
      .Json(R"("ApplyJoinOption":"FreeAccess","InviteJoinOption":"FreeAccess")")
      .Json(R"("ShutUpAllMember":"Off","SupportTopic":0)");
  WriteCustomFields(room, object);
  object.Json(R"("ErrorCode":0,"ErrorInfo":"")");
  if (self != nullptr) {
    JsonText own;
    own.Field("Role", RoleOf(room.creator == self->account))
        .Field("JoinTime", UnixSeconds(self->joined_at))
        .Field("MsgFlag", "AcceptAndNotify")
        .Field("MsgSeq", self->read)
        .Field("NameCard", "");
    JsonText member;
    member.Field("Member_Account", self->account.value).Json(own.text());
    object.Json("SelfInfo", own.AsObject())
        .Json("MemberList", fmt::format("[{}]", member.AsObject()));
  }
  return object.AsObject();
}

std::string MemberObject(const UserId& account, TimePoint joined_at, bool is_owner,
                         const Account::Profile& profile) {
  return JsonText()
      .Field("Member_Account", account.value)
      .Field("Role", RoleOf(is_owner))
      .Field("JoinTime", UnixSeconds(joined_at))
      .Json(R"("NameCard":"","ShutUpUntil":0)")
      .Field("NickName", profile.nick)
      .Field("FaceUrl", profile.image)
      .AsObject();
}

std::string DirectConversation(const StoredMessage& newest, const UserId& peer,
                               const Account::Profile& profile, TimePoint peer_read) {
  const MessageContent& content = newest.content;
  JsonText object;
  object.Field("Type", 1)
      .Field("To_Account", peer.value)
      .Field("C2cNick", profile.nick)
      .Field("C2cImage", profile.image)
      .Field("MsgTimeStamp", UnixSeconds(content.sent_at))
      .Field("MsgSeq", NumberOr(content.client_seq, newest.position))
      .Field("LastC2CMsgFrom_Account", content.sender.value)
      .Json(R"("MsgShow":"","LastMsgFlags":0)");
  WriteLastMessage(content, ShownOf(content, {}), object);
  object.Field("C2cPeerReadTime", UnixSeconds(peer_read))
      .Json(R"("UnreadMsgCount":0,"TopFlags":0)");
  return object.AsObject();
}

std::string GroupConversation(const GroupLabel& group, const StoredMessage& newest,
                              std::uint64_t read_seq, std::uint64_t unread) {
  const MessageContent& content = newest.content;
  const Shown shown = ShownOf(content, {});
  JsonText object;
  object.Field("Type", 2)
      .Field("ToAccount", group.id.value)
      .Field("GroupNick", group.name.empty() ? group.id.value : group.name)
      .Field("GroupImage", "")
      .Field("MsgTimeStamp", UnixSeconds(content.sent_at))
      .Field("MsgSeq", newest.seq)
      .Field("MsgGroupFrom_Account", content.sender.value)
      .Field("SenderNick", shown.nick)
      .Json(R"("MsgShow":"","LastMsgFlags":0)");
  WriteLastMessage(content, shown, object);
  object.Field("UnreadMsgCount", unread).Field("MsgGroupReadedSeq", read_seq).Field("TopFlags", 0);
  return object.AsObject();
}

}  // namespace rtcroom::tim
