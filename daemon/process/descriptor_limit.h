// Limits of file descriptors, and the number of connections that fit.
#pragma once

#include <cstddef>

namespace rtcroom {

/// Raises the soft limit to the hard one: each connection is a descriptor, and the usual soft limit
/// of 1024 exists for old programs.
void RaiseDescriptorLimit();

/// The soft limit of this process.
std::size_t DescriptorLimit();

/// The number of client connections that fit below a limit, with room left for the store, outgoing
/// calls, operators' programs and logs.
constexpr std::size_t ConnectionsWithin(std::size_t descriptors) {
  constexpr std::size_t kKeptFree = 512;
  // With a low limit, the rest of the process gets half of the descriptors.
  return descriptors >= 2 * kKeptFree ? descriptors - kKeptFree : descriptors / 2;
}

}  // namespace rtcroom
