// Random jitter, so that calls that failed together are not retried together.
#pragma once

#include "daemon/base/random_source.h"

namespace rtcroom {

/// Uniform, from 0 up to but not including 1.
inline double Jitter(RandomSource& random) {
  return static_cast<double>(RandomUint64(random) >> 11) * 0x1.0p-53;
}

}  // namespace rtcroom
