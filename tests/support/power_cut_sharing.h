// State that the connections of one process share for one database file: its locks and its
// wal-index. Both are in memory and lost with the power.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <sqlite3.h>

#include "daemon/base/mutex.h"

namespace rtcroom {

/// The locks of SQLite's file and shared-memory methods, for handles of one process. The
/// methods return SQLite result codes.
///
/// @source sqlite.org/c3ref/io_methods.html; sqlite.org/walformat.html, section 2.3.
/// @threads safe from any thread.
class PowerCutSharing {
 public:
  /// The locks of one handle. Only this class accesses it.
  class Party {
    friend class PowerCutSharing;
    int level_ = SQLITE_LOCK_NONE;
    unsigned shared_slots_ = 0;     // one bit per lock slot of the wal-index
    unsigned exclusive_slots_ = 0;  // likewise
    bool maps_regions_ = false;
  };

  void Join(Party& party);
  void Leave(const Party& party);

  int Lock(Party& party, int level);
  void Unlock(Party& party, int level);
  [[nodiscard]] bool IsReserved() const;

  /// The `index`-th region of the wal-index, `size` bytes; null when it does not exist and `extend`
  /// is false.
  void* MapRegion(Party& party, std::size_t index, std::size_t size, bool extend);
  /// Ends the party's use of the wal-index, which is freed after its last user.
  void UnmapRegions(Party& party);
  int LockSlots(Party& party, int first, int count, int flags);
  /// Makes writes of other threads to the wal-index visible.
  void Barrier() const;

 private:
  [[nodiscard]] int HighestLevelOfOthersLocked(const Party& party) const REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::vector<Party*> parties_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<std::byte[]>> regions_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
