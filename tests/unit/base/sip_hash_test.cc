#include "daemon/base/sip_hash.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

// Key 00 01 … 0f, text 00 01 …: the vectors of the reference implementation. Appendix A of the
// paper works through the one of 15 bytes.
TEST(SipHash, MatchesPublishedValues) {
  constexpr SipHashKey kKey{.low = 0x0706050403020100, .high = 0x0f0e0d0c0b0a0908};
  std::string text;
  for (int byte = 0; byte < 64; ++byte) text += static_cast<char>(byte);
  const std::vector<std::pair<std::size_t, std::uint64_t>> vectors = {
      {0, 0x726fdb47dd0e0e31},  {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
      {8, 0x93f5f5799a932462},  {9, 0x9e0082df0ba9e4b0},  {15, 0xa129ca6149be45e5},
      {16, 0x3f2acc7f57c29bdb}, {63, 0x958a324ceb064572},
  };
  for (const auto& [size, hash] : vectors) {
    EXPECT_EQ(SipHash(kKey, text.substr(0, size)), hash) << size;
  }
}

TEST(SipHash, DependsOnBothHalvesOfTheKey) {
  EXPECT_NE(SipHash({.low = 1, .high = 0}, "text"), SipHash({.low = 0, .high = 0}, "text"));
  EXPECT_NE(SipHash({.low = 0, .high = 1}, "text"), SipHash({.low = 0, .high = 0}, "text"));
}

}  // namespace
}  // namespace rtcroom
