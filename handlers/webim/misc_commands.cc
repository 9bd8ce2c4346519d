// The service recentcontact: conversations.
#include <optional>
#include <string>
#include <vector>

#include "daemon/auth/user_sig.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/shared/plain_message.h"
#include "handlers/webim/command_handlers.h"

namespace rtcroom::channel {
namespace {

constexpr std::size_t kMaxConversations = 100;

/// One line of a message. @param room  as of `WriteElements`.
std::string Shown(const MessageContent& content, std::optional<RoomKind> room) {
  const Result<MessageBody> body =
      MessageBody::Parse(WriteElements(content, room), kMaxMessageBytes + kMaxMendBytes);
  return body ? TextOf(*body) : std::string();
}

// The two spellings, To_Account and ToAccount, are those of the protocol.
void WriteConversation(const Conversation& conversation, const UserId& caller, JsonText& out) {
  const StoredMessage& newest = conversation.newest;
  const MessageContent& content = newest.content;
  out.BeginObject();
  if (conversation.room.id.value.empty()) {
    const bool is_sent = content.sender == caller;
    out.Field("Type", 1)
        .Field("To_Account", is_sent ? newest.receiver.value : content.sender.value)
        .Field("MsgTimeStamp", UnixSeconds(content.sent_at))
        .Field("MsgSeq", content.client_seq)
        .Field("MsgRandom", content.client_random)
        .Field("MsgShow", Shown(content, std::nullopt))
        .Field("UnreadMsgCount", conversation.unread);
  } else {
    out.Field("Type", 2)
        .Field("ToAccount", conversation.room.id.value)
        .Field("GroupNick", conversation.room.id.value)
        .Field("GroupImage", "")
        .Field("MsgGroupFrom_Account", content.sender.value)
        .Field("MsgGroupFromNickName", content.nick.empty() ? content.sender.value : content.nick)
        .Field("MsgTimeStamp", UnixSeconds(content.sent_at))
        .Field("MsgSeq", newest.seq)
        .Field("MsgShow", Shown(content, conversation.room.kind));
  }
  out.EndObject();
}

}  // namespace

Result<JsonText> RecentContactGet(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  const std::size_t limit = fields.Limit("Count", kMaxConversations);
  if (!fields.ok()) return fields.error();
  std::vector<GroupFacts> groups;
  if (const std::optional<GroupFacts> group = context.clients.GroupOf(request.caller)) {
    const UserId& account = request.caller.account;
    const Status may = context.channel.groups().CheckAccess(account, group->room, group->number);
    if (!may && !IsRefusal(may.error().code)) return may.error();
    if (may) groups.push_back(*group);
  }
  const auto conversations =
      context.channel.history().Conversations(request.caller.account, groups, limit);
  if (!conversations) return conversations.error();
  JsonText reply;
  reply.BeginArray("SessionItem");
  for (const Conversation& conversation : *conversations) {
    WriteConversation(conversation, request.caller.account, reply);
  }
  return std::move(reply.EndArray());
}

}  // namespace rtcroom::channel
