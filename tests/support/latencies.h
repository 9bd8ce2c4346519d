// Percentiles of measured durations.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace rtcroom {

/// Keeps every sample, so that percentiles are exact; eight bytes each.
///
/// @threads for one thread.
class Latencies {
 public:
  using Duration = std::chrono::microseconds;

  void Add(std::chrono::steady_clock::duration took) {
    samples_.push_back(std::chrono::duration_cast<Duration>(took));
  }
  void Add(const Latencies& others);
  void Clear() { samples_.clear(); }

  [[nodiscard]] std::size_t count() const { return samples_.size(); }
  /// The smallest sample that is not below `percent` of all samples; zero without samples.
  /// @param percent  0..100; 100 is the slowest.
  [[nodiscard]] Duration Percentile(double percent) const;

  /// One line: "p50 0.41 ms, p99 1.90 ms, p99.9 3.02 ms, max 8.77 ms of 12345", or "none".
  [[nodiscard]] std::string Summary() const;

 private:
  std::vector<Duration> samples_;
};

}  // namespace rtcroom
