// The part of the store that is kept in memory: which room stands at which place of a list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "daemon/base/mutex.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_order.h"

namespace rtcroom {

/// A room that came or went.
struct RoomIndexChange {
  RoomKind kind = RoomKind::kDouble;
  Dialect dialect = Dialect::kGen1;
  std::uint64_t sequence = 0;
  bool removed = false;
};

/// `RoomOrder` for many readers. It changes only after the commit of what it tells of.
///
/// @threads safe from any thread; no lock is held during I/O.
class RoomIndex {
 public:
  void Apply(std::span<const RoomIndexChange> changes) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    for (const RoomIndexChange& change : changes) {
      if (change.removed) {
        order_.Erase(change.kind, change.dialect, change.sequence);
      } else {
        order_.Insert(change.kind, change.dialect, change.sequence);
      }
    }
  }

  [[nodiscard]] std::optional<std::uint64_t> At(RoomKind kind, Dialect dialect,
                                                std::uint64_t index) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return order_.At(kind, dialect, index);
  }

  [[nodiscard]] std::uint64_t Count(RoomKind kind) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return order_.Count(kind);
  }

 private:
  mutable Mutex mutex_;
  RoomOrder order_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
