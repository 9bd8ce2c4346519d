#include "daemon/channel/message_senders.h"

#include <algorithm>

namespace rtcroom {
namespace {

/// How long what was asked about a sender's membership in a room counts.
constexpr std::chrono::seconds kKnown{1};

}  // namespace

MessageSenders::Sender& MessageSenders::Use(const UserId& account, MonotonicTime now) {
  const auto found = senders_.find(account);
  const auto sender =
      found == senders_.end() ? by_use_.insert(by_use_.end(), {.account = account}) : found->second;
  if (found == senders_.end()) {
    senders_.emplace(account, sender);
    if (senders_.size() > max_senders_) ForgetOldest();
  } else {
    by_use_.splice(by_use_.end(), by_use_, sender);
  }
  sender->used_at = now;
  return *sender;
}

bool MessageSenders::TakeToken(const UserId& account, const RateLimit& limit, MonotonicTime now) {
  return Use(account, now).bucket.Take(now, limit);
}

bool MessageSenders::TakeAbsentToken(const UserId& account, const RateLimit& limit,
                                     MonotonicTime now) {
  return Use(account, now).to_absent.Take(now, limit);
}

MessageSenders::RoomToken MessageSenders::TakeRoomToken(std::uint64_t room_number,
                                                        const UserId& account, bool is_member,
                                                        const RateLimit& limit, MonotonicTime now) {
  Sender& sender = Use(account, now);
  const auto known = std::ranges::find_if(sender.memberships, [&](const Membership& one) {
    return one.room_number == room_number && one.until > now;
  });
  const bool is_known = is_member || known != sender.memberships.end();
  const bool has_few = sender.few.NextToken(now, kFewMessages) <= now;
  const std::uint32_t left_by_members = has_few ? 0 : limit.burst / 8;
  const std::uint32_t left_by_strangers = limit.burst / (has_few ? 4 : 2);
  const bool counts_as_member = is_member || (is_known && known->is_member);
  TokenBucket& bucket = rooms_[room_number];
  if (!bucket.Take(now, limit, counts_as_member ? left_by_members : left_by_strangers)) {
    TokenBucket tried = bucket;
    if (is_known || !tried.Take(now, limit, left_by_members)) return RoomToken::kNone;
    SetMember(room_number, account, false, now);  // until it is known
    return RoomToken::kForMembers;
  }
  (void)sender.few.Take(now, kFewMessages);
  return RoomToken::kTaken;
}

bool MessageSenders::IsNearRate(std::uint64_t room_number, const RateLimit& limit,
                                MonotonicTime now) const {
  const auto found = rooms_.find(room_number);
  if (found == rooms_.end()) return false;
  TokenBucket tried = found->second;
  return !tried.Take(now, limit, limit.burst / 2);
}

void MessageSenders::SetMember(std::uint64_t room_number, const UserId& account, bool is_member,
                               MonotonicTime now) {
  std::vector<Membership>& memberships = Use(account, now).memberships;
  std::erase_if(memberships, [&](const Membership& one) {
    return one.room_number == room_number || one.until <= now;
  });
  memberships.push_back(
      {.room_number = room_number, .is_member = is_member, .until = now + kKnown});
}

std::optional<SentMessage> MessageSenders::FindSent(const UserId& account, std::uint64_t target,
                                                    std::uint64_t random, MonotonicTime now) const {
  const auto known = senders_.find(account);
  if (known == senders_.end()) return std::nullopt;
  const std::list<Remembered>& remembered = known->second->remembered;
  const auto found = std::ranges::find_if(remembered, [&](const Remembered& message) {
    return message.target == target && message.random == random && message.since + kMemory > now;
  });
  return found == remembered.end() ? std::nullopt : std::optional(found->sent);
}

void MessageSenders::Remember(const UserId& account, std::uint64_t target, std::uint64_t random,
                              const SentMessage& sent, MonotonicTime now) {
  std::list<Remembered>& remembered = Use(account, now).remembered;
  remembered.push_back({.since = now, .target = target, .random = random, .sent = sent});
  if (remembered.size() > kMaxRemembered) remembered.pop_front();
}

void MessageSenders::ForgetOld(MonotonicTime now) {
  while (!by_use_.empty() && by_use_.front().used_at + kMemory <= now) ForgetOldest();
  std::erase_if(rooms_, [now](const auto& room) { return room.second.full_at() <= now; });
}

void MessageSenders::ForgetOldest() {
  senders_.erase(by_use_.front().account);
  by_use_.pop_front();
}

}  // namespace rtcroom
