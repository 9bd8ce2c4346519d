// A hash of text that nobody can steer who does not know its key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/base/random_source.h"

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

/// Draws the key of `NameHash`: once in a process, further calls change nothing. Until then the key
/// is a fixed one, so that tests repeat. To be called before other threads run, and before a table
/// that hashes by it has entries.
void DrawNameHashKey(RandomSource& random);

/// The hash of all tables whose keys clients choose: names, addresses. Its key is the process's.
///
/// Not noexcept, nor are hashes made of it: the tables of libstdc++ keep the hash of each entry
/// then, instead of computing it again whenever they pass the entry.
///
/// @threads safe from any thread.
struct NameHash {
  std::size_t operator()(std::string_view name) const;
  /// Of a pair: ("ab", "c") and ("a", "bc") differ.
  std::size_t operator()(std::string_view first, std::string_view second) const;
};

}  // namespace rtcroom
