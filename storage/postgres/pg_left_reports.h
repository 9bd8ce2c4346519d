// Reports that nodes have left behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "daemon/base/clock.h"

namespace rtcroom {

/// Remembers since when the node of a report has been gone. A node that was cut off may come back,
/// and then still needs the records that it has not applied; a machine that was lost does not.
///
/// @threads one thread at a time.
class PgLeftReports {
 public:
  /// To be called with each round.
  /// @param left  the reports whose nodes are gone, by node.
  /// @return those that have been seen so for `kept`.
  std::vector<std::uint64_t> Observe(std::span<const std::uint64_t> left, MonotonicTime now,
                                     MonotonicTime::duration kept);
  /// This node did not see what became of the others.
  void Forget() { since_.clear(); }

 private:
  std::map<std::uint64_t, MonotonicTime> since_{};
};

}  // namespace rtcroom
