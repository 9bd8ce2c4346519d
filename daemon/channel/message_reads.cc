#include "daemon/channel/message_reads.h"

#include <algorithm>

namespace rtcroom {

std::uint64_t MessageReads::Next() const {
  if (is_full_) return 0;
  const std::uint64_t left = max_messages_ - messages_;
  if (messages_ == 0) return std::min(left, kFirst);
  const std::uint64_t fit = (max_bytes_ - bytes_) * messages_ / bytes_ + 1;
  return std::min({left, fit, 2 * messages_});
}

bool MessageReads::Take(const StoredMessage& message) {
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

}  // namespace rtcroom
