// The parts that the kinds of rows of a store in memory share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// One lock guards all kinds, and is held while an edit runs.
struct MemoryEngine {
  explicit MemoryEngine(CommitListener& receiver) : listener(receiver) {}

  /// @return `removed`.
  std::size_t MarkRemoval(TimePoint as_of, std::size_t removed) REQUIRES(mutex) {
    if (removed > 0) removal = as_of;
    return removed;
  }

  CommitListener& listener;
  Mutex mutex{};
  std::map<std::uint64_t, RoomId> rooms_by_number GUARDED_BY(mutex){};  ///< by `Room::sequence`
  std::optional<TimePoint> removal GUARDED_BY(mutex){};  ///< `StoredRemovalTime::mark`
};

}  // namespace rtcroom
