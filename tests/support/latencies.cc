#include "tests/support/latencies.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace rtcroom {

void Latencies::Add(const Latencies& others) {
  samples_.insert(samples_.end(), others.samples_.begin(), others.samples_.end());
}

Latencies::Duration Latencies::Percentile(double percent) const {
  if (samples_.empty()) return Duration::zero();
  // This order of operations gives exactly 999 for 99.9 % of 1000, without a rounding excess.
  const double rank = std::ceil(percent * static_cast<double>(samples_.size()) / 100);
  const std::size_t index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
  std::vector<Duration> sorted = samples_;
  const auto wanted = sorted.begin() + static_cast<std::ptrdiff_t>(index);
  std::ranges::nth_element(sorted, wanted);
  return *wanted;
}

std::string Latencies::Summary() const {
  if (samples_.empty()) return "none";
  const auto milliseconds = [this](double percent) {
    return std::chrono::duration<double, std::milli>(Percentile(percent)).count();
  };
  return fmt::format("p50 {:.2f} ms, p99 {:.2f} ms, p99.9 {:.2f} ms, max {:.2f} ms of {}",
                     milliseconds(50), milliseconds(99), milliseconds(99.9), milliseconds(100),
                     count());
}

}  // namespace rtcroom
