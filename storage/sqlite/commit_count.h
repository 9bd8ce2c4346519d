// Lets readers check whether their snapshot is still the newest.
#pragma once

#include <atomic>
#include <cstdint>

namespace rtcroom {

/// Counts the commits and checkpoints of the only writing connection: incremented when one begins
/// and again when it is over. A snapshot that was begun at an even count is the newest while the
/// count is unchanged. At an odd count no snapshot is kept from one read to the next: a commit may
/// become visible at any moment, and a later read through another connection must not miss data
/// that an earlier one has seen; and a checkpoint moves nothing that is newer than the oldest
/// snapshot.
///
/// @threads safe from any thread.
class CommitCount {
 public:
  /// A commit, from before it is visible, or a checkpoint, until it is over, with any outcome. One
  /// at a time.
  class UnderWay {
   public:
    explicit UnderWay(CommitCount& count) : count_(count.count_) { ++count_; }
    ~UnderWay() { ++count_; }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;

   private:
    std::atomic<std::uint64_t>& count_;
  };

  /// Read it before the snapshot is begun.
  [[nodiscard]] std::uint64_t Now() const { return count_; }
  static bool IsSettled(std::uint64_t count) { return count % 2 == 0; }

 private:
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace rtcroom
