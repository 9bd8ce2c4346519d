// Messages of members: rates, repetitions, guards and the store.
#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/channel/channel.h"

namespace rtcroom {

Status Channel::CheckRate(const UserId& account, std::uint64_t room_number) {
  const MonotonicTime now = deps_.clock.Monotonic();
  const MutexLock lock(mutex_);
  const bool admitted =
      senders_.TakeToken(account, options_.account_rate, now) &&
      (room_number == 0 || senders_.TakeRoomToken(room_number, options_.group_rate, now));
  if (!admitted) return Error{Errc::kTooManyRequests, "too many messages"};
  return {};
}

Channel::Sending::Sending(Channel& channel, const UserId& account, std::uint64_t target,
                          std::uint64_t random)
    : channel_(channel), account_(account), target_(target), random_(random) {
  const MutexLock lock(channel_.mutex_);
  while (true) {
    const std::optional<MessageSenders::Repeated> repeated =
        channel_.senders_.Begin(account_, target_, random_, channel_.deps_.clock.Monotonic());
    if (!repeated) return;
    repeated_ = repeated->sent;
    if (repeated_) return;
    channel_.sending_ended_.Wait(channel_.mutex_);
  }
}

Channel::Sending::~Sending() {
  if (repeated_ || is_stored_) return;
  {
    const MutexLock lock(channel_.mutex_);
    channel_.senders_.Abandon(account_, target_, random_);
  }
  channel_.sending_ended_.NotifyAll();
}

SentMessage Channel::Sending::Finish(const StoredMessage& stored) {
  const SentMessage sent{.at = stored.content.sent_at, .seq = stored.seq};
  is_stored_ = true;
  {
    const MutexLock lock(channel_.mutex_);
    channel_.senders_.Finish(account_, target_, random_, sent, channel_.deps_.clock.Monotonic());
  }
  channel_.sending_ended_.NotifyAll();
  return sent;
}

bool Channel::HasStartedLately() const {
  return deps_.clock.Monotonic() < started_ + MessageSenders::kMemory;
}

std::optional<StoredMessage> Channel::FindIn(std::span<const StoredMessage> messages,
                                             const UserId& account, std::uint64_t random) const {
  const TimePoint since = deps_.clock.Now() - MessageSenders::kMemory;
  const auto found = std::ranges::find_if(messages, [&](const StoredMessage& message) {
    const MessageContent& content = message.content;
    return content.sender == account && content.client_random == random && content.sent_at > since;
  });
  if (found == messages.end()) return std::nullopt;
  return *found;
}

Result<std::optional<StoredMessage>> Channel::FindStored(const UserId& account,
                                                         std::uint64_t room_number,
                                                         std::uint64_t random) {
  if (!HasStartedLately()) return std::optional<StoredMessage>();
  const Result<std::uint64_t> newest = deps_.history.NewestRoomMessage(room_number);
  if (!newest) return newest.error();
  constexpr std::uint64_t kMost = MessageSenders::kMaxRemembered;
  const std::uint64_t first = *newest > kMost ? *newest - kMost + 1 : 1;
  const auto messages = deps_.history.ReadRoomMessages(room_number, first, kMost);
  if (!messages) return messages.error();
  return FindIn(*messages, account, random);
}

Result<std::optional<StoredMessage>> Channel::FindStored(const UserId& account, const UserId& peer,
                                                         std::uint64_t random) {
  if (!HasStartedLately()) return std::optional<StoredMessage>();
  const auto messages =
      deps_.history.ReadDirectMessages(account, peer, std::nullopt, MessageSenders::kMaxRemembered);
  if (!messages) return messages.error();
  return FindIn(*messages, account, random);
}

Result<SentMessage> Channel::SendToGroup(const ChannelInstance& caller, const GroupDraft& draft) {
  const Result<GroupFacts> facts = JoinedGroup(caller, draft.group);
  if (!facts) return facts.error();
  return SendToRoom(caller.account, facts->room, facts->number, draft);
}

Result<SentMessage> Channel::SendToRoom(const UserId& account, const RoomKey& room,
                                        std::uint64_t room_number, const GroupDraft& draft) {
  if (deps_.bans.IsBanned(room, account)) {
    return Error{Errc::kNotAllowed, "banned from the room"};
  }
  Sending sending(*this, account, room_number, draft.random);
  if (sending.repeated()) return *sending.repeated();
  // Before the store is read.
  if (const Status admitted = CheckRate(account, room_number); !admitted) return admitted.error();
  const auto before = FindStored(account, room_number, draft.random);
  if (!before) return before.error();
  if (*before) return sending.Finish(**before);
  MessageContent content{.sender = account,
                         .nick = draft.nick.empty() ? ProfileOf(account).nick : draft.nick,
                         .client_random = draft.random,
                         .body = draft.body.text(),
                         .sent_at = deps_.dates.Now()};
  if (room.kind != RoomKind::kWebrtc) {
    const std::string& nick = content.nick.empty() ? account.value : content.nick;
    Result<GuardedMessage> guarded = GuardRoomMessage(draft.body, draft.priority, nick);
    if (!guarded) return Refused(guarded.error());
    if (guarded->is_mended) Count(&SentCounts::mended);
    content.body = guarded->body.text();
  }
  const auto stored = deps_.log.AppendRoomMessage(room_number, std::move(content));
  if (!stored) return stored.error();
  Count(&SentCounts::room);
  return sending.Finish(*stored);
}

Result<SentMessage> Channel::SendDirect(const UserId& account, const DirectDraft& draft) {
  Sending sending(*this, account, 0, draft.random);
  if (sending.repeated()) return *sending.repeated();
  if (const Status admitted = CheckRate(account, 0); !admitted) return admitted.error();
  const auto before = FindStored(account, draft.to, draft.random);
  if (!before) return before.error();
  if (*before) return sending.Finish(**before);
  if (deps_.contacts != nullptr && !deps_.contacts->MayReach(account, draft.to)) {
    return Error{Errc::kNotReachable, "to: not a contact"};
  }
  const bool is_guarded = [&] {
    const MutexLock lock(mutex_);
    return state_.IsInGen2LiveRoom(draft.to);
  }();
  if (is_guarded) {
    if (const Status passed = GuardDirectMessage(draft.body); !passed) {
      return Refused(passed.error());
    }
  }
  const auto stored = deps_.log.AppendDirectMessage(
      draft.to, {.sender = account,
                 .nick = draft.nick.empty() ? ProfileOf(account).nick : draft.nick,
                 .client_seq = draft.seq,
                 .client_random = draft.random,
                 .body = draft.body.text(),
                 .sent_at = deps_.dates.Now()});
  if (!stored) return stored.error();
  Count(&SentCounts::direct);
  return sending.Finish(*stored);
}

}  // namespace rtcroom
