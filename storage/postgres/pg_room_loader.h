// Loading rooms for many callers at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/room.h"
#include "storage/postgres/pg_rooms.h"

namespace rtcroom {

/// Each caller loads one room; callers that wait together share a read, which costs far less than
/// one for each. A caller that finds a read to spare does not wait for others.
///
/// @threads safe from any thread.
class PgRoomLoader {
 public:
  /// Reads the rooms of those ids, which may repeat.
  using Read = std::function<Result<std::vector<PgRoom>>(std::span<const std::string_view> ids,
                                                         MonotonicTime deadline)>;
  struct Options {
    std::size_t reads = 1;                 ///< number at a time; 1 or more
    std::chrono::milliseconds patience{};  ///< bounds a call
  };

  PgRoomLoader(Read read, const Options& options, const Clock& clock)
      : read_(std::move(read)), options_(options), clock_(clock) {}
  PgRoomLoader(const PgRoomLoader&) = delete;
  PgRoomLoader& operator=(const PgRoomLoader&) = delete;

  /// The call sees what was committed before it: its read begins later.
  /// @errors kRoomNotFound; kStoreBusy when no read began in time; those of the read.
  Result<Room> Load(const RoomKey& key) EXCLUDES(mutex_);

  /// Callers that no read has taken yet.
  [[nodiscard]] std::size_t waiting() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return waiting_.size();
  }

 private:
  // Bounds the memory of a read, and how long its first caller waits for the last.
  static constexpr std::size_t kMostRooms = 64;

  class Call;
  using Group = std::vector<Call*>;

  /// The group that the call is to read, with itself; empty when it has its outcome.
  Group Await(Call& call) EXCLUDES(mutex_);
  Group TakeGroup() REQUIRES(mutex_);
  /// Takes a call back that waits; false when a read has it.
  bool Withdraw(Call& call) EXCLUDES(mutex_);
  [[nodiscard]] std::vector<Result<Room>> ReadGroup(const Group& group) const noexcept;
  /// Lets the next read begin.
  void EndRead() EXCLUDES(mutex_);

  const Read read_;
  const Options options_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::size_t reading_ GUARDED_BY(mutex_) = 0;
  std::deque<Call*> waiting_ GUARDED_BY(mutex_);  ///< none while there is a read to spare
};

}  // namespace rtcroom
