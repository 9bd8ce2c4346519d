// What this process has heard of the log of the store: its own records, and those of others.
#pragma once

#include <cstdint>
#include <span>

#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"
#include "storage/postgres/pg_events.h"
#include "storage/shared/room_index.h"

namespace rtcroom {

/// Passes the records of the log on to the index of lists and to the listener, each once and in the
/// order of their positions, whoever has read it first.
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

  /// Passes on what is new in `page`, which begins where an earlier one has ended, or before.
  /// @return false, and nothing is passed on, where something before it was removed unheard.
  [[nodiscard]] bool Hear(const PgLogPage& page) EXCLUDES(mutex_);
  /// Records that this process has written.
  /// @param flags    of the deliveries that were enqueued with them; the rest is not used.
  /// Where something before them has not been heard, nothing is passed on but the flags: a page of
  /// the log will have the records in their place.
  /// @param base     position before the first of them.
  /// @param tag      of their commit.
  /// @param message  position of the newest message that was appended with them; 0: none was.
  void HearOwn(std::uint64_t base, std::int64_t tag, std::span<const PgRecord> records,
               Committed flags, std::uint64_t message) EXCLUDES(mutex_);

 private:
  void PassOnLocked(std::span<const PgRecord> records, Committed committed) REQUIRES(mutex_);
  void ApplyToIndexLocked(const PgRecord& record) REQUIRES(mutex_);

  RoomIndex& index_;
  CommitListener& listener_;
  mutable Mutex mutex_;
  SessionListener* session_listener_ GUARDED_BY(mutex_) = nullptr;
  std::uint64_t position_ GUARDED_BY(mutex_) = 0;
  std::int64_t tag_ GUARDED_BY(mutex_) = 0;  ///< of the record there
  PgNewest newest_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
