// Numbers by which a long run asks a test for more than the usual.
#pragma once

#include <cstddef>
#include <cstdlib>

namespace rtcroom {

/// What the environment variable says, or `usual` when it is not set.
inline std::size_t EnvironmentNumber(const char* variable, std::size_t usual) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  const char* wanted = std::getenv(variable);
  return wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : usual;
}

}  // namespace rtcroom
