#include "daemon/auth/user_sig_v2.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/user_sig_envelope.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/auth/user_sig_vectors.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using vectors::SecretKey;
using vectors::Subject;

json Unpack(const std::string& sig) { return json::parse(UnpackUserSig(sig).value_or("")); }

UserSigOutcome Verify(const std::string& sig) {
  return VerifyUserSigV2(sig, Subject(), SecretKey(), kNoon);
}

/// A valid ticket with a different value for `name`.
std::string Altered(const char* name, const json& value) {
  json object = Unpack(vectors::kV2);
  object[name] = value;
  return PackUserSig(object.dump());
}

TEST(UserSigV2, MatchesThePublishedSignature) {
  const json object = Unpack(SignUserSigV2(Subject(), SecretKey(), kNoon, seconds(86400)));
  EXPECT_EQ(object, Unpack(vectors::kV2));
  EXPECT_EQ(object["TLS.sig"], vectors::kV2Signature);
  EXPECT_EQ(object["TLS.ver"], "2.0");
  EXPECT_EQ(object["TLS.identifier"], "user_0001");
  EXPECT_EQ(object["TLS.sdkappid"], 1400000001);
  EXPECT_EQ(object["TLS.expire"], 86400);
  EXPECT_EQ(object["TLS.time"], 1700000000);
}

TEST(UserSigV2, IsNotValidWithTheSignatureOfAnEmptyKey) {
  const std::string unkeyed = SignUserSigV2(Subject(), Secret(), kNoon, seconds(86400));
  EXPECT_EQ(VerifyUserSigV2(unkeyed, Subject(), Secret(), kNoon), UserSigOutcome::kBadSignature);
}

TEST(UserSigV2, IsMalformedWithAFieldOfAnotherType) {
  EXPECT_EQ(Verify(Altered("TLS.ver", "1.0")), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(Altered("TLS.ver", 2.0)), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(Altered("TLS.identifier", 1)), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(Altered("TLS.sdkappid", "1400000001")), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(Altered("TLS.sdkappid", 1400000001LL + (1LL << 32))),
            UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(Altered("TLS.time", 1700000000.5)), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(Altered("TLS.time", -1)), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(Altered("TLS.expire", "86400")), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(Altered("TLS.expire", UINT64_MAX)), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(Altered("TLS.userbuf", 7)), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(Altered("TLS.sig", nullptr)), UserSigOutcome::kMalformed);
}

// A deflate stream has a few unused bits, so some changes to the encoded form keep the same text.
// No change may produce another valid text.
TEST(UserSigV2, DetectsAnyAlteredCharacter) {
  const std::string sig = vectors::kV2;
  const auto meaning = UnpackUserSig(sig);
  for (std::size_t at = 0; at < sig.size(); ++at) {
    for (const char character : std::string("AZaz09*-_+/= \n\x80")) {
      if (character == sig[at]) continue;
      std::string altered = sig;
      altered[at] = character;
      if (UnpackUserSig(altered) == meaning) continue;
      EXPECT_NE(Verify(altered), UserSigOutcome::kOk) << altered;
    }
  }
}

}  // namespace
}  // namespace rtcroom
