// Messages of members: rates, repetitions, guards and the store.
#include "daemon/channel/channel_messages.h"

#include <optional>
#include <string>
#include <utility>

#include "daemon/base/address_key.h"
#include "daemon/base/sip_hash.h"
#include "daemon/channel/group_access_check.h"

namespace rtcroom {
namespace {

/// The number of the room, or for one account a number that no room has.
std::uint64_t TargetOf(std::uint64_t room_number, const UserId& receiver) {
  if (room_number != 0) return room_number;
  return (std::uint64_t{1} << 63) | (NameHash{}(receiver.value) >> 1);
}

/// The first of the priorities that go last where a group is near its rate.
constexpr std::uint8_t kLow = 3;

Error TooMany() { return {Errc::kTooManyRequests, "too many messages"}; }

}  // namespace

Status ChannelMessages::CheckRate(const UserId& account) {
  const MonotonicTime now = core_.deps.clock.Monotonic();
  const MutexLock lock(core_.mutex);
  if (senders_.TakeToken(account, core_.options.account_rate, now)) return {};
  return TooMany();
}

Status ChannelMessages::CheckRoomRate(const UserId& account, const RoomKey& room,
                                      std::uint64_t room_number, std::uint8_t priority) {
  using Outcome = MessageSenders::RoomToken;
  // `CheckAccess` has asked already where only members may be in the group.
  const auto take = [&] {
    const MonotonicTime now = core_.deps.clock.Monotonic();
    const MutexLock lock(core_.mutex);
    if (priority >= kLow && senders_.IsNearRate(room_number, core_.options.group_rate, now)) {
      return Outcome::kNone;
    }
    return senders_.TakeRoomToken(room_number, account,
                                  core_.options.access == GroupAccess::kMembers,
                                  core_.options.group_rate, now);
  };
  Outcome outcome = take();
  if (outcome == Outcome::kForMembers) {
    const Result<Room> loaded = core_.deps.rooms.Load(room);
    const bool is_member = loaded && CheckGroupAccess(GroupAccess::kMembers, account, *loaded,
                                                      core_.deps.rooms, core_.deps.bans)
                                         .ok();
    if (!is_member) return TooMany();
    {
      const MutexLock lock(core_.mutex);
      senders_.SetMember(room_number, account, is_member, core_.deps.clock.Monotonic());
    }
    outcome = take();
  }
  return outcome == Outcome::kTaken ? Status() : TooMany();
}

std::optional<SentMessage> ChannelMessages::FindSent(const UserId& account, std::uint64_t target,
                                                     std::uint64_t random) const {
  const MutexLock lock(core_.mutex);
  return senders_.FindSent(account, target, random, core_.deps.clock.Monotonic());
}

StoredMessage ChannelMessages::MessageOf(const UserId& account, std::uint64_t room_number,
                                         const MessageDraft& draft) const {
  StoredMessage message{.room_number = room_number, .receiver = draft.to, .content = draft.content};
  MessageContent& content = message.content;
  content.sender = account;
  if (content.nick.empty()) content.nick = logins_.ProfileOf(account).nick;
  content.sent_at = core_.deps.dates.Now();
  content.wants_receipt = content.wants_receipt && room_number == 0;
  return message;
}

Status ChannelMessages::Guard(const MessageDraft& draft, MessageContent& content) {
  if (!draft.guard) return {};
  Status passed = draft.guard(content);
  if (!passed) {
    Count(&SentCounts::refused);
  } else if (content.body != draft.content.body) {
    Count(&SentCounts::mended);
  }
  return passed;
}

Result<SentMessage> ChannelMessages::Store(StoredMessage message, const std::string& address) {
  const MessageContent& content = message.content;
  const std::string owner = address.empty() ? std::string() : AddressKey(address);
  RepeatsAfter repeats;
  {
    const MonotonicTime now = core_.deps.clock.Monotonic();
    const MutexLock lock(core_.mutex);
    if (!shares_.Take(content.sender, owner, StoredBytes(message), now)) {
      return Error{Errc::kTooManyRequests, "more than a fair share of the log of messages"};
    }
    repeats = repeats_.For(content, now);
  }
  const auto stored = core_.deps.messages.AppendMessage(std::move(message), repeats);
  if (!stored) return stored.error();
  return Remember(*stored);
}

SentMessage ChannelMessages::Remember(const AppendedMessage& stored) {
  const MessageContent& content = stored.content;
  const SentMessage sent{.at = content.sent_at, .seq = stored.seq};
  const MutexLock lock(core_.mutex);
  senders_.Remember(content.sender, TargetOf(stored.room_number, stored.receiver),
                    content.client_random, sent, core_.deps.clock.Monotonic());
  if (stored.is_new) ++(stored.room_number == 0 ? counts_.direct : counts_.room);
  return sent;
}

SentMessage ChannelMessages::Deliver(const MessageDraft& draft, StoredMessage message) {
  draft.deliver(message);
  return Remember({std::move(message), /*is_new=*/false});
}

Result<SentMessage> ChannelMessages::SendToRoom(const UserId& account, const RoomKey& room,
                                                std::uint64_t room_number,
                                                const MessageDraft& draft) {
  if (core_.deps.bans.IsBanned(room, account)) {
    return Error{Errc::kNotAllowed, "banned from the room"};
  }
  if (const auto before = FindSent(account, room_number, draft.content.client_random))
    return *before;
  // The rate is checked before the store is read, so that a refusal costs nothing.
  if (const Status admitted = CheckRate(account); !admitted) return admitted.error();
  if (const Status may = groups_.CheckAccess(account, room, room_number); !may) return may.error();
  if (const Status admitted = CheckRoomRate(account, room, room_number, draft.content.priority);
      !admitted) {
    return admitted.error();
  }
  StoredMessage message = MessageOf(account, room_number, draft);
  if (draft.deliver) return Deliver(draft, std::move(message));
  if (const Status passed = Guard(draft, message.content); !passed) return passed.error();
  return Store(std::move(message), draft.address);
}

Result<SentMessage> ChannelMessages::SendDirect(const UserId& account, const MessageDraft& draft) {
  const std::uint64_t random = draft.content.client_random;
  if (const auto before = FindSent(account, TargetOf(0, draft.to), random)) return *before;
  if (const Status admitted = CheckRate(account); !admitted) return admitted.error();
  if (core_.deps.contacts != nullptr && !core_.deps.contacts->MayReach(account, draft.to)) {
    return Error{Errc::kNotReachable, "to: not a contact"};
  }
  {
    const MonotonicTime now = core_.deps.clock.Monotonic();
    const MutexLock lock(core_.mutex);
    const Account* const receiver = core_.logins.FindAccount(draft.to);
    // The number of messages that wait for an account is bounded.
    if (!draft.deliver && (receiver == nullptr || !receiver->IsPresent()) &&
        !senders_.TakeAbsentToken(account, core_.options.absent_rate, now)) {
      return TooMany();
    }
  }
  StoredMessage message = MessageOf(account, 0, draft);
  if (draft.deliver) return Deliver(draft, std::move(message));
  if (core_.deps.reads_json_only && core_.deps.reads_json_only(draft.to)) {
    if (const Status passed = Guard(draft, message.content); !passed) return passed.error();
  }
  return Store(std::move(message), draft.address);
}

// Figures and time

void ChannelMessages::Count(std::uint64_t SentCounts::* figure) {
  const MutexLock lock(core_.mutex);
  ++(counts_.*figure);
}

SentCounts ChannelMessages::counts() const {
  const MutexLock lock(core_.mutex);
  return counts_;
}

void ChannelMessages::BeginAfter(std::uint64_t newest_message) {
  const MutexLock lock(core_.mutex);
  repeats_.Begin(newest_message, core_.deps.clock.Monotonic());
}

void ChannelMessages::Advance(std::uint64_t newest_message) {
  const MutexLock lock(core_.mutex);
  repeats_.Advance(newest_message, core_.deps.clock.Monotonic());
}

void ChannelMessages::OnTick() {
  const MonotonicTime now = core_.deps.clock.Monotonic();
  const MutexLock lock(core_.mutex);
  senders_.ForgetOld(now);
  shares_.ForgetOld(now);
}

}  // namespace rtcroom
