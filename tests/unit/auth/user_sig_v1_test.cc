#include "daemon/auth/user_sig_v1.h"

#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/user_sig_envelope.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/unit/auth/test_keys.h"
#include "tests/unit/auth/user_sig_vectors.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using vectors::Subject;

constexpr seconds kMonth{2592000};

class UserSigV1 : public testing::Test {
 protected:
  static json Unpack(const std::string& sig) {
    return json::parse(UnpackUserSig(sig).value_or(""));
  }

  [[nodiscard]] UserSigOutcome Verify(const std::string& sig, TimePoint now = kNoon) const {
    return VerifyUserSigV1(sig, Subject(), published_key_, now);
  }

  /// V1-A with a different value for `name`.
  static std::string Altered(const char* name, const json& value) {
    json object = Unpack(vectors::kV1A);
    object[name] = value;
    return PackUserSig(object.dump());
  }

  const EcdsaPublicKey published_key_ = *EcdsaPublicKey::FromPem(vectors::kPublicKeyPem);
  const EcdsaPrivateKey own_key_ = *EcdsaPrivateKey::FromPem(MakeEcKeyPair("P-256").private_pem);
};

TEST_F(UserSigV1, VerifiesThePublishedTickets) {
  EXPECT_EQ(Verify(vectors::kV1A), UserSigOutcome::kOk);
  EXPECT_EQ(Verify(vectors::kV1B), UserSigOutcome::kOk);
  EXPECT_EQ(Verify(vectors::kV1WithUserbuf), UserSigOutcome::kOk);
}

TEST_F(UserSigV1, ComparesExpiryAsNumbers) {
  EXPECT_EQ(Verify(vectors::kV1A, TimePoint(seconds(1702591999))), UserSigOutcome::kOk);
  EXPECT_EQ(Verify(vectors::kV1A, TimePoint(seconds(1702592000))), UserSigOutcome::kExpired);
  EXPECT_EQ(Verify(vectors::kV1A, TimePoint(seconds(1702592001))), UserSigOutcome::kExpired);
  // Compared as strings, 1700000300 would precede 999.
  EXPECT_EQ(Verify(vectors::kV1B, TimePoint(seconds(999))), UserSigOutcome::kOk);
}

TEST_F(UserSigV1, IsForOneUserOfOneApplication) {
  EXPECT_EQ(
      VerifyUserSigV1(vectors::kV1A, {vectors::kSdkAppId, {"user_0002"}}, published_key_, kNoon),
      UserSigOutcome::kWrongUser);
  EXPECT_EQ(VerifyUserSigV1(vectors::kV1A, {1400000002, {"user_0001"}}, published_key_, kNoon),
            UserSigOutcome::kWrongApp);
}

TEST_F(UserSigV1, RequiresTheSigningKey) {
  EXPECT_EQ(VerifyUserSigV1(vectors::kV1A, Subject(), own_key_.PublicKey(), kNoon),
            UserSigOutcome::kBadSignature);
}

TEST_F(UserSigV1, IsNeverValidWithoutAKey) {
  EXPECT_EQ(VerifyUserSigV1(vectors::kV1A, Subject(), std::nullopt, kNoon),
            UserSigOutcome::kBadSignature);
  EXPECT_EQ(VerifyUserSigV1(vectors::kV2, Subject(), std::nullopt, kNoon),
            UserSigOutcome::kMalformed);
}

TEST_F(UserSigV1, ReportsExpiryBeforeASignatureFault) {
  EXPECT_EQ(Verify(Altered("TLS.time", "1600000000")), UserSigOutcome::kExpired);
  EXPECT_EQ(VerifyUserSigV1(vectors::kV1A, Subject(), own_key_.PublicKey(),
                            TimePoint(seconds(1702592001))),
            UserSigOutcome::kExpired);
}

TEST_F(UserSigV1, RefusesOneFlippedByteInTheTime) {
  EXPECT_EQ(Verify(Altered("TLS.time", "1700000001")), UserSigOutcome::kBadSignature);
  EXPECT_EQ(Verify(Altered("TLS.time", "170000000p")), UserSigOutcome::kMalformed);
}

TEST_F(UserSigV1, IsMalformedWithNonNumericTimes) {
  for (const char* text :
       {"", " 1", "+1", "-1", "1.0", "0x10", "1e3", "1000000000001", "99999999999999999999999"}) {
    EXPECT_EQ(Verify(Altered("TLS.time", text)), UserSigOutcome::kMalformed) << text;
    EXPECT_EQ(Verify(Altered("TLS.expire_after", text)), UserSigOutcome::kMalformed) << text;
  }
  EXPECT_EQ(Verify(Altered("TLS.time", 1700000000)), UserSigOutcome::kMalformed);
}

TEST_F(UserSigV1, IsMalformedWithALineFeedInAValue) {
  EXPECT_EQ(Verify(Altered("TLS.account_type", "36862\nTLS.identifier:user_0002")),
            UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(Altered("TLS.userbuf", "A\nB")), UserSigOutcome::kMalformed);
}

TEST_F(UserSigV1, CoversTheUserbuf) {
  EXPECT_EQ(Verify(Altered("TLS.userbuf", "AAAA")), UserSigOutcome::kBadSignature);
  json object = Unpack(vectors::kV1WithUserbuf);
  object.erase("TLS.userbuf");
  EXPECT_EQ(Verify(PackUserSig(object.dump())), UserSigOutcome::kBadSignature);
}

TEST_F(UserSigV1, IsMalformedWithoutAnyOneOfItsFields) {
  const json whole = Unpack(vectors::kV1A);
  for (const auto& [name, value] : whole.items()) {
    json object = whole;
    object.erase(name);
    EXPECT_EQ(Verify(PackUserSig(object.dump())), UserSigOutcome::kMalformed) << name;
  }
  EXPECT_EQ(Verify(vectors::kV2), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(PackUserSig("[]")), UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(""), UserSigOutcome::kMalformed);
}

TEST_F(UserSigV1, RefusesAnInvalidSignature) {
  EXPECT_EQ(Verify(Altered("TLS.sig", "")), UserSigOutcome::kBadSignature);
  EXPECT_EQ(Verify(Altered("TLS.sig", "not base64")), UserSigOutcome::kBadSignature);
  EXPECT_EQ(Verify(Altered("TLS.sig", "AAAA")), UserSigOutcome::kBadSignature);
}

TEST_F(UserSigV1, DetectsAnyAlteredByte) {
  // V1-A has no TLS.version, the only field that the signature omits.
  const std::string text = Unpack(vectors::kV1A).dump();
  ASSERT_EQ(Verify(PackUserSig(text)), UserSigOutcome::kOk);
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string altered = text;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    EXPECT_NE(Verify(PackUserSig(altered)), UserSigOutcome::kOk) << altered;
  }
}

TEST_F(UserSigV1, SignsTheFormOfTheNewerLibraries) {
  const auto sig = SignUserSigV1(Subject(), "0", own_key_, kNoon, kMonth);
  ASSERT_OK(sig);
  json object = Unpack(*sig);
  object.erase("TLS.sig");
  EXPECT_EQ(object, json({{"TLS.appid_at_3rd", "0"},
                          {"TLS.account_type", "0"},
                          {"TLS.identifier", "user_0001"},
                          {"TLS.sdk_appid", "1400000001"},
                          {"TLS.time", "1700000000"},
                          {"TLS.expire_after", "2592000"},
                          {"TLS.version", "201512300000"}}));
}

TEST_F(UserSigV1, SignsTheUserbufThatItCarries) {
  const auto sig = SignUserSigV1(Subject(), "0", own_key_, kNoon, kMonth, std::string("\0\xff", 2));
  ASSERT_OK(sig);
  EXPECT_EQ(Unpack(*sig)["TLS.userbuf"], "AP8=");
  const EcdsaPublicKey key = own_key_.PublicKey();
  EXPECT_EQ(VerifyUserSigV1(*sig, Subject(), key, kNoon), UserSigOutcome::kOk);
  json object = Unpack(*sig);
  object["TLS.userbuf"] = "AP4=";
  EXPECT_EQ(VerifyUserSigV1(PackUserSig(object.dump()), Subject(), key, kNoon),
            UserSigOutcome::kBadSignature);
}

TEST_F(UserSigV1, SignsTheFormOfTheOlderServersForAnAccountType) {
  const auto sig = SignUserSigV1(Subject(), "36862", own_key_, kNoon, kMonth);
  ASSERT_OK(sig);
  EXPECT_EQ(Unpack(*sig)["TLS.appid_at_3rd"], "1400000001");
  EXPECT_EQ(Unpack(*sig)["TLS.account_type"], "36862");
}

TEST_F(UserSigV1, VerifiesItsOwnSignature) {
  for (const char* account_type : {"0", "36862"}) {
    const auto sig = SignUserSigV1(Subject(), account_type, own_key_, kNoon, kMonth);
    ASSERT_OK(sig);
    const EcdsaPublicKey key = own_key_.PublicKey();
    EXPECT_EQ(VerifyUserSigV1(*sig, Subject(), key, kNoon), UserSigOutcome::kOk);
    EXPECT_EQ(VerifyUserSigV1(*sig, Subject(), key, kNoon + kMonth), UserSigOutcome::kExpired);
  }
}

}  // namespace
}  // namespace rtcroom
