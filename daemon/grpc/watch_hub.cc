#include "daemon/grpc/watch_hub.h"

#include <utility>

#include "daemon/grpc/refused_call.h"
#include "daemon/grpc/watch_messages.h"

namespace rtcroom {

WatchHub::WatchHub(Store& store, CommitSignal& signal, const Clock& clock, Logger& logger,
                   WatchOptions options, const NodeLease* node)
    : options_(options),
      node_(node),
      ring_(options.ring),
      catch_up_(store, options.catch_up),
      clock_(clock),
      reader_({.log = store,
               .signal = signal,
               .clock = clock,
               .logger = logger,
               .failed_event = "watch_feed_failed",
               .recovered_event = "watch_feed_recovered",
               .tick = options.tick},
              *this) {
  reader_.Start();
}

WatchHub::~WatchHub() { Stop(); }

WatchDeps WatchHub::deps() {
  return {.clock = clock_,
          .options = options_,
          .ring = ring_,
          .catch_up = catch_up_,
          .counts = counts_};
}

Result<bool> WatchHub::OnEvents(const EventPage& page) {
  if (page.events.empty()) return false;
  std::vector<std::shared_ptr<const FeedEvent>> events;
  events.reserve(page.events.size());
  Cursor cursor = page.next;
  for (const StoredEvent& stored : page.events) {
    cursor.position = stored.position;
    events.push_back(std::make_shared<const FeedEvent>(
        FeedEvent{.position = stored.position,
                  .facts = EventFacts(stored.event),
                  .message = EventBytes(stored.event, cursor.epoch, cursor.Encode())}));
  }
  ring_.Append(std::move(events));
  WakeSubscribers();
  return page.events.size() == LogReader::kEventsPerRead;
}

// Live subscribers have then missed events, and others wait for the ring to start.
void WatchHub::OnLost(std::uint64_t position) {
  ring_.Restart(position);
  WakeSubscribers();
}

void WatchHub::WakeSubscribers() {
  for (const auto& subscriber : CurrentSnapshot()) subscriber->OnEvents();
}

void WatchHub::OnTick() {
  const MonotonicTime now = clock_.Monotonic();
  keep_awake_.Ping();
  const bool is_cut_off = IsCutOff(node_);
  for (const auto& subscriber : CurrentSnapshot()) {
    if (is_cut_off) subscriber->OnCutOff();
    subscriber->OnTick(now);
  }
}

grpc::Status WatchHub::Add(const std::shared_ptr<Subscriber>& subscriber) {
  if (IsCutOff(node_)) {
    return {grpc::StatusCode::UNAVAILABLE, "the server is cut off from its store"};
  }
  {
    const MutexLock lock(mutex_);
    if (stopped_) return ServerStopping();
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
  reader_.Stop();
  catch_up_.Stop();
  snapshot_.clear();
  for (const auto& subscriber : Snapshot()) subscriber->Stop();
  if (IsEmptyBy(std::chrono::steady_clock::now() + options_.stop_timeout)) return;
  for (const auto& subscriber : Snapshot()) subscriber->Abort();
  WaitUntilEmpty();
}

std::size_t WatchHub::subscribers() const {
  const MutexLock lock(mutex_);
  return subscribers_.size();
}

WatchHub::Subscribers WatchHub::Snapshot() const {
  const MutexLock lock(mutex_);
  Subscribers snapshot;
  snapshot.reserve(subscribers_.size());
  for (const auto& [key, subscriber] : subscribers_) snapshot.push_back(subscriber);
  return snapshot;
}

const WatchHub::Subscribers& WatchHub::CurrentSnapshot() {
  Subscribers former;  // possibly the last references: destroyed without the lock
  const MutexLock lock(mutex_);
  if (snapshot_changes_ == changes_) return snapshot_;
  former.swap(snapshot_);
  snapshot_.reserve(subscribers_.size());
  for (const auto& [key, subscriber] : subscribers_) snapshot_.push_back(subscriber);
  snapshot_changes_ = changes_;
  return snapshot_;
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
