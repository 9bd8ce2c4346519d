// Tells whoever holds a snapshot whether it is still the newest.
#pragma once

#include <atomic>
#include <cstdint>

namespace rtcroom {

/// Counts the commits, and the checkpoints, of the only connection that writes: up when one begins,
/// and up when it is over. A snapshot that was begun at an even count is the newest while the count
/// is the same. At an odd one no snapshot is kept from one read to the next: a commit may become
/// visible at any moment, and what one read has seen a later one through another connection must
/// not miss; and a checkpoint moves nothing that is newer than the oldest snapshot.
///
/// @threads safe from any thread.
class CommitCount {
 public:
  /// A commit, from before it can be seen, or a checkpoint, until it is over, however it ends. One
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

  /// Ask before the snapshot is begun.
  [[nodiscard]] std::uint64_t Now() const { return count_; }
  static bool IsSettled(std::uint64_t count) { return count % 2 == 0; }

 private:
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace rtcroom
