// Random jitter, so that calls that failed together are not retried together.
#pragma once

#include <cstdint>
#include <span>

#include "daemon/base/random_source.h"

namespace rtcroom {

/// Uniform, from 0 up to but not including 1.
inline double Jitter(RandomSource& random) {
  std::uint64_t bits = 0;
  random.Fill(std::as_writable_bytes(std::span(&bits, 1)));
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

}  // namespace rtcroom
