// Unpredictable bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace rtcroom {

/// @threads implementations are safe from any thread.
class RandomSource {
 public:
  virtual ~RandomSource() = default;

  /// Overwrites all of `out`.
  virtual void Fill(std::span<std::byte> out) = 0;
};

/// Uniform 32 bits.
std::uint32_t RandomUint32(RandomSource& random);
/// Uniform 64 bits.
std::uint64_t RandomUint64(RandomSource& random);

/// `bytes` random bytes in lower-case hexadecimal: twice as many characters.
std::string RandomHex(RandomSource& random, std::size_t bytes);

}  // namespace rtcroom
