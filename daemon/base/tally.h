// A counter of named events.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "daemon/base/mutex.h"

namespace rtcroom {

/// How often each thing has happened, by one name or two, which are static storage; by none if it
/// is one thing.
///
/// @threads safe from any thread.
class Tally {
 public:
  using Names = std::pair<std::string_view, std::string_view>;

  /// @param times  how often it has happened since it was last counted.
  void Count(std::string_view first, std::string_view second = {}, std::uint64_t times = 1)
      EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    counts_[{first, second}] += times;
  }
  /// Counts zero. A later `Count` of the same names allocates nothing.
  void Expect(const Names& names) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    counts_.try_emplace(names);
  }
  [[nodiscard]] std::map<Names, std::uint64_t> Read() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return counts_;
  }

 private:
  mutable Mutex mutex_;
  std::map<Names, std::uint64_t> counts_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
