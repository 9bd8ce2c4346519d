// The seed of a random test: fixed, unless the environment sets another one.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

namespace rtcroom {

/// RTCROOM_FUZZ_SEED of the environment when set, otherwise `fallback`. Printed, so that a failure
/// can be reproduced.
inline std::uint64_t FuzzSeed(std::uint64_t fallback) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets the environment while tests run
  const char* asked = std::getenv("RTCROOM_FUZZ_SEED");
  const std::uint64_t seed = asked == nullptr ? fallback : std::stoull(asked);
  std::cout << "RTCROOM_FUZZ_SEED=" << seed << '\n';
  return seed;
}

}  // namespace rtcroom
