// How many descriptors the process may have, and how many of them may be connections.
#pragma once

#include <cstddef>

namespace rtcroom {

/// Raises the soft limit to the hard one: each connection is a descriptor, and the usual soft
/// limit of 1024 is a matter of old programs.
void RaiseDescriptorLimit();

/// The soft limit of this process.
std::size_t DescriptorLimit();

/// The connections of phones that fit below a limit, leaving room for the store, outgoing calls,
/// operators' programs and logs.
constexpr std::size_t ConnectionsWithin(std::size_t descriptors) {
  constexpr std::size_t kKeptFree = 512;
  // Where there are few, the rest of the process has to do with half of them.
  return descriptors >= 2 * kKeptFree ? descriptors - kKeptFree : descriptors / 2;
}

}  // namespace rtcroom
