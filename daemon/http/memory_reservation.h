// Memory accounting against a shared limit.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace rtcroom {

/// The memory of all holders together, in bytes.
///
/// @threads safe from any thread.
struct MemoryTotal {
  const std::size_t most;
  std::atomic<std::size_t> held{0};
};

/// One holder's part of a total; released with this object.
///
/// @threads for one thread at a time; holders share the total.
class MemoryReservation {
 public:
  /// `total` outlives the share.
  explicit MemoryReservation(MemoryTotal& total) : total_(total) {}
  ~MemoryReservation() { (void)Set(0); }
  MemoryReservation(const MemoryReservation&) = delete;
  MemoryReservation& operator=(const MemoryReservation&) = delete;

  /// Sets the size of the share.
  /// @return false when the share has grown, and all shares together exceed the limit.
  [[nodiscard]] bool Set(std::size_t bytes) {
    const std::size_t before = std::exchange(bytes_, bytes);
    if (bytes == before) return true;
    const std::size_t all = total_.held += bytes - before;  // both are modulo 2^n
    return bytes < before || all <= total_.most;
  }

 private:
  MemoryTotal& total_;
  std::size_t bytes_ = 0;
};

}  // namespace rtcroom
