// A hash of text that nobody can steer who does not know its key.
#pragma once

#include <cstdint>
#include <string_view>

namespace rtcroom {

/// 128 bits, random and secret: they keep the promise, not the function.
struct SipHashKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// SipHash-2-4. Clients choose many of the texts that we look up; `std::hash` has no key, and
/// texts that collide in it are easily made.
/// @source Aumasson, Bernstein: SipHash, a fast short-input PRF (2012).
std::uint64_t SipHash(const SipHashKey& key, std::string_view text);

}  // namespace rtcroom
