// Memory accounting against a shared limit.
#pragma once

#include <algorithm>
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

  /// The limit for newcomers: the rest is for the requests and replies of those that are there.
  [[nodiscard]] std::size_t most_for_newcomers() const { return most - most / 4; }
  /// The limit for those that hold much: the rest is for others, which need little to go on.
  [[nodiscard]] std::size_t most_for_greedy() const { return most - most / 8; }
  /// Whether a newcomer may take so much now.
  [[nodiscard]] bool HasRoomFor(std::size_t bytes) const {
    return held + bytes <= most_for_newcomers();
  }
};

/// One holder's part of a total; released with this object.
///
/// @threads for one thread at a time; holders share the total.
class MemoryReservation {
 public:
  /// `total` outlives the share.
  explicit MemoryReservation(MemoryTotal& total) : total_(&total) {}
  /// @param total  as above; null: any share fits.
  explicit MemoryReservation(MemoryTotal* total) : total_(total) {}
  ~MemoryReservation() { (void)Set(0); }
  MemoryReservation(const MemoryReservation&) = delete;
  MemoryReservation& operator=(const MemoryReservation&) = delete;

  /// Sets the size of the share.
  /// @return false when the share has grown, and all shares together exceed the limit.
  [[nodiscard]] bool Set(std::size_t bytes) {
    return Set(bytes, total_ == nullptr ? 0 : total_->most);
  }
  /// This call has another limit of all shares together.
  [[nodiscard]] bool Set(std::size_t bytes, std::size_t most) {
    const std::size_t before = std::exchange(bytes_, bytes);
    if (bytes == before || total_ == nullptr) return true;
    const std::size_t all = total_->held += bytes - before;  // both are modulo 2^n
    return bytes < before || all <= most;
  }
  /// Sets the first share of a holder of a total, which may not take all that is left.
  [[nodiscard]] bool Begin(std::size_t bytes) { return Set(bytes, total_->most_for_newcomers()); }
  /// Sets the share to what a table holds, which shrinks beyond `most`, and to what it was when all
  /// shares exceed the limit.
  template <typename Table, typename... Turn>
  void Bound(Table& table, std::size_t most, Turn&... turn) {
    const std::size_t before = bytes_;
    const bool fits = Set(table.held_bytes());
    if (fits && table.held_bytes() <= most) return;
    table.Shrink(fits ? most : std::min(before, most), turn...);
    (void)Set(table.held_bytes());
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  MemoryTotal* const total_;
  std::size_t bytes_ = 0;
};

}  // namespace rtcroom
