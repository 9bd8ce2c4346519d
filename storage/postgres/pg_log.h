// The records of the store's log that this process has applied.
#pragma once

#include <cstdint>
#include <span>

#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"
#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_pending_commits.h"
#include "storage/shared/room_index.h"

namespace rtcroom {

/// Applies the records of the log, of this process and of others, to the index of lists and passes
/// them on to the listener, each once and in the order of their positions.
///
/// @threads safe from any thread.
class PgLog {
 public:
  /// Both must outlive it.
  PgLog(RoomIndex& index, CommitListener& listener) : index_(index), listener_(listener) {}

  /// Receives logins and logouts from now on; null: nothing does.
  void SetSessionListener(SessionListener* listener) EXCLUDES(mutex_);
  void SetNoticeListener(NoticeListener* listener) EXCLUDES(mutex_);

  /// Call it before the first `Apply`: memory has everything up to `ends`.
  void Begin(const PgLogEnds& ends) EXCLUDES(mutex_);

  /// The position of the last record that was applied, or is in memory since `Begin`.
  [[nodiscard]] std::uint64_t position() const EXCLUDES(mutex_) { return place().position; }
  /// That position, with its commit.
  [[nodiscard]] PgLogPlace place() const EXCLUDES(mutex_);

  /// Whether `page` has something to apply.
  [[nodiscard]] bool HasNews(const PgLogPage& page) const EXCLUDES(mutex_);
  /// Applies what is new in `page`, which begins where the last one ended, and confirms the pending
  /// commits in it.
  /// @return false, and nothing is applied, when records before it were removed from the log.
  [[nodiscard]] bool Apply(const PgLogPage& page) EXCLUDES(mutex_);

  [[nodiscard]] PgPendingCommits& pending() { return pending_; }
  /// Rooms of all kinds, with those of pending commits.
  [[nodiscard]] std::uint64_t CountRooms() const EXCLUDES(mutex_);
  /// Events that are stored.
  [[nodiscard]] std::uint64_t retained_events() const EXCLUDES(mutex_);

 private:
  void PublishLocked(std::span<const PgRecord> records, Committed committed) REQUIRES(mutex_);
  void ApplyToIndexLocked(const PgRecord& record) REQUIRES(mutex_);

  RoomIndex& index_;
  CommitListener& listener_;
  PgPendingCommits pending_;
  mutable Mutex mutex_;
  SessionListener* session_listener_ GUARDED_BY(mutex_) = nullptr;
  NoticeListener* notice_listener_ GUARDED_BY(mutex_) = nullptr;
  std::uint64_t position_ GUARDED_BY(mutex_) = 0;
  std::int64_t tag_ GUARDED_BY(mutex_) = 0;  ///< tag of the record there
  PgNewest newest_ GUARDED_BY(mutex_);
  std::uint64_t retained_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rtcroom
