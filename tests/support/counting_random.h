// Predictable bytes: each call returns the next number, big-endian.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>

#include "daemon/base/random_source.h"

namespace rtcroom {

/// @threads safe from any thread.
class CountingRandom : public RandomSource {
 public:
  void Fill(std::span<std::byte> out) override {
    std::uint64_t drawn = ++count_;
    std::ranges::fill(out, std::byte{0});
    for (auto byte = out.rbegin(); byte != out.rend() && drawn != 0; ++byte, drawn >>= 8U) {
      *byte = static_cast<std::byte>(drawn);
    }
  }

 private:
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace rtcroom
