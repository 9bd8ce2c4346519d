#include "daemon/auth/user_sig_verifier.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/im_login_signer.h"
#include "daemon/auth/user_sig_envelope.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/unit/auth/test_keys.h"
#include "tests/unit/auth/user_sig_vectors.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using std::chrono::seconds;

UserSigVerifierOptions BothKeys() {
  return {.sdk_app_id = vectors::kSdkAppId,
          .secret_key = vectors::SecretKey(),
          .public_key_pem = vectors::kPublicKeyPem};
}

UserSigOutcome Verify(const UserSigVerifierOptions& options, const std::string& sig,
                      const UserId& user_id = vectors::kUser, TimePoint now = kNoon) {
  const auto verifier = UserSigVerifier::Create(options);
  EXPECT_OK(verifier);
  return (*verifier)->VerifyUserSig(sig, user_id, now);
}

/// `sig` with a different value for `name`.
std::string Altered(const std::string& sig, const char* name, const json& value) {
  json object = json::parse(UnpackUserSig(sig).value_or(""));
  object[name] = value;
  return PackUserSig(object.dump());
}

TEST(UserSigVerifier, AcceptsBothVersionsWithBothKeys) {
  for (const std::string sig : {vectors::kV2, vectors::kV1A, vectors::kV1B}) {
    EXPECT_EQ(Verify(BothKeys(), sig), UserSigOutcome::kOk) << sig;
  }
}

TEST(UserSigVerifier, RejectsARoomKeyAsLoginTicket) {
  const auto verifier = UserSigVerifier::Create(BothKeys());
  for (const std::string sig : {vectors::kV2WithUserbuf, vectors::kV1WithUserbuf}) {
    EXPECT_EQ((*verifier)->VerifyUserSig(sig, vectors::kUser, kNoon), UserSigOutcome::kMalformed)
        << sig;
    EXPECT_EQ((*verifier)->VerifyAnyTicket(sig, vectors::kUser, kNoon), UserSigOutcome::kOk) << sig;
  }
}

/// With keys of its own, so that it signs tickets of both versions.
class AnonymousTickets : public testing::TestWithParam<int> {
 protected:
  [[nodiscard]] std::string Sign() const {
    const auto signer = ImLoginSigner::Create({.sdk_app_id = vectors::kSdkAppId,
                                               .sig_version = GetParam(),
                                               .secret_key = vectors::SecretKey(),
                                               .private_key_pem = keys_.private_pem});
    return *(*signer)->SignAnonymousUserSig(vectors::kUser, kNoon);
  }

  const PemKeyPair keys_ = MakeEcKeyPair("P-256");
  UserSigVerifierOptions options_{.sdk_app_id = vectors::kSdkAppId,
                                  .secret_key = vectors::SecretKey(),
                                  .public_key_pem = keys_.public_pem};
};

INSTANTIATE_TEST_SUITE_P(Versions, AnonymousTickets, testing::Values(1, 2));

TEST_P(AnonymousTickets, AreToldApartWhileTheDialectsAreIsolated) {
  EXPECT_EQ(Verify(options_, Sign()), UserSigOutcome::kAnonymous);
  options_.interop = Interop::kShared;
  EXPECT_EQ(Verify(options_, Sign()), UserSigOutcome::kOk);
}

TEST_P(AnonymousTickets, AreNotValidWithoutTheirMark) {
  json object = json::parse(UnpackUserSig(Sign()).value_or(""));
  object.erase("TLS.userbuf");
  EXPECT_EQ(Verify(options_, PackUserSig(object.dump())), UserSigOutcome::kBadSignature);
}

TEST(UserSigVerifier, RejectsAVersionWithoutItsKey) {
  UserSigVerifierOptions options = BothKeys();
  options.public_key_pem = "";
  EXPECT_EQ(Verify(options, vectors::kV2), UserSigOutcome::kOk);
  EXPECT_EQ(Verify(options, vectors::kV1A), UserSigOutcome::kBadSignature);
  options = BothKeys();
  options.secret_key = Secret();
  EXPECT_EQ(Verify(options, vectors::kV1A), UserSigOutcome::kOk);
  EXPECT_EQ(Verify(options, vectors::kV2), UserSigOutcome::kBadSignature);
}

TEST(UserSigVerifier, DerivesThePublicKeyFromThePrivateKey) {
  const Secret pem = MakeEcKeyPair("P-256").private_pem;
  const auto signer = ImLoginSigner::Create(
      {.sdk_app_id = vectors::kSdkAppId, .sig_version = 1, .private_key_pem = pem});
  ASSERT_OK(signer);
  const auto sig = (*signer)->SignUserSig(vectors::kUser, kNoon);
  ASSERT_OK(sig);
  EXPECT_EQ(Verify({.sdk_app_id = vectors::kSdkAppId, .private_key_pem = pem}, *sig),
            UserSigOutcome::kOk);
}

TEST(UserSigVerifier, ReportsATicketOfNeitherVersionAsMalformed) {
  for (const std::string sig : {"", "garbage", "eJwDAAAAAAE_"}) {
    EXPECT_EQ(Verify(BothKeys(), sig), UserSigOutcome::kMalformed) << sig;
  }
  EXPECT_EQ(Verify(BothKeys(), Altered(vectors::kV2, "TLS.ver", "3.0")),
            UserSigOutcome::kMalformed);
  EXPECT_EQ(Verify(BothKeys(), Altered(vectors::kV1A, "TLS.time", "soon")),
            UserSigOutcome::kMalformed);
}

/// Each ticket also has all faults of the following ones.
TEST(UserSigVerifier, ReportsTheFirstFaultInProtocolOrder) {
  const TimePoint late = kNoon + seconds(2592001);
  for (const std::string& good : {std::string(vectors::kV2), std::string(vectors::kV1A)}) {
    const bool is_v2 = good == vectors::kV2;
    const char* const app = is_v2 ? "TLS.sdkappid" : "TLS.sdk_appid";
    const json other_app = is_v2 ? json(1400000002) : json("1400000002");
    const std::string unsigned_now = Altered(good, "TLS.sig", "AAAA");
    const std::string other_user = Altered(unsigned_now, "TLS.identifier", "user_0002");
    const std::string foreign = Altered(other_user, app, other_app);
    const std::string no_time = Altered(foreign, "TLS.time", json::array());
    EXPECT_EQ(Verify(BothKeys(), no_time, vectors::kUser, late), UserSigOutcome::kMalformed);
    EXPECT_EQ(Verify(BothKeys(), foreign, vectors::kUser, late), UserSigOutcome::kWrongApp);
    EXPECT_EQ(Verify(BothKeys(), other_user, vectors::kUser, late), UserSigOutcome::kWrongUser);
    EXPECT_EQ(Verify(BothKeys(), unsigned_now, vectors::kUser, late), UserSigOutcome::kExpired);
    EXPECT_EQ(Verify(BothKeys(), unsigned_now), UserSigOutcome::kBadSignature);
    EXPECT_EQ(Verify(BothKeys(), good), UserSigOutcome::kOk);
  }
}

TEST(UserSigVerifier, RejectsATicketOfBothVersionsWithABadSignature) {
  json both = json::parse(*UnpackUserSig(vectors::kV1A));
  both.update(json::parse(*UnpackUserSig(vectors::kV2)));
  both["TLS.sig"] = "AAAA";
  EXPECT_EQ(Verify(BothKeys(), PackUserSig(both.dump())), UserSigOutcome::kBadSignature);
}

TEST(UserSigVerifier, DetectsAnyAlteredByte) {
  for (const char* sig : {vectors::kV2, vectors::kV2WithUserbuf, vectors::kV1A}) {
    const auto verifier = UserSigVerifier::Create(BothKeys());
    ASSERT_OK(verifier);
    const std::string text = *UnpackUserSig(sig);
    for (std::size_t at = 0; at < text.size(); ++at) {
      std::string altered = text;
      altered[at] = static_cast<char>(altered[at] ^ 1);
      // White space between the fields that the JSON library accepts has no meaning.
      if (json::parse(altered, nullptr, false) == json::parse(text)) continue;
      EXPECT_NE((*verifier)->VerifyUserSig(PackUserSig(altered), vectors::kUser, kNoon),
                UserSigOutcome::kOk)
          << altered;
    }
  }
}

TEST(UserSigVerifier, ReportsIfItCannotVerify) {
  const auto can_verify = [](const UserSigVerifierOptions& options) {
    return (*UserSigVerifier::Create(options))->CanVerify();
  };
  EXPECT_OK(can_verify(BothKeys()));
  EXPECT_ERROR(kUnavailable, can_verify({.secret_key = vectors::SecretKey()}));
  EXPECT_ERROR(kUnavailable, can_verify({.sdk_app_id = 1}));
  EXPECT_EQ(Verify({.secret_key = vectors::SecretKey()}, Altered(vectors::kV2, "TLS.sdkappid", 0)),
            UserSigOutcome::kWrongApp);
}

TEST(UserSigVerifier, ReadsTheTimesOfBothVersions) {
  for (const auto& [ticket, life] : {std::pair(vectors::kV2, 86400), {vectors::kV1A, 2592000}}) {
    const auto times = UserSigVerifier::TimesOf(ticket);
    ASSERT_TRUE(times);
    EXPECT_EQ(times->issued_at, 1700000000);
    EXPECT_EQ(times->life, life);
  }
  EXPECT_EQ(UserSigVerifier::TimesOf("not a ticket"), std::nullopt);
  EXPECT_EQ(UserSigVerifier::TimesOf(Altered(vectors::kV1A, "TLS.time", "soon")), std::nullopt);
}

TEST(UserSigVerifier, RejectsAnInvalidKey) {
  EXPECT_ERROR(kBadRequest, UserSigVerifier::Create({.sdk_app_id = 1, .public_key_pem = "none"}));
  EXPECT_ERROR(kBadRequest,
               UserSigVerifier::Create({.sdk_app_id = 1, .private_key_pem = Secret("none")}));
}

}  // namespace
}  // namespace rtcroom
