// The interface that waits for commits of other servers to reach the listeners of this one.
#pragma once

#include <chrono>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// Follows the commits of all programs that use a store, for the listeners of this one.
///
/// @threads safe from any thread.
class CommitFollower {
 public:
  virtual ~CommitFollower() = default;

  /// Returns when the listeners have received everything that any server acknowledged before the
  /// call. Callers wait together, about as long as one read takes.
  /// @errors kStoreBusy, at the deadline at the latest.
  virtual Status CatchUp(MonotonicTime deadline) = 0;

  /// The listeners have received everything that any server committed up to this long ago.
  [[nodiscard]] virtual std::chrono::milliseconds LogAge() const = 0;
};

/// `CommitFollower::LogAge`; 0 where `follower` is null, as listeners receive each commit at once.
inline std::chrono::milliseconds LogAgeOf(const CommitFollower* follower) {
  return follower == nullptr ? std::chrono::milliseconds(0) : follower->LogAge();
}

}  // namespace rtcroom
