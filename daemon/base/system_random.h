// Random bytes from the operating system.
#pragma once

#include <cstddef>
#include <span>

#include "daemon/base/random_source.h"

namespace rtcroom {

/// OpenSSL's generator, seeded by the system.
///
/// Ends the process when no randomness is available: guessable ids or keys would be worse than no
/// server.
class SystemRandom : public RandomSource {
 public:
  void Fill(std::span<std::byte> out) override;
};

}  // namespace rtcroom
