#include "tests/fuzz/message_model.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

namespace rtcroom {
namespace {

constexpr std::size_t kAll = SIZE_MAX;
/// The number of a user's messages of each direction that are considered for its conversations.
constexpr std::size_t kConsidered = 1000;

bool IsBetween(const StoredMessage& message, const UserId& one, const UserId& other) {
  const UserId& sender = message.content.sender;
  return (sender == one && message.receiver == other) ||
         (sender == other && message.receiver == one);
}

}  // namespace

std::uint64_t MessageModel::CreateRoom(const RoomId& id) {
  const auto [room, is_new] = numbers_.try_emplace(id.value, rooms_.size() + 1);
  if (is_new) rooms_[room->second] = {};
  return room->second;
}

Status MessageModel::EndRoom(const RoomId& id, TimePoint at) {
  const auto found = numbers_.find(id.value);
  if (found == numbers_.end()) return Error{Errc::kRoomNotFound, {}};
  rooms_.at(found->second).ended_at = at;
  numbers_.erase(found);
  return {};
}

bool MessageModel::IsLiving(std::uint64_t room_number) const {
  const auto found = rooms_.find(room_number);
  return found != rooms_.end() && !found->second.ended_at;
}

std::vector<StoredMessage> MessageModel::Oldest(std::size_t limit, const Matches& matches) const {
  std::vector<StoredMessage> found;
  for (const StoredMessage& message : messages_) {
    if (found.size() < limit && matches(message)) found.push_back(message);
  }
  return found;
}

std::vector<StoredMessage> MessageModel::Newest(std::size_t limit, const Matches& matches) const {
  std::vector<StoredMessage> found = Oldest(kAll, matches);
  std::ranges::reverse(found);
  if (found.size() > limit) found.resize(limit);
  return found;
}

std::size_t MessageModel::RemoveOldest(std::size_t most, const Matches& matches) {
  std::size_t removed = 0;
  std::erase_if(messages_, [&](const StoredMessage& message) {
    if (removed == most || !matches(message)) return false;
    ++removed;
    return true;
  });
  return removed;
}

Result<AppendedMessage> MessageModel::AppendMessage(StoredMessage message,
                                                    const RepeatsAfter& repeats) {
  const bool in_room = message.receiver.value.empty();
  if (in_room && !IsLiving(message.room_number)) return Error{Errc::kRoomNotFound, {}};
  const std::vector<StoredMessage> earlier = Newest(1, [&](const StoredMessage& one) {
    return one.content.sender == message.content.sender &&
           one.content.client_random == message.content.client_random &&
           one.room_number == message.room_number && one.receiver == message.receiver;
  });
  if (!earlier.empty() && repeats.Includes(earlier.front())) {
    return AppendedMessage{earlier.front(), /*is_new=*/false};
  }
  message.position = ++newest_;
  if (in_room) message.seq = ++rooms_.at(message.room_number).newest_seq;
  messages_.push_back(message);
  const auto is_of_room = [&](const StoredMessage& one) {
    return in_room && one.room_number == message.room_number;
  };
  const std::size_t count = Oldest(kAll, is_of_room).size();
  if (count > max_room_messages_) (void)RemoveOldest(count - max_room_messages_, is_of_room);
  return AppendedMessage{message};
}

Result<std::vector<StoredMessage>> MessageModel::ReadMessages(std::uint64_t position,
                                                              std::size_t limit) const {
  return Oldest(limit, [&](const StoredMessage& one) { return one.position > position; });
}

Result<std::uint64_t> MessageModel::NewestRoomMessage(std::uint64_t room_number) const {
  if (!IsLiving(room_number)) return Error{Errc::kRoomNotFound, {}};
  return rooms_.at(room_number).newest_seq;
}

Result<std::vector<StoredMessage>> MessageModel::ReadRoomMessages(std::uint64_t room_number,
                                                                  std::uint64_t first,
                                                                  std::size_t limit) const {
  return Oldest(limit, [&](const StoredMessage& one) {
    return IsLiving(room_number) && one.room_number == room_number && one.seq >= first;
  });
}

Result<std::vector<StoredMessage>> MessageModel::ReadDirectMessages(
    const UserId& one, const UserId& other, std::optional<std::uint64_t> before,
    std::size_t limit) const {
  return Newest(limit, [&](const StoredMessage& message) {
    return (!before || message.position < *before) && IsBetween(message, one, other);
  });
}

Result<std::vector<StoredMessage>> MessageModel::ReadPendingMessages(const UserId& receiver,
                                                                     TimePoint since,
                                                                     std::size_t limit) const {
  const auto settled = settled_up_to_.find(receiver.value);
  const std::uint64_t first = settled == settled_up_to_.end() ? 1 : settled->second + 1;
  std::vector<StoredMessage> left = Newest(kMaxPendingRead, [&](const StoredMessage& one) {
    return one.receiver == receiver && one.position >= first;
  });
  std::erase_if(left, [&](const StoredMessage& one) { return one.content.sent_at < since; });
  std::vector<StoredMessage> taken;
  while (!left.empty() && taken.size() < limit) {  // a turn of all senders
    std::set<UserId> had_it;
    std::erase_if(left, [&](const StoredMessage& one) {
      if (taken.size() == limit || !had_it.insert(one.content.sender).second) return false;
      taken.push_back(one);
      return true;
    });
  }
  std::ranges::sort(taken, {}, &StoredMessage::position);
  return taken;
}

Status MessageModel::SettleMessages(std::span<const ReceivedMessages> received) {
  for (const auto& [receiver, position] : received) {
    std::uint64_t& settled = settled_up_to_[receiver.value];
    settled = std::max(settled, std::min(position, newest_));
  }
  return {};
}

Result<std::vector<StoredMessage>> MessageModel::ReadConversations(const UserId& user,
                                                                   std::size_t limit) const {
  std::vector<StoredMessage> newest;
  std::set<UserId> peers;
  std::size_t sent = 0;
  std::size_t received = 0;
  for (const StoredMessage& message : std::views::reverse(messages_)) {
    if (message.room_number != 0) continue;
    const UserId& sender = message.content.sender;
    // A message to oneself is of both directions.
    const bool is_sent = sender == user && sent++ < kConsidered;
    const bool is_received = message.receiver == user && received++ < kConsidered;
    if (!is_sent && !is_received) continue;
    const bool is_first = peers.insert(is_sent ? message.receiver : sender).second;
    if (is_first && newest.size() < limit) newest.push_back(message);
  }
  return newest;
}

Result<std::size_t> MessageModel::TrimMessages(const MessageRetention& retention) {
  std::uint64_t bytes = 0;
  for (const StoredMessage& one : messages_) bytes += StoredBytes(one);
  const std::uint64_t kept_bytes = retention.BytesToKeep(bytes);
  bool may_remove = true;  // as far as the first that may not
  std::size_t removed = RemoveOldest(retention.most_per_call, [&](const StoredMessage& one) {
    may_remove = may_remove && (one.content.sent_at < retention.keep_since ||
                                one.position <= retention.keep_after || bytes > kept_bytes);
    if (may_remove) bytes -= StoredBytes(one);
    return may_remove;
  });
  std::vector<std::pair<TimePoint, std::uint64_t>> ends;
  for (const auto& [number, room] : rooms_) {
    if (room.ended_at && *room.ended_at < retention.keep_ended_since) {
      ends.emplace_back(*room.ended_at, number);
    }
  }
  std::ranges::sort(ends);
  for (const auto& [ended_at, number] : ends) {
    removed += RemoveOldest(retention.most_per_call - removed,
                            [&](const StoredMessage& one) { return one.room_number == number; });
  }
  return removed;
}

}  // namespace rtcroom
