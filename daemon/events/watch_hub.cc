#include "daemon/events/watch_hub.h"

#include <utility>

namespace rtcroom {

WatchHub::WatchHub(Store& store, CommitSignal& signal, const Clock& clock, Logger& logger,
                   WatchOptions options)
    : options_(options),
      ring_(options.ring),
      catch_up_(store, options.catch_up),
      clock_(clock),
      feed_({.log = store,
             .signal = signal,
             .ring = ring_,
             .clock = clock,
             .logger = logger,
             .options = options_,
             .counts = counts_,
             .added =
                 [this] {
                   for (const auto& subscriber : CurrentCrowd()) subscriber->HearOfEvents();
                 },
             .ticked =
                 [this](MonotonicTime now) {
                   nudge_.Nudge();
                   for (const auto& subscriber : CurrentCrowd()) subscriber->HearOfTime(now);
                 }}) {}

WatchHub::~WatchHub() { Stop(); }

WatchSurroundings WatchHub::surroundings() {
  return {.clock = clock_,
          .options = options_,
          .ring = ring_,
          .catch_up = catch_up_,
          .counts = counts_};
}

grpc::Status WatchHub::Add(const std::shared_ptr<Subscriber>& subscriber) {
  {
    const MutexLock lock(mutex_);
    if (stopped_) return {grpc::StatusCode::UNAVAILABLE, "the server is stopping"};
    if (subscribers_.size() >= options_.max_subscribers) {
      counts_.refused.fetch_add(1, std::memory_order_relaxed);
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many watch already"};
    }
    subscribers_.emplace(subscriber.get(), subscriber);
    ++changes_;
  }
  subscriber->Begin();
  return grpc::Status::OK;
}

void WatchHub::Remove(const Subscriber& subscriber) {
  std::shared_ptr<Subscriber> removed;  // possibly the last reference: destroyed without the lock
  const MutexLock lock(mutex_);
  const auto found = subscribers_.find(&subscriber);
  if (found == subscribers_.end()) return;
  removed = std::move(found->second);
  subscribers_.erase(found);
  ++changes_;
  changed_.NotifyAll();
}

void WatchHub::Stop() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
  }
  feed_.Stop();
  catch_up_.Stop();
  crowd_.clear();
  for (const auto& subscriber : Everybody()) subscriber->Stop();
  if (IsEmptyBy(std::chrono::steady_clock::now() + options_.stop_farewell)) return;
  for (const auto& subscriber : Everybody()) subscriber->BreakOff();
  WaitUntilEmpty();
}

std::size_t WatchHub::subscribers() const {
  const MutexLock lock(mutex_);
  return subscribers_.size();
}

WatchHub::Crowd WatchHub::Everybody() const {
  const MutexLock lock(mutex_);
  Crowd crowd;
  crowd.reserve(subscribers_.size());
  for (const auto& [key, subscriber] : subscribers_) crowd.push_back(subscriber);
  return crowd;
}

const WatchHub::Crowd& WatchHub::CurrentCrowd() {
  Crowd former;  // possibly the last references: destroyed without the lock
  const MutexLock lock(mutex_);
  if (crowd_changes_ == changes_) return crowd_;
  former.swap(crowd_);
  crowd_changes_ = changes_;
  crowd_.reserve(subscribers_.size());
  for (const auto& [key, subscriber] : subscribers_) crowd_.push_back(subscriber);
  return crowd_;
}

bool WatchHub::IsEmptyBy(MonotonicTime deadline) {
  const MutexLock lock(mutex_);
  while (!subscribers_.empty()) {
    if (!changed_.WaitUntil(mutex_, deadline)) return subscribers_.empty();
  }
  return true;
}

void WatchHub::WaitUntilEmpty() {
  const MutexLock lock(mutex_);
  while (!subscribers_.empty()) changed_.Wait(mutex_);
}

}  // namespace rtcroom
