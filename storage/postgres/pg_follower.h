// Reads the log of the store: what all nodes write, this one included.
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/commit_follower.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_history.h"
#include "storage/postgres/pg_log.h"
#include "storage/postgres/pg_reconnector.h"

namespace rtcroom {

/// Reads at once when this process has committed something; every 10 ms while there is something to
/// read; every 20 ms otherwise. What it applies is on the synchronous standby, if there is one.
///
/// @threads safe from any thread. Owns one thread, which waits for the database, each time for a
///          bounded time, until the destructor ends it.
class PgFollower : public CommitFollower {
 public:
  /// The arguments must outlive it. It reads nothing yet. The observer of `pace` also receives
  /// the lag of the log.
  /// @param node  as of `PgWriter::Options`.
  PgFollower(const PgAddress& address, std::uint64_t node, const PgPace& pace, PgLog& log,
             PgHistory& history, const Clock& clock);
  ~PgFollower() override;
  PgFollower(const PgFollower&) = delete;
  PgFollower& operator=(const PgFollower&) = delete;

  /// Call it once.
  void Begin() {
    thread_ = std::jthread([this] { Follow(); });
  }

  /// Everything is applied then: the lists know of it, too. All callers that wait share one read.
  Status CatchUp(MonotonicTime deadline) override EXCLUDES(mutex_);

  /// Reads as soon as it can.
  void Wake() EXCLUDES(mutex_);

  [[nodiscard]] std::chrono::milliseconds LogAge() const override EXCLUDES(mutex_);

 private:
  void Follow() EXCLUDES(mutex_);
  /// Reads to the end of the log.
  /// @param is_wanted  whether a caller relies on that end.
  /// @return whether that has worked.
  bool ReadToEnd(bool is_wanted);
  /// A page that is confirmed; unless it is wanted, it may have no news instead.
  Result<PgLogPage> ReadPage(bool is_wanted, MonotonicTime deadline);
  void WaitUntil(MonotonicTime time) EXCLUDES(mutex_);

  const std::uint64_t mark_;
  PgLog& log_;
  PgHistory& history_;
  const Clock& clock_;
  StoreObserver* const observer_;  ///< may be null
  PgConnection connection_;
  PgReconnector reconnector_;
  // Only the thread uses these.
  bool is_checked_ = false;     ///< whether the connection has the history
  bool has_connected_ = false;  ///< whether the present read had a connection
  bool has_news_ = false;       ///< whether the present read has found new records
  mutable Mutex mutex_;
  CondVar changed_;
  std::uint64_t wanted_ GUARDED_BY(mutex_) = 0;   ///< number of the newest read that is waited for
  std::uint64_t begun_ GUARDED_BY(mutex_) = 0;    ///< reads to the end, numbered from 1
  std::uint64_t done_ GUARDED_BY(mutex_) = 0;     ///< the newest that was wanted and has worked
  MonotonicTime heard_until_ GUARDED_BY(mutex_);  ///< when the last that worked began
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: it uses all other members
};

}  // namespace rtcroom
