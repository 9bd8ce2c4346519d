// What this process has heard of the log of the store.
#pragma once

#include <cstdint>
#include <span>

#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"
#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_own_commits.h"
#include "storage/shared/room_index.h"

namespace rtcroom {

/// Passes the records of the log on to the index of lists and to the listener, each once and in the
/// order of their positions, by whomever they were written.
///
/// @threads safe from any thread.
class PgLog {
 public:
  /// Both must outlive it.
  PgLog(RoomIndex& index, CommitListener& listener) : index_(index), listener_(listener) {}

  /// From now on it hears of logins and logouts; null: nobody does.
  void SetSessionListener(SessionListener* listener) EXCLUDES(mutex_);

  /// Memory has everything up to there: call it before the first record.
  void Begin(const PgLogEnds& ends) EXCLUDES(mutex_);

  /// Of the last record that was passed on, or need not be.
  [[nodiscard]] std::uint64_t position() const EXCLUDES(mutex_) { return place().position; }
  /// Likewise, with its commit.
  [[nodiscard]] PgLogPlace place() const EXCLUDES(mutex_);

  /// Whether there is something to pass on in `page`.
  [[nodiscard]] bool HasNews(const PgLogPage& page) const EXCLUDES(mutex_);
  /// Passes on what is new in `page`, which begins where the last one has ended. Then `own` knows
  /// of it, too.
  /// @return false, and nothing is passed on, where something before it was removed unheard.
  [[nodiscard]] bool Hear(const PgLogPage& page) EXCLUDES(mutex_);

  /// Those of this process.
  [[nodiscard]] PgOwnCommits& own() { return own_; }
  /// Rooms of all kinds, with what `own` knows of.
  [[nodiscard]] std::uint64_t CountRooms() const EXCLUDES(mutex_);
  /// Events that are stored.
  [[nodiscard]] std::uint64_t retained_events() const EXCLUDES(mutex_);

 private:
  void PassOnLocked(std::span<const PgRecord> records, Committed committed) REQUIRES(mutex_);
  void ApplyToIndexLocked(const PgRecord& record) REQUIRES(mutex_);

  RoomIndex& index_;
  CommitListener& listener_;
  PgOwnCommits own_;
  mutable Mutex mutex_;
  SessionListener* session_listener_ GUARDED_BY(mutex_) = nullptr;
  std::uint64_t position_ GUARDED_BY(mutex_) = 0;
  std::int64_t tag_ GUARDED_BY(mutex_) = 0;  ///< of the record there
  PgNewest newest_ GUARDED_BY(mutex_);
  std::uint64_t retained_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rtcroom
