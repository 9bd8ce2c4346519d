// The service openim: logins, messages between accounts, the account's poll.
#include <algorithm>
#include <optional>
#include <ranges>
#include <span>
#include <utility>

#include "daemon/auth/user_sig.h"
#include "daemon/base/parse_integer.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/channel/channel_login.h"
#include "handlers/shared/plain_message.h"
#include "handlers/webim/command_handlers.h"
#include "handlers/webim/webim_json.h"

namespace rtcroom::channel {
namespace {

/// Most messages of one reply of getroammsg.
constexpr std::size_t kMaxRoamMessages = 15;

void WriteMessages(std::span<const StoredMessage> messages, JsonText& out) {
  out.BeginArray("MsgList");
  for (const StoredMessage& message : messages) out.Json("{" + DirectMessageEntry(message));
  out.EndArray();
}

}  // namespace

Result<JsonText> LogIn(const ChannelRequest& request, const ChannelContext& context) {
  const UserId account{std::string(FirstOrEmpty(request.query, "identifier"))};
  const Result<LoginProof> proof =
      CheckUserSig(context.verifier, account, FirstOrEmpty(request.query, "usersig"),
                   context.channel.deps().clock.Now());
  if (!proof) return proof.error();
  const Result<LoginTokens> login = context.channel.logins().LogIn(account, *proof);
  if (!login) return login.error();
  context.clients.OnLogin(login->instance);
  return JsonText().Field("TinyId", login->tiny_id).Field("A2Key", login->a2);
}

Result<JsonText> GetLongPollingId(const ChannelRequest& request, const ChannelContext& context) {
  // The caller is known by its a2: the number is only echoed.
  return JsonText()
      .Field("LongPollingId", std::to_string(request.caller.instance))
      .Field("Timeout", context.channel.options().HoldInSeconds().count());
}

Status LongPolling(const ChannelRequest& request, const ChannelContext& context,
                   const BeginPoll& begin) {
  ChannelFields fields(request.body);
  ChannelFields cookie(fields.OptionalObject("Cookie"));
  const std::uint64_t cursor = cookie.OptionalNumber("NoticeSeq");
  if (!fields.ok()) return fields.error();
  if (!cookie.ok()) return cookie.error();
  PollReply reply = begin([] { return FailureReply(kNothingNew.code, kNothingNew.info); });
  if (request.is_paused) {
    context.clients.Pause(std::nullopt, std::move(reply));
  } else {
    context.clients.PollAccount(request.caller, cursor, std::move(reply));
  }
  return {};
}

Result<JsonText> LongPollingLogOut(const ChannelRequest& request, const ChannelContext& context) {
  if (const Status stored = context.channel.logins().LogOut(request.caller); !stored)
    return stored.error();
  return JsonText();
}

Result<JsonText> LogOut(const ChannelRequest& request, const ChannelContext& context) {
  if (const Status stored = context.channel.logins().LogOutAll(request.caller); !stored) {
    return stored.error();
  }
  return JsonText();
}

Result<JsonText> SendMsg(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  UserId to = fields.Account("To_Account");
  const std::uint64_t seq = fields.OptionalNumber("MsgSeq");
  const std::uint64_t random = fields.Number("MsgRandom");
  if (!fields.ok()) return fields.error();
  Result<MessageBody> body = fields.Message();
  if (!body) return body.error();
  const Result<SentMessage> sent = context.channel.messages().SendDirect(
      request.caller.account,
      {.to = std::move(to),
       .content = {.client_seq = seq, .client_random = random, .body = body->text()},
       .address = request.address,
       .guard = GuardDirect});
  if (!sent) return sent.error();
  return JsonText().Field("MsgTime", UnixSeconds(sent->at));
}

Result<JsonText> GetMsg(const ChannelRequest& request, const ChannelContext& context) {
  auto messages = context.channel.history().PendingMessages(request.caller.account);
  if (!messages) return messages.error();
  context.clients.Guard(request.caller.account, *messages);
  JsonText reply;
  WriteMessages(*messages, reply);
  // It is complete: with 1 the client asks again.
  reply.Field("SyncFlag", 2).Field("Cookie", "").BeginArray("EventArray").EndArray();
  return reply;
}

Result<JsonText> GetRoamMsg(const ChannelRequest& request, const ChannelContext& context) {
  ChannelFields fields(request.body);
  const UserId peer = fields.Account("Peer_Account");
  const std::size_t limit = fields.Limit("MaxCnt", kMaxRoamMessages);
  const std::string key = fields.OptionalText("MsgKey");
  if (!fields.ok()) return fields.error();
  const std::optional<std::uint64_t> before =
      key.empty() ? std::nullopt : ParseInteger<std::uint64_t>(key);
  if (!key.empty() && !before) return Error{Errc::kBadRequest, "MsgKey: not of this server"};
  Result<MessagePage> page = context.channel.history().OfDirect(
      request.caller.account, peer, before, {limit, MessageReads::kAnyBytes});
  if (!page) return page.error();
  std::vector<StoredMessage>& messages = page->messages;
  std::ranges::reverse(messages);
  const bool is_empty = messages.empty();
  JsonText reply;
  reply.Field("Complete", page->is_complete ? 1 : 0)
      .Field("MaxCnt", messages.size())
      .Field("LastMsgTime", is_empty ? 0 : UnixSeconds(messages.front().content.sent_at))
      .Field("MsgKey", is_empty ? std::string() : std::to_string(messages.front().position));
  context.clients.Guard(request.caller.account, messages);
  WriteMessages(messages, reply);
  return reply;
}

}  // namespace rtcroom::channel
