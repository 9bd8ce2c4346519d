#include "daemon/base/sip_hash.h"

#include <bit>
#include <cstddef>
#include <span>

namespace rtcroom {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

/// A word of up to eight bytes, little-endian.
std::uint64_t Word(std::string_view bytes) {
  std::uint64_t word = 0;
  bytes.copy(reinterpret_cast<char*>(&word), sizeof(word));
  return word;
}

// Names and constants as in the paper.
struct State {
  std::uint64_t v0, v1, v2, v3;

  explicit State(const SipHashKey& key)
      : v0(key.low ^ 0x736f6d6570736575),
        v1(key.high ^ 0x646f72616e646f6d),
        v2(key.low ^ 0x6c7967656e657261),
        v3(key.high ^ 0x7465646279746573) {}

  void Round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }

  void Compress(std::uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }

  std::uint64_t Finish() {
    v2 ^= 0xff;
    for (int round = 0; round < 4; ++round) Round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

// Written once, before other threads read it.
SipHashKey name_hash_key;

}  // namespace

std::uint64_t SipHash(const SipHashKey& key, std::string_view text) {
  State state(key);
  const std::uint64_t length_byte = std::uint64_t{text.size()} << 56;
  for (; text.size() >= 8; text.remove_prefix(8)) state.Compress(Word({text.data(), 8}));
  state.Compress(length_byte | Word(text));
  return state.Finish();
}

void DrawNameHashKey(RandomSource& random) {
  static bool drawn = false;
  if (drawn) return;
  random.Fill(std::as_writable_bytes(std::span(&name_hash_key, 1)));
  drawn = true;
}

std::size_t NameHash::operator()(std::string_view name) const {
  return SipHash(name_hash_key, name);
}

std::size_t NameHash::operator()(std::string_view first, std::string_view second) const {
  // The hash of the first, which is as secret as the key, becomes part of the key for the second.
  return SipHash(
      {.low = name_hash_key.low ^ SipHash(name_hash_key, first), .high = name_hash_key.high},
      second);
}

}  // namespace rtcroom
