// A keyed hash of text, resistant to chosen collisions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/base/random_source.h"

namespace rtcroom {

/// 128 bits, random and secret: the resistance depends on them, not on the function.
struct SipHashKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// SipHash-2-4. Clients choose many of the hashed texts; `std::hash` has no key, and collisions in
/// it are easy to construct.
/// @source Aumasson, Bernstein: SipHash, a fast short-input PRF (2012).
std::uint64_t SipHash(const SipHashKey& key, std::string_view text);

/// Draws the key of `NameHash`: once in a process, further calls change nothing. Until then the key
/// is a fixed one, for repeatable tests. Call it before other threads run, and before any table
/// that uses it has entries.
void DrawNameHashKey(RandomSource& random);

/// The hash of all tables whose keys clients choose: names, addresses. Its key is per process.
///
/// Not noexcept, nor are hashes built on it: so the tables of libstdc++ cache the hash of each
/// entry instead of recomputing it on every traversal.
///
/// @threads safe from any thread.
struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const;
  /// The hash of a pair: those of ("ab", "c") and ("a", "bc") differ.
  std::size_t operator()(std::string_view first, std::string_view second) const;
};

}  // namespace rtcroom
