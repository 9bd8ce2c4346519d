// Whether the database still has the history that this node has applied.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_events.h"

namespace rtcroom {

/// Notices that the end of the log was lost: a standby took over that did not have it, or an older
/// copy was restored. The store gets a new epoch then, so that no cursor of before is taken for one
/// of the new history. The same holds when this node is so far behind that records it has not
/// applied were removed.
///
/// @threads safe from any thread.
class PgHistory {
 public:
  /// @param epoch    with which this node began.
  /// @param random   of a new one; must outlive it.
  /// @param on_lost  called once, by the thread that finds it out: what is in memory cannot follow
  ///                 the history. It must not call the store.
  PgHistory(std::string epoch, RandomSource& random, std::function<void()> on_lost)
      : epoch_(std::move(epoch)), random_(random), on_lost_(std::move(on_lost)) {}

  /// Compares the last record applied with what is stored. To be called with each new connection,
  /// before anything is read from it.
  ///
  /// @param applied  the newest record.
  /// @errors kStoreBusy, also when the history is lost, from then on; kStoreBroken.
  Status Check(PgConnection& connection, const PgLogPlace& applied, MonotonicTime deadline)
      EXCLUDES(mutex_);

  /// Whether that server has the last record applied. An old primary that lives on may lack it:
  /// only `Check`, by a commit that such a host cannot confirm, tells that from a loss.
  ///
  /// @errors kStoreBusy, also when the history is lost; kStoreBroken.
  Result<bool> Holds(PgConnection& connection, const PgLogPlace& applied,
                     MonotonicTime deadline) const EXCLUDES(mutex_);

  /// Call it when records were removed from the log before this node read them.
  void MarkLost() EXCLUDES(mutex_);

  /// Nothing may be written any more from what is in memory.
  [[nodiscard]] bool IsLost() const EXCLUDES(mutex_);
  static Error Lost() { return {Errc::kStoreBusy, "the history of the database was lost"}; }

  /// The connection of `Check` must prepare these.
  static std::span<const PgStatement> Statements();

 private:
  struct Found {
    bool is_there = false;
    bool is_behind = false;  ///< records that this node has not applied were removed
  };
  Result<Found> Find(PgConnection& connection, const PgStatement& find, const PgLogPlace& applied,
                     MonotonicTime deadline) const EXCLUDES(mutex_);
  Status RenewEpoch(PgConnection& connection, MonotonicTime deadline);

  const std::string epoch_;
  RandomSource& random_;
  const std::function<void()> on_lost_;
  mutable Mutex mutex_;
  bool is_lost_ GUARDED_BY(mutex_) = false;
};

}  // namespace rtcroom
