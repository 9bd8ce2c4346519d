// Reads new events from the log, once for all subscribers.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <thread>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/cursor.h"
#include "daemon/core/event_log.h"
#include "daemon/grpc/event_ring.h"
#include "daemon/grpc/watch_options.h"

namespace rtcroom {

/// Fills the ring from the log on a thread of its own, starting at the history's end at the time
/// of the first success. It sleeps until a commit is signalled, with an occasional poll; while the
/// log fails, it retries with growing pauses, and loses no event that is retained meanwhile.
///
/// @threads safe from any thread, except that `Stop` and the destructor are for one thread.
class EventFeed {
 public:
  struct Deps {
    EventLog& log;
    CommitSignal& signal;
    EventRing& ring;
    const Clock& clock;
    Logger& logger;
    const WatchOptions& options;
    WatchCounts& counts;
    /// Called on the feed's thread: after events were added to the ring, and every
    /// `WatchOptions::tick` with the clock's time. The intervals are real time, whatever the clock.
    std::function<void()> added{};
    std::function<void(MonotonicTime)> ticked{};
  };
  explicit EventFeed(Deps deps);
  ~EventFeed();  ///< calls `Stop`
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  void Stop();

  /// How long unread events have been known, or reading has failed; zero when up to date.
  [[nodiscard]] std::chrono::milliseconds Lag() const;

 private:
  static constexpr MonotonicTime kUpToDate = MonotonicTime::max();
  enum class Outcome { kReadAll, kMoreToRead, kFailed };

  void Run(const std::stop_token& stop);
  /// Converts exceptions to failures.
  Outcome ReadNewOrFail();
  Outcome ReadNew();
  Status FindStart();
  void RecordOutcome(Outcome outcome);
  void RecordFailure(const Error& error);

  const Deps deps_;
  std::optional<Cursor> at_;                 // the feed's thread only
  bool is_failing_ = false;                  // the feed's thread only
  std::chrono::milliseconds back_off_;       // the feed's thread only
  std::atomic<MonotonicTime> behind_since_;  // `kUpToDate` when up to date
  std::jthread thread_;                      // last: it uses all other members
};

}  // namespace rtcroom
