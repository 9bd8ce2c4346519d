// A part of a bound on memory that many hold together.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace rtcroom {

/// What one holder counts towards a total; given back with this object.
///
/// @threads for one thread at a time; holders share the total.
class MemoryShare {
 public:
  /// `total` outlives the share.
  explicit MemoryShare(std::atomic<std::size_t>& total) : total_(total) {}
  ~MemoryShare() { (void)Set(0, 0); }
  MemoryShare(const MemoryShare&) = delete;
  MemoryShare& operator=(const MemoryShare&) = delete;

  /// The share is so many bytes from now on.
  /// @return false when it has grown, and all shares together are more than `most`.
  [[nodiscard]] bool Set(std::size_t bytes, std::size_t most) {
    const std::size_t before = std::exchange(bytes_, bytes);
    if (bytes == before) return true;
    const std::size_t all = total_ += bytes - before;  // modulo 2^n, as the difference is
    return bytes < before || all <= most;
  }

 private:
  std::atomic<std::size_t>& total_;
  std::size_t bytes_ = 0;
};

}  // namespace rtcroom
