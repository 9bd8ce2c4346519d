// Messages of members: rates, repetitions, guards and the store.
#include <optional>
#include <string>
#include <utility>

#include "daemon/base/address_key.h"
#include "daemon/base/sip_hash.h"
#include "daemon/channel/channel.h"
#include "daemon/channel/group_access_check.h"

namespace rtcroom {
namespace {

/// The number of the room, or for one account a number that no room has.
std::uint64_t TargetOf(std::uint64_t room_number, const UserId& receiver) {
  if (room_number != 0) return room_number;
  return (std::uint64_t{1} << 63) | (NameHash{}(receiver.value) >> 1);
}

Error TooMany() { return {Errc::kTooManyRequests, "too many messages"}; }

}  // namespace

Status Channel::CheckRate(const UserId& account) {
  const MonotonicTime now = deps_.clock.Monotonic();
  const MutexLock lock(mutex_);
  if (senders_.TakeToken(account, options_.account_rate, now)) return {};
  return TooMany();
}

Status Channel::CheckRoomRate(const UserId& account, const RoomKey& room,
                              std::uint64_t room_number) {
  using Outcome = MessageSenders::RoomToken;
  // `CheckAccess` has asked already where only members may be in the group.
  const auto take = [&] {
    const MonotonicTime now = deps_.clock.Monotonic();
    const MutexLock lock(mutex_);
    return senders_.TakeRoomToken(room_number, account, options_.access == GroupAccess::kMembers,
                                  options_.group_rate, now);
  };
  Outcome outcome = take();
  if (outcome == Outcome::kForMembers) {
    const Result<Room> loaded = deps_.rooms.Load(room);
    const bool is_member =
        loaded &&
        CheckGroupAccess(GroupAccess::kMembers, account, *loaded, deps_.rooms, deps_.bans).ok();
    if (!is_member) return TooMany();
    {
      const MutexLock lock(mutex_);
      senders_.SetMember(room_number, account, is_member, deps_.clock.Monotonic());
    }
    outcome = take();
  }
  return outcome == Outcome::kTaken ? Status() : TooMany();
}

Status Channel::CheckShare(const StoredMessage& message, const std::string& address) {
  const std::string owner = address.empty() ? std::string() : AddressKey(address);
  const MonotonicTime now = deps_.clock.Monotonic();
  const MutexLock lock(mutex_);
  if (shares_.Take(message.content.sender, owner, StoredBytes(message), now)) return {};
  return Error{Errc::kTooManyRequests, "more than a fair share of the log of messages"};
}

std::optional<SentMessage> Channel::FindSent(const UserId& account, std::uint64_t target,
                                             std::uint64_t random) const {
  const MutexLock lock(mutex_);
  return senders_.FindSent(account, target, random, deps_.clock.Monotonic());
}

RepeatsAfter Channel::RepeatsOf(const MessageContent& message) {
  const MonotonicTime now = deps_.clock.Monotonic();
  const MutexLock lock(mutex_);
  return repeats_.For(message, now);
}

SentMessage Channel::Remember(const AppendedMessage& stored) {
  const MessageContent& content = stored.content;
  const SentMessage sent{.at = content.sent_at, .seq = stored.seq};
  const MutexLock lock(mutex_);
  senders_.Remember(content.sender, TargetOf(stored.room_number, stored.receiver),
                    content.client_random, sent, deps_.clock.Monotonic());
  if (stored.is_new) ++(stored.room_number == 0 ? sent_.direct : sent_.room);
  return sent;
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
  if (const auto before = FindSent(account, room_number, draft.random)) return *before;
  // Before the store is read.
  if (const Status admitted = CheckRate(account); !admitted) return admitted.error();
  if (const Status may = CheckAccess(account, room, room_number); !may) return may.error();
  if (const Status admitted = CheckRoomRate(account, room, room_number); !admitted) {
    return admitted.error();
  }
  StoredMessage message{
      .room_number = room_number,
      .content = {.sender = account,
                  .nick = draft.nick.empty() ? ProfileOf(account).nick : draft.nick,
                  .client_random = draft.random,
                  .body = draft.body.text(),
                  .sent_at = deps_.dates.Now()}};
  MessageContent& content = message.content;
  if (room.kind != RoomKind::kWebrtc) {
    const std::string& nick = content.nick.empty() ? account.value : content.nick;
    Result<GuardedMessage> guarded = GuardRoomMessage(draft.body, draft.priority, nick);
    if (!guarded) return Refused(guarded.error());
    if (guarded->is_mended) Count(&SentCounts::mended);
    content.body = guarded->body.text();
  }
  if (const Status fits = CheckShare(message, draft.address); !fits) return fits.error();
  const RepeatsAfter repeats = RepeatsOf(content);
  const auto stored = deps_.log.AppendRoomMessage(room_number, std::move(content), repeats);
  if (!stored) return stored.error();
  return Remember(*stored);
}

Result<SentMessage> Channel::SendDirect(const UserId& account, const DirectDraft& draft) {
  if (const auto before = FindSent(account, TargetOf(0, draft.to), draft.random)) return *before;
  if (const Status admitted = CheckRate(account); !admitted) return admitted.error();
  if (deps_.contacts != nullptr && !deps_.contacts->MayReach(account, draft.to)) {
    return Error{Errc::kNotReachable, "to: not a contact"};
  }
  bool is_guarded = false;
  {
    const MonotonicTime now = deps_.clock.Monotonic();
    const MutexLock lock(mutex_);
    const Account* const receiver = state_.logins().FindAccount(draft.to);
    is_guarded = receiver != nullptr && receiver->IsInGen2LiveRoom();
    // What waits for an account is bounded.
    if ((receiver == nullptr || !receiver->IsPresent()) &&
        !senders_.TakeAbsentToken(account, options_.absent_rate, now)) {
      return TooMany();
    }
  }
  if (is_guarded) {
    if (const Status passed = GuardDirectMessage(draft.body); !passed) {
      return Refused(passed.error());
    }
  }
  StoredMessage message{
      .receiver = draft.to,
      .content = {.sender = account,
                  .nick = draft.nick.empty() ? ProfileOf(account).nick : draft.nick,
                  .client_seq = draft.seq,
                  .client_random = draft.random,
                  .body = draft.body.text(),
                  .sent_at = deps_.dates.Now()}};
  if (const Status fits = CheckShare(message, draft.address); !fits) return fits.error();
  const RepeatsAfter repeats = RepeatsOf(message.content);
  const auto stored = deps_.log.AppendDirectMessage(draft.to, std::move(message.content), repeats);
  if (!stored) return stored.error();
  return Remember(*stored);
}

}  // namespace rtcroom
