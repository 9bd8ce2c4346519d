#include "tests/powercut/message_witness.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace rtcroom {

bool MessageWitness::Send(MessageStore& store, const std::map<RoomId, Room>& rooms,
                          std::mt19937_64& random) {
  ++sent_;
  StoredMessage message{
      .content = {.sender = sender_, .client_seq = sent_, .client_random = sent_}};
  // Some need several pages.
  message.content.body = std::string(random() % 4 == 0 ? 9000 : 20, 'x') + std::to_string(sent_);
  std::vector<std::uint64_t> numbers;
  for (const auto& [id, room] : rooms) {
    if (room.sequence != 0) numbers.push_back(room.sequence);
  }
  const bool to_room = !numbers.empty() && random() % 2 == 0;
  if (to_room) {
    message.room_number = numbers[random() % numbers.size()];
    message.seq = newest_[message.room_number] + 1;
  } else {
    message.receiver = {fmt::format("user_{}", random() % 3)};
  }
  const Result<AppendedMessage> outcome = store.AppendMessage({.room_number = message.room_number,
                                                               .receiver = message.receiver,
                                                               .content = message.content});
  if (outcome) {
    Judge(message, *outcome);
    return true;
  }
  if (outcome.error().code == Errc::kRoomNotFound) {
    fault_ = fmt::format("room number {} takes no message", message.room_number);
    return true;
  }
  open_ = message;
  return false;
}

void MessageWitness::Judge(StoredMessage sent, const StoredMessage& outcome) {
  sent.position = outcome.position;
  if (open_) fault_ = "a message was acknowledged after one that could not be appended";
  if (outcome != sent) fault_ = "a message is not stored as it was sent";
  if (!kept_.empty() && outcome.position <= kept_.rbegin()->first) {
    fault_ = fmt::format("position {} was given twice", outcome.position);
  }
  Accept(outcome);
}

void MessageWitness::Accept(const StoredMessage& message) {
  kept_.emplace(message.position, message);
  if (message.room_number == 0) return;
  newest_[message.room_number] = message.seq;
  std::erase_if(kept_, [&](const auto& entry) {
    const StoredMessage& one = entry.second;
    return one.room_number == message.room_number && one.seq + kMaxRoomMessages <= message.seq;
  });
}

std::optional<std::string> MessageWitness::Settle(std::span<const StoredMessage> found) {
  std::map<std::uint64_t, StoredMessage> own;
  for (const StoredMessage& message : found) {
    if (message.content.sender == sender_) own.emplace(message.position, message);
  }
  if (open_ && !own.empty()) {
    const StoredMessage& newest = own.rbegin()->second;
    open_->position = newest.position;
    if (newest == *open_) Accept(newest);
  }
  open_.reset();
  if (own != kept_) {
    return fmt::format("of {}, {} messages were found that are not the {} acknowledged ones",
                       sender_.value, own.size(), kept_.size());
  }
  return std::nullopt;
}

}  // namespace rtcroom
