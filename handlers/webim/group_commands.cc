// The service group_open_http_svc: groups of rooms, and the room's poll.
#include <algorithm>
#include <array>
#include <utility>

#include "daemon/auth/user_sig.h"
#include "daemon/core/ids.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/shared/plain_message.h"
#include "handlers/webim/command_handlers.h"
#include "handlers/webim/webim_json.h"

namespace rtcroom::channel {
namespace {

constexpr std::size_t kMaxHistory = 20;
/// Most groups of one get_group_info: each is a read of the store.
constexpr std::size_t kMaxGroupInfos = 20;
constexpr std::size_t kMaxMembers = 300;
constexpr std::size_t kMaxRoles = 300;
/// Longest key of a poll that is kept while it waits; those of this server are shorter.
constexpr std::size_t kMaxKeyBytes = 1024;

/// Other priorities, which only later clients have, count as the common one.
MessagePriority PriorityOf(std::string_view name) {
  if (name == "REDPACKET") return MessagePriority::kRedPacket;
  if (name == "LOVEMSG") return MessagePriority::kLike;
  return MessagePriority::kCommon;
}

void WriteGroupInfo(const RoomId& id, const Result<GroupInfo>& found, JsonText& out) {
  out.BeginObject().Field("GroupId", id.value);
  if (!found) {
    const ChannelCode& code = ChannelCodeOf({}, found.error().code);
    out.Field("ErrorCode", code.code).Field("ErrorInfo", code.info).EndObject();
    return;
  }
  out.Field("ErrorCode", 0)
      .Field("ErrorInfo", "")
      .Field("Type", "AVChatRoom")
      .Field("Name", found->name)
      .Field("Owner_Account", found->owner.value)
      .Field("MemberNum", found->members)
      .Field("NextMsgSeq", found->next_seq)
      .Field("CreateTime", UnixSeconds(found->created_at))
      .EndObject();
}

}  // namespace

Result<JsonText> ApplyJoinGroup(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  const RoomId group = fields.Group();
  if (!fields.ok()) return fields.error();
  const Result<std::string> key = context.clients.Join(request.caller, group);
  if (!key) return key.error();
  return JsonText().Field("JoinedStatus", "JoinedSuccess").Field("LongPollingKey", *key);
}

Result<JsonText> QuitGroup(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  const RoomId group = fields.Group();
  if (!fields.ok()) return fields.error();
  context.clients.Quit(request.caller, group);
  return JsonText();
}

Result<JsonText> SendGroupMsg(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  const RoomId group = fields.Group();
  const std::uint64_t random = fields.Number("Random");
  const MessagePriority priority = PriorityOf(fields.OptionalText("MsgPriority"));
  if (!fields.ok()) return fields.error();
  Result<MessageBody> body = fields.Message();
  if (!body) return body.error();
  const Result<GroupFacts> facts = context.clients.FindJoined(request.caller, group);
  if (!facts) return facts.error();
  MessageDraft draft{.content = {.client_random = random, .body = body->text()},
                     .address = request.address};
  // Clients of webrtc rooms do not parse what they get.
  if (facts->room.kind != RoomKind::kWebrtc) {
    draft.guard = [priority](MessageContent& content) { return GuardInRoom(content, priority); };
  }
  const Result<SentMessage> sent = context.channel.messages().SendToRoom(
      request.caller.account, facts->room, facts->number, draft);
  if (!sent) return sent.error();
  return JsonText().Field("MsgTime", UnixSeconds(sent->at)).Field("MsgSeq", sent->seq);
}

Result<JsonText> GroupMsgGet(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  const RoomId group = fields.Group();
  // 0, which no message has, stands for the newest, like none.
  const std::uint64_t newest = fields.OptionalNumber("ReqMsgSeq");
  const std::size_t limit = fields.Limit("ReqMsgNumber", kMaxHistory);
  if (!fields.ok()) return fields.error();
  const Result<GroupFacts> facts = context.clients.FindJoined(request.caller, group);
  if (!facts) return facts.error();
  const auto messages = context.channel.history().OfGroup(
      request.caller.account, *facts, newest == 0 ? std::nullopt : std::optional(newest), limit);
  if (!messages) return messages.error();
  JsonText reply;
  reply.Field("GroupId", group.value).Field("IsFinished", 1).BeginArray("RspMsgList");
  for (const StoredMessage& message : *messages)
    reply.Json(GroupMessageEntry(facts->room, message));
  return std::move(reply.EndArray());
}

// Groups exist with their rooms. The client of webrtc rooms takes this failure as success.
Result<JsonText> CreateGroup(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  const RoomId group = fields.Group();
  const bool is_absent = !fields.ok() && fields.error().code == Errc::kRoomNotFound;
  if (!fields.ok() && !is_absent) return fields.error();
  const Result<GroupInfo> found =
      is_absent ? Result<GroupInfo>(fields.error()) : context.clients.Find(request.caller, group);
  if (!found && found.error().code != Errc::kRoomNotFound) return found.error();
  if (!found || found->room.kind != RoomKind::kWebrtc) {
    return Error{Errc::kBadRequest, "GroupId: not of a webrtc room"};
  }
  return Error{Errc::kRoomExists, {}};
}

Result<JsonText> DestroyGroup(const ChannelRequest& /*request*/,
                              const ChannelContext& /*context*/) {
  return Error{Errc::kNotAllowed, "groups end with their rooms"};
}

Result<JsonText> GetGroupInfo(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  std::vector<std::string> ids = fields.Texts("GroupIdList", kMaxGroupInfos);
  if (!fields.ok()) return fields.error();
  JsonText reply;
  reply.BeginArray("GroupInfo");
  for (std::string& text : ids) {
    const RoomId id{std::move(text)};
    const Result<GroupInfo> found = IsRoomIdText(id.value)
                                        ? context.clients.Find(request.caller, id)
                                        : Result<GroupInfo>(Error{Errc::kRoomNotFound, {}});
    WriteGroupInfo(id, found, reply);
  }
  return std::move(reply.EndArray());
}

Result<JsonText> GetGroupMemberInfo(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  const RoomId group = fields.Group();
  const std::uint64_t offset = fields.OptionalNumber("Offset");
  const std::uint64_t limit = fields.OptionalNumber("Limit", kMaxMembers);
  if (!fields.ok()) return fields.error();
  const Result<GroupMembers> found = context.clients.Members(request.caller, group, kMaxMembers);
  if (!found) return found.error();
  JsonText reply;
  reply.Field("MemberNum", found->count).BeginArray("MemberList");
  const std::size_t begin = std::min<std::size_t>(offset, found->members.size());
  const std::size_t end = begin + std::min<std::size_t>(limit, found->members.size() - begin);
  for (std::size_t i = begin; i < end; ++i) {
    const GroupMember& member = found->members[i];
    reply.BeginObject()
        .Field("Member_Account", member.account.value)
        .Field("Role", "Member")
        .Field("JoinTime", UnixSeconds(member.joined_at))
        .EndObject();
  }
  return std::move(reply.EndArray());
}

Result<JsonText> GetRoleInGroup(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  const RoomId group = fields.Group();
  std::vector<UserId> accounts;
  for (std::string& text : fields.Texts("User_Account", kMaxRoles)) {
    accounts.push_back({std::move(text)});
  }
  if (!fields.ok()) return fields.error();
  const auto are_members = context.clients.AreMembers(request.caller, group, accounts);
  if (!are_members) return are_members.error();
  JsonText reply;
  reply.BeginArray("UserIdList");
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    reply.BeginObject()
        .Field("Member_Account", accounts[i].value)
        .Field("Role", are_members->at(i) ? "Member" : "NotMember")
        .EndObject();
  }
  return std::move(reply.EndArray());
}

// After any failure the client repeats its poll at once, without end. So whatever cannot be read
// counts as missing, and the poll waits.
Status PollGroup(const ChannelRequest& request, const ChannelContext& context,
                 const BeginPoll& begin) {
  ChannelFields start_field(request.body);
  ChannelFields key_field(request.body);
  RoomPoll poll{.start = start_field.OptionalNumber("StartSeq"),
                .key = key_field.OptionalText("Key")};
  if (!start_field.ok()) poll.start = 0;
  if (!key_field.ok() || poll.key.size() > kMaxKeyBytes) poll.key.clear();
  PollReply reply = begin([poll, hold = context.channel.options().HoldInSeconds()] {
    return RoomReply(poll.start, hold, poll.key, "");
  });
  if (request.is_paused) {
    context.clients.Pause(std::move(poll), std::move(reply));
  } else {
    context.clients.PollRoom(request.IsCallerKnown() ? std::optional(request.caller) : std::nullopt,
                             std::move(poll), std::move(reply));
  }
  return {};
}

}  // namespace rtcroom::channel
