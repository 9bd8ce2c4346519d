// Gives one component the committed events.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/event_log.h"

namespace rtcroom {

/// Reads the log on a thread of its own, which sleeps until a commit is signalled, with an
/// occasional poll. While reads fail it retries with growing pauses, and loses no event that is
/// retained meanwhile.
///
/// @threads `Lag` from any thread, the rest for one thread.
class LogReader {
 public:
  static constexpr std::size_t kEventsPerRead = 500;

  /// Is called on the reader's thread. Events are lost after an exception.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// It precedes each read of events. @errors fail the read.
    virtual Status BeforeRead() { return {}; }
    /// @return whether there is more to read. @errors fail the read: the page comes again.
    virtual Result<bool> OnEvents(const EventPage& page) = 0;
    /// Events are missing: the next page begins after `position`.
    virtual void OnLost(std::uint64_t position) = 0;
    /// It is called every `Deps::tick` by real time, even while reads fail.
    virtual void OnTick() = 0;
  };

  /// All of it outlives the reader.
  struct Deps {
    EventLog& log;
    CommitSignal& signal;  ///< the reader is its only waiter
    const Clock& clock;    ///< clock of `Lag`
    Logger& logger;
    std::string_view failed_event;     ///< event of the first failure
    std::string_view recovered_event;  ///< event of the success after it
    std::chrono::milliseconds tick;
    /// Without a signal, the first tick after that time reads again.
    std::chrono::milliseconds poll = std::chrono::seconds(1);
  };
  LogReader(const Deps& deps, Owner& owner)
      : deps_(deps), owner_(owner), behind_since_(deps.clock.Monotonic()) {}
  ~LogReader() { Stop(); }
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  /// @param after  nullopt: the history's end at the first success, which begins with `OnLost`.
  void Start(std::optional<Cursor> after = std::nullopt);
  void Stop();

  /// How long unread events have been known, or reading has failed; zero when up to date.
  [[nodiscard]] std::chrono::milliseconds Lag() const;

 private:
  static constexpr MonotonicTime kUpToDate = MonotonicTime::max();

  void Run(const std::stop_token& stop);
  /// Converts an exception to a failure.
  Status Guarded(Status (LogReader::*step)());
  Status Read();
  Status Tick();
  void Record(const Status& read, const Status& ticked);

  const Deps deps_;
  Owner& owner_;
  // The reader's thread only.
  std::optional<Cursor> at_;
  bool has_lost_ = false;  // events, since the last `OnLost`
  bool has_more_ = true;   // events to read
  bool is_failing_ = false;

  std::atomic<MonotonicTime> behind_since_;  // `kUpToDate` when up to date
  std::jthread thread_;                      // last: it uses all other members
};

}  // namespace rtcroom
