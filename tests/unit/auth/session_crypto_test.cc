#include "daemon/auth/session_crypto.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_random.h"
#include "daemon/base/text.h"

namespace rtcroom {
namespace {

std::string HexOf(const TokenDigest& digest) {
  return ToHex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

class SessionCryptoTest : public testing::Test {
 protected:
  SystemRandom random_;
  SessionCrypto crypto_{random_};
};

TEST_F(SessionCryptoTest, Generates128BitSecrets) {
  std::set<std::string> seen;
  for (int round = 0; round < 1000; ++round) {
    const std::string secret = crypto_.NewTokenSecret();
    EXPECT_THAT(secret, testing::MatchesRegex("[0-9a-f]{32}"));
    EXPECT_TRUE(seen.insert(secret).second) << secret;
  }
}

// FIPS 180-4's own examples.
TEST_F(SessionCryptoTest, ComputesSha256Digests) {
  EXPECT_EQ(HexOf(crypto_.Digest("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexOf(crypto_.Digest("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_F(SessionCryptoTest, ComparesEveryBitOfTwoDigests) {
  const TokenDigest digest = crypto_.Digest("abc");
  EXPECT_TRUE(crypto_.Same(digest, crypto_.Digest("abc")));
  for (std::size_t bit = 0; bit < digest.size() * 8; ++bit) {
    TokenDigest altered = digest;
    altered[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(crypto_.Same(digest, altered)) << bit;
  }
}

}  // namespace
}  // namespace rtcroom
