// Unpredictable bytes.
#pragma once

#include <cstddef>
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

/// OpenSSL's generator, seeded by the system.
///
/// Ends the process when that has nothing to give: an id or a key that can be guessed would be
/// worse than no server.
class SystemRandom : public RandomSource {
 public:
  void Fill(std::span<std::byte> out) override;
};

/// `bytes` random bytes in lower-case hexadecimal: twice as many characters.
std::string RandomHex(RandomSource& random, std::size_t bytes);

}  // namespace rtcroom
