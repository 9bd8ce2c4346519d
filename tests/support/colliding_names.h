// Names as an attacker would choose them: all have the same std::hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/core/ids.h"

namespace rtcroom {

/// `count` ids with the std::hash of the first of them. libstdc++ uses MurmurHash64A with a fixed,
/// public seed, and each of its steps is invertible. So for any first eight bytes there are eight
/// more that give the wanted hash; about one in some thousand of those is printable. Calculates
/// with whole words, or it would take half a minute in a sanitized build for 10,000.
/// @throws std::logic_error when std::hash is another function.
inline std::vector<std::string> CollidingNames(std::size_t count) {
  constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  constexpr std::uint64_t kInverse = 0x5f7a0ea7e59b19bd;
  static_assert(kMultiplier * kInverse == 1);
  constexpr std::uint64_t kSeed = 0xc70f6907;
  constexpr std::uint64_t kLetters = 0x6161616161616161;  // "aaaaaaaa"
  constexpr std::uint64_t kDigits = 0x0f0f0f0f0f0f0f0f;
  const auto mix = [](std::uint64_t word) { return word ^ (word >> 47U); };  // its own inverse
  const auto scramble = [&](std::uint64_t block) { return mix(block * kMultiplier) * kMultiplier; };
  const auto unscramble = [&](std::uint64_t word) { return mix(word * kInverse) * kInverse; };

  std::string name = "aaaaaaaaaaaaaaaa";
  const std::uint64_t start = kSeed ^ (name.size() * kMultiplier);
  const auto after_first = [&](std::uint64_t first) {
    return (start ^ scramble(first)) * kMultiplier;
  };
  const std::size_t hash = std::hash<std::string>()(name);
  const std::uint64_t wanted = after_first(kLetters) ^ scramble(kLetters);
  std::vector<std::string> names = {name};
  // Counts in the lower half of each byte: the letters 'a' to 'p'.
  for (std::uint64_t digits = 0; names.size() < count;
       digits = ((digits | ~kDigits) + 1) & kDigits) {
    const std::uint64_t first = kLetters + digits;
    const std::uint64_t second = unscramble(wanted ^ after_first(first));
    if ((second & 0x8080808080808080) != 0) continue;
    std::memcpy(name.data(), &first, sizeof(first));
    std::memcpy(name.data() + sizeof(first), &second, sizeof(second));
    if (!IsIdText(name) || name == names.front()) continue;
    if (std::hash<std::string>()(name) != hash) throw std::logic_error("std::hash is another one");
    names.push_back(name);
  }
  return names;
}

}  // namespace rtcroom
