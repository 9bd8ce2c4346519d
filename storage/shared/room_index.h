// The in-memory part of the store: the position of rooms in lists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "daemon/base/mutex.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_list_index.h"

namespace rtcroom {

/// A room that was created, activated or removed.
struct RoomIndexChange {
  enum class Step : std::uint8_t { kInserted, kActivated, kErased };
  RoomListEntry room{};
  Step step = Step::kInserted;
};

/// `RoomListIndex` for concurrent readers. Updated only after the commit of a change.
///
/// @threads safe from any thread; no lock is held during I/O.
class RoomIndex {
 public:
  void Apply(std::span<const RoomIndexChange> changes) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    for (const RoomIndexChange& change : changes) ApplyLocked(change);
  }

  [[nodiscard]] std::optional<std::uint64_t> At(const RoomListQuery& query) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return order_.At(query);
  }

  [[nodiscard]] std::uint64_t Count(RoomKind kind) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return order_.Count(kind);
  }

 private:
  void ApplyLocked(const RoomIndexChange& change) REQUIRES(mutex_) {
    switch (change.step) {
      case RoomIndexChange::Step::kInserted:
        return order_.Insert(change.room);
      case RoomIndexChange::Step::kActivated:
        return order_.Activate(change.room);
      case RoomIndexChange::Step::kErased:
        return order_.Erase(change.room);
    }
  }

  mutable Mutex mutex_;
  RoomListIndex order_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
