// A part of a bound on memory that many hold together.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace rtcroom {

/// What many hold together, in bytes.
///
/// @threads safe from any thread.
struct MemoryTotal {
  const std::size_t most;
  std::atomic<std::size_t> held{0};
};

/// What one holder counts towards a total; given back with this object.
///
/// @threads for one thread at a time; holders share the total.
class MemoryShare {
 public:
  /// `total` outlives the share.
  explicit MemoryShare(MemoryTotal& total) : total_(total) {}
  ~MemoryShare() { (void)Set(0); }
  MemoryShare(const MemoryShare&) = delete;
  MemoryShare& operator=(const MemoryShare&) = delete;

  /// The share is so many bytes from now on.
  /// @return false when it has grown, and all shares together are more than may be.
  [[nodiscard]] bool Set(std::size_t bytes) {
    const std::size_t before = std::exchange(bytes_, bytes);
    if (bytes == before) return true;
    const std::size_t all = total_.held += bytes - before;  // modulo 2^n, as the difference is
    return bytes < before || all <= total_.most;
  }

 private:
  MemoryTotal& total_;
  std::size_t bytes_ = 0;
};

}  // namespace rtcroom
