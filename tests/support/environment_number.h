// Environment variables that let a long run raise a test's iteration count.
#pragma once

#include <cstddef>
#include <cstdlib>

namespace rtcroom {

/// The value of the environment variable, or `usual` when it is not set.
inline std::size_t EnvironmentNumber(const char* variable, std::size_t usual) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  const char* wanted = std::getenv(variable);
  return wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : usual;
}

}  // namespace rtcroom
