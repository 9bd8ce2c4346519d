#include "daemon/http/stream_queue.h"

#include <utility>

namespace rtcroom {

StreamQueue::PutOutcome StreamQueue::Put(std::string_view bytes) {
  const MutexLock lock(mutex_);
  if (closed_) return PutOutcome::kClosed;
  if (waiting_.size() + unsent_ + bytes.size() > most_) {
    closed_ = true;
    overflown_ = true;
    return PutOutcome::kTooMuch;
  }
  waiting_ += bytes;
  if (waiting_.size() + unsent_ > low_) is_high_ = true;
  return std::exchange(announced_, true) ? PutOutcome::kQueued : PutOutcome::kFirst;
}

void StreamQueue::ExpectTake() {
  const MutexLock lock(mutex_);
  announced_ = true;
}

std::string StreamQueue::Take() {
  const MutexLock lock(mutex_);
  announced_ = false;
  unsent_ += waiting_.size();
  return std::exchange(waiting_, {});
}

bool StreamQueue::RecordUnsent(std::size_t bytes) {
  const MutexLock lock(mutex_);
  unsent_ = bytes;
  const bool is_high = waiting_.size() + unsent_ > low_;
  return std::exchange(is_high_, is_high) && !is_high;
}

void StreamQueue::Close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  std::string().swap(waiting_);
}

bool StreamQueue::closed() const {
  const MutexLock lock(mutex_);
  return closed_;
}

bool StreamQueue::overflown() const {
  const MutexLock lock(mutex_);
  return overflown_;
}

std::size_t StreamQueue::held() const {
  const MutexLock lock(mutex_);
  return waiting_.size() + unsent_;
}

}  // namespace rtcroom
