// One sender of messages that records which were acknowledged and which were not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>

#include "storage/storage.h"

namespace rtcroom {

/// Sends messages to users, and to rooms in which nobody else sends any, so that it can predict
/// every outcome and, after a power cut, the required and the possible messages.
///
/// A fault is a one-sentence description of a store error.
///
/// @threads for one thread at a time.
class MessageWitness {
 public:
  /// `StoreLimits::max_room_messages` of the store.
  static constexpr std::size_t kMaxRoomMessages = 10;

  explicit MessageWitness(std::string sender) : sender_{std::move(sender)} {}

  /// Sends one message, to one of `rooms` or to a user. One that the store did not take remains
  /// open.
  /// @return whether the store took it; `fault()` returns a fault.
  bool Send(MessageStore& store, const std::map<RoomId, Room>& rooms, std::mt19937_64& random);

  [[nodiscard]] const std::optional<std::string>& fault() const { return fault_; }

  /// Compares the stored messages, by ascending position, with those of this sender that were
  /// acknowledged. All of them must be present, and nothing else but an open one, which is treated
  /// as acknowledged then.
  /// @return a fault.
  std::optional<std::string> Settle(std::span<const StoredMessage> found);

 private:
  void Judge(StoredMessage sent, const StoredMessage& outcome);
  void Accept(const StoredMessage& message);

  const UserId sender_;
  std::uint64_t sent_ = 0;
  std::map<std::uint64_t, StoredMessage> kept_;    // by position
  std::map<std::uint64_t, std::uint64_t> newest_;  // seq of the newest, by room
  /// Sent and failed with unknown outcome; without its position.
  std::optional<StoredMessage> open_;
  std::optional<std::string> fault_;
};

}  // namespace rtcroom
