// The bytes of the stored messages, as far as this process has counted them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "daemon/base/mutex.h"

namespace rtcroom {
namespace pg {

/// Bytes of the messages up to a position.
struct MessageTally {
  std::uint64_t through = 0;
  std::uint64_t bytes = 0;   ///< `StoredBytes` of those that were there when they were counted
  bool is_complete = false;  ///< there were no later ones
};

}  // namespace pg

/// The last tally. After calls at the same time it has too many bytes rather than too few.
///
/// @threads safe from any thread.
class PgMessageTally {
 public:
  [[nodiscard]] pg::MessageTally last() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return last_;
  }
  void Set(const pg::MessageTally& tally) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    last_ = tally;
  }
  /// For messages that were removed.
  void Subtract(std::uint64_t bytes) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    last_.bytes -= std::min(last_.bytes, bytes);
  }

 private:
  mutable Mutex mutex_;
  pg::MessageTally last_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
