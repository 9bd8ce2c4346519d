#include "daemon/grpc/event_ring.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rtcroom {
namespace {

// A reader whose filter matches little releases the lock now and then.
constexpr std::size_t kLooksPerLock = 256;

}  // namespace

void EventRing::Restart(std::uint64_t position) {
  std::deque<Slot> forgotten;  // freed without the lock
  const MutexLock lock(mutex_);
  first_place_ += slots_.size();
  forgotten.swap(slots_);
  bytes_ = 0;
  before_ = position;
  ++restarts_;
}

void EventRing::Append(std::vector<std::shared_ptr<const FeedEvent>> events) {
  std::vector<Slot> forgotten;  // freed without the lock
  const MutexLock lock(mutex_);
  assert(before_);
  for (std::shared_ptr<const FeedEvent>& event : events) {
    const std::size_t bytes = event->message.Length();
    const std::uint64_t position = event->position;
    slots_.push_back({.position = position, .event = std::move(event), .bytes = bytes});
    bytes_ += bytes;
  }
  while (IsFullLocked()) {
    bytes_ -= slots_.front().bytes;
    before_ = slots_.front().position;
    forgotten.push_back(std::move(slots_.front()));
    slots_.pop_front();
    ++first_place_;
  }
}

bool EventRing::IsFullLocked() const {
  return slots_.size() > limits_.max_events || bytes_ > limits_.max_bytes;
}

std::optional<EventRing::Mark> EventRing::MarkAt(std::uint64_t position) const {
  const MutexLock lock(mutex_);
  if (!before_ || position < *before_) return std::nullopt;
  const auto next = std::ranges::upper_bound(slots_, position, {}, &Slot::position);
  const auto seen = static_cast<std::uint64_t>(next - slots_.begin());
  return Mark{.position = position, .place = first_place_ + seen, .restarts = restarts_};
}

EventRing::Loss EventRing::LossOf(const Mark& mark) const {
  const MutexLock lock(mutex_);
  return LossOfLocked(mark);
}

EventRing::Loss EventRing::LossOfLocked(const Mark& mark) const {
  if (mark.restarts != restarts_) return Loss::kRestarted;
  return mark.place < first_place_ ? Loss::kTooSlow : Loss::kNone;
}

EventRing::Found EventRing::Next(const Mark& mark, const WatchFilter& filter) const {
  Found found{.mark = mark};
  while (true) {
    const MutexLock lock(mutex_);
    found.loss = LossOfLocked(found.mark);
    if (found.loss != Loss::kNone) return found;
    for (std::size_t looks = 0; looks < kLooksPerLock; ++looks) {
      const std::size_t index = found.mark.place - first_place_;
      if (index >= slots_.size()) return found;
      const Slot& slot = slots_[index];
      ++found.mark.place;
      // A reader that comes from the store may have sent this event already.
      if (slot.position <= found.mark.position) continue;
      found.mark.position = slot.position;
      if (filter.Matches(slot.event->facts)) {
        found.event = slot.event;
        return found;
      }
    }
  }
}

}  // namespace rtcroom
