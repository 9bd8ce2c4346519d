// How long and from which seed a test goes on that repeats what it draws. `tests/run long` sets
// both.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

namespace rtcroom {

/// RTCROOM_CYCLES of the environment, or `usual`: how often the test repeats its cycle.
inline std::size_t Cycles(std::size_t usual) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  const char* const wanted = std::getenv("RTCROOM_CYCLES");
  return wanted != nullptr ? std::stoull(wanted) : usual;
}

/// RTCROOM_SEED of the environment, or `usual`. Printed, so that a failure can be reproduced.
inline std::uint32_t Seed(std::uint32_t usual = std::random_device()()) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  const char* const wanted = std::getenv("RTCROOM_SEED");
  const std::uint32_t seed =
      wanted != nullptr ? static_cast<std::uint32_t>(std::stoul(wanted)) : usual;
  std::cout << "RTCROOM_SEED=" << seed << std::endl;
  return seed;
}

}  // namespace rtcroom
