// All Watch subscribers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include <grpcpp/support/status.h>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/log_reader.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/store.h"
#include "daemon/grpc/catch_up_pool.h"
#include "daemon/grpc/event_ring.h"
#include "daemon/grpc/grpc_poller_keep_awake.h"
#include "daemon/grpc/subscriber.h"
#include "daemon/grpc/watch_options.h"

namespace rtcroom {

/// Holds the subscribers and their sources: the ring of newest events with the reader that fills it
/// once for all, from the history's end on, and the threads that read for subscribers that are
/// behind.
///
/// @threads safe from any thread, except that `Stop` and the destructor are for one thread.
class WatchHub : private LogReader::Owner {
 public:
  /// Starts the threads.
  /// @param signal  raised after each commit: the store's listener, or a part of it.
  /// @param node  of a server that shares its store: while it is cut off from the others, it has no
  ///              subscribers. Null: it shares none.
  WatchHub(Store& store, CommitSignal& signal, const Clock& clock, Logger& logger,
           WatchOptions options = {}, const NodeLease* node = nullptr);
  ~WatchHub() override;  ///< calls `Stop`
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;

  /// Dependencies of a subscriber of this hub.
  [[nodiscard]] WatchDeps deps();

  /// Adds a subscriber and starts it. The hub keeps a reference until `Remove`, which must follow
  /// when the stream is over.
  /// @return RESOURCE_EXHAUSTED or UNAVAILABLE when it cannot be added: no `Remove` then.
  grpc::Status Add(const std::shared_ptr<Subscriber>& subscriber);

  /// May destroy the subscriber.
  void Remove(const Subscriber& subscriber);

  /// Ends all streams, gives them a moment to finish, aborts the others, and returns when each has
  /// been removed. No subscriber is added any more. The transport of the streams must still be
  /// running.
  void Stop();

  [[nodiscard]] std::size_t subscribers() const;
  [[nodiscard]] const WatchCounts& counts() const { return counts_; }
  /// The value of `LogReader::Lag`.
  [[nodiscard]] std::chrono::milliseconds FeedLag() const { return reader_.Lag(); }

 private:
  using Subscribers = std::vector<std::shared_ptr<Subscriber>>;

  Result<bool> OnEvents(const EventPage& page) override;
  void OnLost(std::uint64_t position) override;
  void OnTick() override;
  void WakeSubscribers();
  [[nodiscard]] Subscribers Snapshot() const;
  const Subscribers& CurrentSnapshot();
  [[nodiscard]] bool IsEmptyBy(MonotonicTime deadline);
  void WaitUntilEmpty();

  const WatchOptions options_;
  const NodeLease* const node_;
  WatchCounts counts_;
  mutable Mutex mutex_;
  CondVar changed_;
  // Shared with the threads that call a subscriber while its stream may end.
  std::unordered_map<const Subscriber*, std::shared_ptr<Subscriber>> subscribers_
      GUARDED_BY(mutex_);
  std::uint64_t changes_ GUARDED_BY(mutex_) = 0;  // of `subscribers_`
  bool stopped_ GUARDED_BY(mutex_) = false;

  // A copy of `subscribers_` for the reader's thread, which must not hold the lock while it calls
  // them; rebuilt only when it differs.
  Subscribers snapshot_;
  std::uint64_t snapshot_changes_ = 0;

  GrpcPollerKeepAwake keep_awake_;
  EventRing ring_;
  CatchUpPool catch_up_;
  const Clock& clock_;
  LogReader reader_;  // last: its thread uses all other members
};

}  // namespace rtcroom
