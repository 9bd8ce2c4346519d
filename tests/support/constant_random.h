// Always the same bytes: a fraction that is drawn is about two thirds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "daemon/base/random_source.h"

namespace rtcroom {

/// @threads safe from any thread.
class ConstantRandom : public RandomSource {
 public:
  void Fill(std::span<std::byte> out) override { std::ranges::fill(out, std::byte{0xA5}); }
};

}  // namespace rtcroom
