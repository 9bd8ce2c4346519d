#include "handlers/webim/webim_json.h"

#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "daemon/auth/user_sig.h"
#include "daemon/base/json_text.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/shared/plain_message.h"

namespace rtcroom {
namespace {

constexpr std::string_view kSystem = "@TIM#SYSTEM";

enum Event : std::uint8_t { kGroupMessage = 3, kSystemNotice = 5, kDirectMessage = 9 };

void AddGroupInfo(JsonText& entry, const RoomId& group, std::string_view nick) {
  entry.BeginObject("GroupInfo")
      .Field("GroupId", group.value)
      .Field("GroupName", group.value)
      .Field("GroupType", "AVChatRoom")
      .Field("To_Account", "")
      .Field("From_AccountNick", nick)
      .EndObject();
}

}  // namespace

std::uint64_t Microseconds(TimePoint time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

std::string GroupMessageEntry(const RoomKey& group, const StoredMessage& message) {
  const MessageContent& content = message.content;
  MessageContent guarded = content;
  if (content.is_unguarded && !GuardInRoom(guarded)) return {};
  JsonText entry;
  entry.Field("ToGroupId", group.id.value)
      .Field("MsgSeq", message.seq)
      .Field("MsgRandom", content.client_random)
      .Field("MsgTimeStamp", UnixSeconds(content.sent_at))
      .Field("IsPlaceMsg", 0)
      .Field("Event", kGroupMessage)
      .Field("From_Account", content.sender.value)
      .Field("MsgPriority", 2)
      .Json("MsgBody", WriteElements(guarded, group.kind));
  AddGroupInfo(entry, group.id, content.nick.empty() ? content.sender.value : content.nick);
  return entry.AsObject();
}

std::string SystemNoticeEntry(const RoomId& group, ReportType type, TimePoint at) {
  JsonText entry;
  entry.Field("Event", kSystemNotice)
      .Field("From_Account", kSystem)
      .Field("ToGroupId", group.value)
      .Field("MsgSeq", 1)
      .Field("MsgRandom", static_cast<std::uint32_t>(Microseconds(at)))
      .Field("MsgTimeStamp", UnixSeconds(at))
      .Field("IsPlaceMsg", 0);
  AddGroupInfo(entry, group, "");
  entry.BeginObject("MsgBody").Field("Operator_Account", "admin");
  entry.Field("ReportType", static_cast<int>(type));
  if (type == ReportType::kUserDefined) entry.Field("UserDefinedField", kMembersChanged);
  entry.EndObject();
  return std::string(entry.text()).append("}");
}

bool PassesDirect(const StoredMessage& message) {
  return !message.content.is_unguarded || GuardDirect(message.content).ok();
}

std::string DirectMessageEntry(const StoredMessage& message) {
  const MessageContent& content = message.content;
  JsonText entry;
  entry.Field("From_Account", content.sender.value)
      .Field("To_Account", message.receiver.value)
      .Field("MsgSeq", content.client_seq)
      .Field("MsgRandom", content.client_random)
      .Field("MsgTimeStamp", UnixSeconds(content.sent_at))
      .Json("MsgBody", WriteElements(content, std::nullopt));
  return std::string(entry.text()).append("}");
}

AccountReply::AccountReply(std::uint64_t notice_seq)
    : opening_(fmt::format(R"({{"NoticeSeq":{},)", notice_seq)) {}

void AccountReply::Add(std::string& list, std::string_view entry) const {
  if (!list.empty()) list += ',';
  list.append(opening_).append(entry);
}

std::string AccountReply::Text() const {
  std::string events;
  if (!direct_.empty()) {
    events = fmt::format(R"({{"Event":{},"C2cMsgArray":[{}]}})", int{kDirectMessage}, direct_);
  }
  if (!notices_.empty()) {
    if (!events.empty()) events += ',';
    events += fmt::format(R"({{"Event":{},"GroupTips":[{}]}})", int{kSystemNotice}, notices_);
  }
  return fmt::format(R"({{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","EventArray":[{}]}})",
                     events);
}

std::string RoomReply(std::uint64_t next_seq, std::chrono::seconds hold, std::string_view key,
                      std::string_view entries) {
  constexpr std::size_t kRestBytes = 160;  // enough for numbers of any size
  std::string reply;
  reply.reserve(kRestBytes + key.size() + entries.size());
  reply.append(R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","NextSeq":)")
      .append(std::to_string(next_seq))
      .append(R"(,"HoldTime":)")
      .append(std::to_string(hold.count()))
      .append(R"(,"Key":)");
  AppendJsonString(key, reply);
  reply.append(R"(,"RspMsgList":[)").append(entries).append("]}");
  return reply;
}

std::string KickedReply() { return FailureReply(91101, "kicked by another login"); }

}  // namespace rtcroom
