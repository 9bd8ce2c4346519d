#include "daemon/core/delivery_claims.h"

namespace rtcroom {

void DeliveryClaims::BeginRound() {
  const MutexLock lock(mutex_);
  std::erase_if(claims_, [](const auto& entry) {
    return !entry.second.is_sending && !entry.second.is_making;
  });
}

bool DeliveryClaims::TryClaim(const RoomId& group) {
  const MutexLock lock(mutex_);
  if (stopping_ || calls_ >= max_calls_) return false;
  if (!claims_.try_emplace(group, Claim{.is_sending = true}).second) return false;
  ++calls_;
  return true;
}

void DeliveryClaims::Release(const RoomId& group) {
  const MutexLock lock(mutex_);
  claims_[group].is_sending = false;
  changed_.NotifyAll();
}

void DeliveryClaims::EndCall() {
  const MutexLock lock(mutex_);
  --calls_;
  changed_.NotifyAll();
}

bool DeliveryClaims::IsFull() const {
  const MutexLock lock(mutex_);
  return calls_ >= max_calls_;
}

std::size_t DeliveryClaims::claimed_groups() const {
  const MutexLock lock(mutex_);
  return claims_.size();
}

bool DeliveryClaims::BeginMaking(const RoomId& group) {
  const MutexLock lock(mutex_);
  Claim& claim = claims_[group];
  claim.is_making = true;
  return !claim.is_sending;
}

bool DeliveryClaims::AwaitTurn(const RoomId& group, MonotonicTime until) {
  const MutexLock lock(mutex_);
  while (!stopping_ && claims_[group].is_sending) {
    if (!changed_.WaitUntil(mutex_, until)) return false;
  }
  return !stopping_;
}

void DeliveryClaims::EndMaking(const RoomId& group) {
  const MutexLock lock(mutex_);
  const auto found = claims_.find(group);
  if (found != claims_.end()) found->second.is_making = false;
}

bool DeliveryClaims::Pause(MonotonicTime until) {
  const MutexLock lock(mutex_);
  while (!stopping_) {
    if (!changed_.WaitUntil(mutex_, until)) return true;
  }
  return false;
}

void DeliveryClaims::Stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  changed_.NotifyAll();
}

bool DeliveryClaims::is_stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

void DeliveryClaims::AwaitCalls(MonotonicTime until) {
  const MutexLock lock(mutex_);
  while (calls_ > 0) {
    if (!changed_.WaitUntil(mutex_, until)) return;
  }
}

}  // namespace rtcroom
