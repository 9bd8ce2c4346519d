#include "storage/memory/memory_messages.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <ranges>
#include <set>
#include <utility>

namespace rtcroom {
namespace {

/// The number of a user's messages of each direction that are considered for its conversations.
constexpr std::size_t kConsidered = 1000;

bool IsBetween(const StoredMessage& message, const UserId& one, const UserId& other) {
  const UserId& sender = message.content.sender;
  return (sender == one && message.receiver == other) ||
         (sender == other && message.receiver == one);
}

}  // namespace

MemoryMessages::Repeatable MemoryMessages::RepeatableOf(const StoredMessage& message) {
  const MessageContent& content = message.content;
  return {content.sender, content.client_random, message.room_number, message.receiver};
}

const StoredMessage* MemoryMessages::FindRepeatedLocked(const StoredMessage& message,
                                                        const RepeatsAfter& repeats) const {
  const auto newest = newest_.find(RepeatableOf(message));
  if (newest == newest_.end()) return nullptr;
  const StoredMessage& earlier = messages_.at(newest->second);
  return repeats.Includes(earlier) ? &earlier : nullptr;
}

StoredMessage MemoryMessages::KeepLocked(StoredMessage message) {
  message.position = ++last_position_;
  newest_[RepeatableOf(message)] = message.position;
  bytes_ += StoredBytes(message);
  return messages_.emplace_hint(messages_.end(), message.position, std::move(message))->second;
}

Result<AppendedMessage> MemoryMessages::AppendMessage(StoredMessage message,
                                                      const RepeatsAfter& repeats) {
  const MutexLock lock(engine_.mutex);
  const bool in_room = message.receiver.value.empty();
  if (in_room && !engine_.rooms_by_number.contains(message.room_number)) {
    return Error{Errc::kRoomNotFound, {}};
  }
  if (const StoredMessage* const earlier = FindRepeatedLocked(message, repeats)) {
    return AppendedMessage{*earlier, false};
  }
  AppendedMessage kept;
  if (!in_room) {
    ++mailboxes_[message.receiver].messages;
    kept = {KeepLocked(std::move(message))};
  } else {
    RoomMessages& room = rooms_[message.room_number];
    message.seq = ++room.last_seq;
    kept = {KeepLocked(std::move(message))};
    room.positions.push_back(kept.position);
    if (room.positions.size() > max_room_messages_) {
      RemoveLocked(messages_.find(room.positions.front()));
    }
  }
  engine_.listener.OnCommit({.has_messages = true});
  return kept;
}

void MemoryMessages::EndRoom(std::uint64_t room_number, TimePoint at) {
  const auto found = rooms_.find(room_number);
  if (found == rooms_.end()) return;
  found->second.ended_at = at;
  if (found->second.positions.empty()) rooms_.erase(found);
}

void MemoryMessages::RemoveLocked(Messages::iterator place) {
  const StoredMessage& message = place->second;
  if (message.room_number != 0) {
    const auto room = rooms_.find(message.room_number);
    room->second.positions.pop_front();
    if (room->second.ended_at && room->second.positions.empty()) rooms_.erase(room);
  } else if (const auto mailbox = mailboxes_.find(message.receiver);
             --mailbox->second.messages == 0) {
    mailboxes_.erase(mailbox);
  }
  const auto newest = newest_.find(RepeatableOf(message));
  if (newest->second == message.position) newest_.erase(newest);
  bytes_ -= StoredBytes(message);
  messages_.erase(place);
}

Result<std::vector<StoredMessage>> MemoryMessages::ReadMessages(std::uint64_t position,
                                                                std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  std::vector<StoredMessage> read;
  for (auto place = messages_.upper_bound(position);
       place != messages_.end() && read.size() < limit; ++place) {
    read.push_back(place->second);
  }
  return read;
}

Result<std::uint64_t> MemoryMessages::NewestMessage() {
  const MutexLock lock(engine_.mutex);
  return last_position_;
}

Result<std::uint64_t> MemoryMessages::NewestRoomMessage(std::uint64_t room_number) {
  const MutexLock lock(engine_.mutex);
  if (!engine_.rooms_by_number.contains(room_number)) return Error{Errc::kRoomNotFound, {}};
  const auto found = rooms_.find(room_number);
  return found == rooms_.end() ? 0 : found->second.last_seq;
}

Result<std::vector<StoredMessage>> MemoryMessages::ReadRoomMessages(std::uint64_t room_number,
                                                                    std::uint64_t first,
                                                                    std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  std::vector<StoredMessage> read;
  const auto found = rooms_.find(room_number);
  if (found == rooms_.end() || found->second.ended_at) return read;
  for (const std::uint64_t position : found->second.positions) {
    if (read.size() == limit) break;
    const StoredMessage& message = messages_.at(position);
    if (message.seq >= first) read.push_back(message);
  }
  return read;
}

Result<std::vector<StoredMessage>> MemoryMessages::ReadDirectMessages(
    const UserId& one, const UserId& other, std::optional<std::uint64_t> before,
    std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  std::vector<StoredMessage> read;
  for (const auto& [position, message] : std::views::reverse(messages_)) {
    if (read.size() == limit) break;
    const bool is_before = !before || position < *before;
    if (is_before && IsBetween(message, one, other)) read.push_back(message);
  }
  return read;
}

Result<std::vector<StoredMessage>> MemoryMessages::ReadDirectMessagesAt(
    const UserId& one, const UserId& other, TimePoint time, FromTime direction, std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  std::vector<StoredMessage> read;
  for (const auto& [position, message] : messages_) {
    const TimePoint at = message.content.sent_at;
    const bool is_there = direction == FromTime::kBack ? at <= time : at >= time;
    if (is_there && IsBetween(message, one, other)) read.push_back(message);
  }
  if (direction == FromTime::kBack) std::ranges::reverse(read);
  if (read.size() > limit) read.resize(limit);
  return read;
}

Result<std::vector<StoredMessage>> MemoryMessages::ReadMessagesOf(const UserId& user,
                                                                  std::uint64_t position,
                                                                  std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  std::vector<StoredMessage> read;
  for (auto place = messages_.upper_bound(position);
       place != messages_.end() && read.size() < limit; ++place) {
    const StoredMessage& message = place->second;
    const bool is_own = message.content.sender == user || message.receiver == user;
    if (message.room_number == 0 && is_own) read.push_back(message);
  }
  return read;
}

Result<std::vector<StoredMessage>> MemoryMessages::ReadPendingMessages(const UserId& receiver,
                                                                       TimePoint since,
                                                                       std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  const auto mailbox = mailboxes_.find(receiver);
  if (mailbox == mailboxes_.end()) return std::vector<StoredMessage>();
  std::map<UserId, std::size_t> turns;
  std::map<std::size_t, std::vector<std::uint64_t>> by_turn;  // positions, newest first
  std::size_t considered = 0;
  for (const auto& [position, message] : std::views::reverse(messages_)) {
    if (position <= mailbox->second.settled || considered == kMaxPendingRead) break;
    if (message.receiver != receiver) continue;
    ++considered;
    if (message.content.sent_at < since) continue;
    by_turn[turns[message.content.sender]++].push_back(position);
  }
  std::set<std::uint64_t> taken;
  for (const auto& [turn, positions] : by_turn) {
    for (const std::uint64_t position : positions | std::views::take(limit - taken.size())) {
      taken.insert(position);
    }
  }
  std::vector<StoredMessage> read;
  for (const std::uint64_t position : taken) read.push_back(messages_.at(position));
  return read;
}

Status MemoryMessages::SettleMessages(std::span<const ReceivedMessages> received) {
  const MutexLock lock(engine_.mutex);
  for (const auto& [receiver, position] : received) {
    const auto mailbox = mailboxes_.find(receiver);
    if (mailbox == mailboxes_.end()) continue;
    std::uint64_t& settled = mailbox->second.settled;
    settled = std::max(settled, std::min(position, last_position_));
  }
  return {};
}

Result<std::vector<StoredMessage>> MemoryMessages::ReadConversations(const UserId& user,
                                                                     std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  std::vector<StoredMessage> newest;
  std::set<UserId> peers;
  std::size_t sent = 0;
  std::size_t received = 0;
  for (const auto& [position, message] : std::views::reverse(messages_)) {
    if (newest.size() == limit) break;
    if (message.room_number != 0) continue;
    const UserId& sender = message.content.sender;
    // A message to oneself is of both directions.
    const bool is_sent = sender == user && sent++ < kConsidered;
    const bool is_received = message.receiver == user && received++ < kConsidered;
    if (!is_sent && !is_received) continue;
    if (peers.insert(is_sent ? message.receiver : sender).second) newest.push_back(message);
  }
  return newest;
}

Result<std::size_t> MemoryMessages::TrimMessages(const MessageRetention& retention) {
  const MutexLock lock(engine_.mutex);
  const std::size_t before = messages_.size();
  const std::uint64_t kept_bytes = retention.BytesToKeep(bytes_);
  const auto may_remove = [&](const Messages& left) {
    return before - left.size() < retention.most_per_call;
  };
  while (may_remove(messages_) && !messages_.empty() &&
         (messages_.begin()->second.content.sent_at < retention.keep_since ||
          messages_.begin()->first <= retention.keep_after || bytes_ > kept_bytes)) {
    RemoveLocked(messages_.begin());
  }
  for (const std::uint64_t room_number : EndedBeforeLocked(retention.keep_ended_since)) {
    for (auto room = rooms_.find(room_number); may_remove(messages_) && room != rooms_.end();
         room = rooms_.find(room_number)) {
      RemoveLocked(messages_.find(room->second.positions.front()));
    }
  }
  return engine_.MarkRemoval(retention.as_of, before - messages_.size());
}

std::vector<std::uint64_t> MemoryMessages::EndedBeforeLocked(TimePoint time) const {
  std::vector<std::pair<TimePoint, std::uint64_t>> ends;
  for (const auto& [room_number, room] : rooms_) {
    if (room.ended_at && *room.ended_at < time) ends.emplace_back(*room.ended_at, room_number);
  }
  std::ranges::sort(ends);
  std::vector<std::uint64_t> ended;
  for (const auto& [ended_at, room_number] : ends) ended.push_back(room_number);
  return ended;
}

}  // namespace rtcroom
