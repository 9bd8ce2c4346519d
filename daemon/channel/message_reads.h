// How many stored messages a reply takes, and how many to read for it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "daemon/core/message_store.h"

namespace rtcroom {

/// Stored messages.
struct MessagePage {
  std::vector<StoredMessage> messages{};
  bool is_complete = false;  ///< there are no more in the direction that was asked for
};

/// A message has up to 16 KiB and mostly a hundred bytes, so messages are read in a few pieces: a
/// small one, and then as many as fit by the size of those before.
///
/// @threads for one thread.
class MessageReads {
 public:
  /// Messages of the first read; a later one has at most twice as many as all before.
  static constexpr std::uint64_t kFirst = 8;
  /// Replies that are bounded by the number of messages only have this limit.
  static constexpr std::uint64_t kAnyBytes = std::uint64_t{1} << 32;

  /// @param max_messages  that the reply may have; 1..1000.
  /// @param max_bytes     likewise, as `StoredBytes`, up to `kAnyBytes`. The first message fits in
  /// any case.
  MessageReads(std::uint64_t max_messages, std::uint64_t max_bytes)
      : max_messages_(max_messages), max_bytes_(max_bytes) {}

  /// How many to read now; 0: the reply is full.
  [[nodiscard]] std::uint64_t Next() const {
    if (is_full_) return 0;
    const std::uint64_t left = max_messages_ - messages_;
    if (messages_ == 0) return std::min(left, kFirst);
    const std::uint64_t fit = (max_bytes_ - bytes_) * messages_ / bytes_ + 1;
    return std::min({left, fit, 2 * messages_});
  }

  /// Adds the next message, unless the reply is full.
  /// @return whether it was added.
  bool Take(const StoredMessage& message) {
    const std::uint64_t bytes = bytes_ + StoredBytes(message);
    if (is_full_ || (messages_ > 0 && bytes > max_bytes_)) {
      is_full_ = true;
      return false;
    }
    bytes_ = bytes;
    ++messages_;
    is_full_ = messages_ == max_messages_ || bytes_ >= max_bytes_;
    return true;
  }

 private:
  const std::uint64_t max_messages_;
  const std::uint64_t max_bytes_;
  std::uint64_t messages_ = 0;
  std::uint64_t bytes_ = 0;
  bool is_full_ = false;
};

}  // namespace rtcroom
