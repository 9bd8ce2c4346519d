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
using std::chrono::milliseconds;
using std::chrono::seconds;
using vectors::SecretKey;
using vectors::Subject;

json Unpack(const std::string& sig) { return json::parse(UnpackUserSig(sig).value_or("")); }

UserSigOutcome Verify(const std::string& sig, TimePoint now = kNoon) {
  return VerifyUserSigV2(sig, Subject(), SecretKey(), now);
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

TEST(UserSigV2, VerifiesThePublishedTicket) {
  EXPECT_EQ(Verify(vectors::kV2), UserSigOutcome::kOk);
}

TEST(UserSigV2, VerifiesThePublishedTicketWithAUserbuf) {
  EXPECT_EQ(Verify(vectors::kV2WithUserbuf), UserSigOutcome::kOk);
}

TEST(UserSigV2, RoundsTheSigningTimeDown) {
  const json object =
      Unpack(SignUserSigV2(Subject(), SecretKey(), kNoon + milliseconds(999), seconds(1)));
  EXPECT_EQ(object["TLS.time"], 1700000000);
}

TEST(UserSigV2, IsValidUntilTheSecondOfItsExpiry) {
  EXPECT_EQ(Verify(vectors::kV2, kNoon + seconds(86400) - milliseconds(1)), UserSigOutcome::kOk);
  EXPECT_EQ(Verify(vectors::kV2, kNoon + seconds(86400)), UserSigOutcome::kExpired);
}

TEST(UserSigV2, IsForOneUserOfOneApplication) {
  EXPECT_EQ(VerifyUserSigV2(vectors::kV2, {vectors::kSdkAppId, {"user_0002"}}, SecretKey(), kNoon),
            UserSigOutcome::kWrongUser);
  EXPECT_EQ(VerifyUserSigV2(vectors::kV2, {1400000002, {"user_0001"}}, SecretKey(), kNoon),
            UserSigOutcome::kWrongApp);
}

TEST(UserSigV2, RequiresTheSigningKey) {
  EXPECT_EQ(VerifyUserSigV2(vectors::kV2, Subject(), Secret("another key"), kNoon),
            UserSigOutcome::kBadSignature);
}

TEST(UserSigV2, IsNeverValidWithoutAKey) {
  EXPECT_EQ(VerifyUserSigV2(vectors::kV2, Subject(), Secret(), kNoon),
            UserSigOutcome::kBadSignature);
  const std::string unkeyed = SignUserSigV2(Subject(), Secret(), kNoon, seconds(86400));
  EXPECT_EQ(VerifyUserSigV2(unkeyed, Subject(), Secret(), kNoon), UserSigOutcome::kBadSignature);
}

TEST(UserSigV2, ReportsExpiryBeforeASignatureFault) {
  EXPECT_EQ(Verify(Altered("TLS.expire", 1), kNoon + seconds(10)), UserSigOutcome::kExpired);
  EXPECT_EQ(VerifyUserSigV2(vectors::kV2, Subject(), Secret("another key"), kNoon + seconds(86400)),
            UserSigOutcome::kExpired);
}

TEST(UserSigV2, SignsTheUserbufThatItCarries) {
  const std::string sig =
      SignUserSigV2(Subject(), SecretKey(), kNoon, seconds(300), std::string("\0\xff", 2));
  EXPECT_EQ(Unpack(sig)["TLS.userbuf"], "AP8=");
  EXPECT_EQ(Verify(sig), UserSigOutcome::kOk);
}

TEST(UserSigV2, CannotBeProlonged) {
  EXPECT_EQ(Verify(Altered("TLS.expire", 86401)), UserSigOutcome::kBadSignature);
  EXPECT_EQ(Verify(Altered("TLS.time", 1700000001)), UserSigOutcome::kBadSignature);
}

TEST(UserSigV2, CoversTheUserbuf) {
  EXPECT_EQ(Verify(Altered("TLS.userbuf", "AAAA")), UserSigOutcome::kBadSignature);
  json object = Unpack(vectors::kV2WithUserbuf);
  object.erase("TLS.userbuf");
  EXPECT_EQ(Verify(PackUserSig(object.dump())), UserSigOutcome::kBadSignature);
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
  EXPECT_EQ(Verify(Altered("TLS.userbuf", "AAAA\nTLS.x:1")), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(Altered("TLS.sig", nullptr)), UserSigOutcome::kMalformed);
}

TEST(UserSigV2, IsMalformedWithoutAnyOneOfItsFields) {
  const json whole = Unpack(vectors::kV2);
  for (const auto& [name, value] : whole.items()) {
    json object = whole;
    object.erase(name);
    EXPECT_EQ(Verify(PackUserSig(object.dump())), UserSigOutcome::kMalformed) << name;
  }
}

TEST(UserSigV2, IsMalformedIfNotAnObject) {
  for (const char* text : {"", "[]", "7", "null", "{", "\"TLS.ver\"", "{\"TLS.ver\":}"}) {
    EXPECT_EQ(Verify(PackUserSig(text)), UserSigOutcome::kMalformed) << text;
  }
  EXPECT_EQ(Verify(""), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(vectors::kV1A), UserSigOutcome::kMalformed);
}

TEST(UserSigV2, DetectsAnyAlteredByte) {
  const std::string text = Unpack(vectors::kV2WithUserbuf).dump();
  ASSERT_EQ(Verify(PackUserSig(text)), UserSigOutcome::kOk);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const int flip : {1, 2, 4, 8, 16, 32, 64}) {
      std::string altered = text;
      altered[at] = static_cast<char>(altered[at] ^ flip);
      EXPECT_NE(Verify(PackUserSig(altered)), UserSigOutcome::kOk) << altered;
    }
  }
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
