#include "daemon/auth/user_sig_v1.h"

#include <chrono>
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

TEST_F(UserSigV1, ComparesExpiryAsNumbers) {
  EXPECT_EQ(Verify(vectors::kV1B), UserSigOutcome::kOk);
  // Compared as strings, 1700000300 would precede 999.
  EXPECT_EQ(Verify(vectors::kV1B, TimePoint(seconds(999))), UserSigOutcome::kOk);
}

TEST_F(UserSigV1, IsMalformedWithNonNumericTimes) {
  for (const char* text : {"", " 1", "+1", "-1", "1.0", "0x10", "1e3", "170000000p",
                           "1000000000001", "99999999999999999999999"}) {
    EXPECT_EQ(Verify(Altered("TLS.time", text)), UserSigOutcome::kMalformed) << text;
    EXPECT_EQ(Verify(Altered("TLS.expire_after", text)), UserSigOutcome::kMalformed) << text;
  }
  EXPECT_EQ(Verify(Altered("TLS.time", 1700000000)), UserSigOutcome::kMalformed);
}

TEST_F(UserSigV1, IsMalformedWithALineFeedInTheAccountType) {
  EXPECT_EQ(Verify(Altered("TLS.account_type", "36862\nTLS.identifier:user_0002")),
            UserSigOutcome::kMalformed);
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

TEST_F(UserSigV1, SignsTheFormOfTheOlderServersForAnAccountType) {
  const auto sig = SignUserSigV1(Subject(), "36862", own_key_, kNoon, kMonth);
  ASSERT_OK(sig);
  EXPECT_EQ(Unpack(*sig)["TLS.appid_at_3rd"], "1400000001");
  EXPECT_EQ(Unpack(*sig)["TLS.account_type"], "36862");
  const EcdsaPublicKey key = own_key_.PublicKey();
  EXPECT_EQ(VerifyUserSigV1(*sig, Subject(), key, kNoon), UserSigOutcome::kOk);
  EXPECT_EQ(VerifyUserSigV1(*sig, Subject(), key, kNoon + kMonth), UserSigOutcome::kExpired);
}

}  // namespace
}  // namespace rtcroom
