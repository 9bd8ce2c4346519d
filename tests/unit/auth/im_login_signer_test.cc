#include "daemon/auth/im_login_signer.h"

#include <chrono>
#include <utility>

#include <gtest/gtest.h>

#include "daemon/auth/user_sig_v1.h"
#include "daemon/auth/user_sig_v2.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/unit/auth/test_keys.h"
#include "tests/unit/auth/user_sig_vectors.h"

namespace rtcroom {
namespace {

ImLoginSignerOptions Version2() {
  return {.sdk_app_id = vectors::kSdkAppId, .secret_key = vectors::SecretKey()};
}

Result<std::string> Sign(ImLoginSignerOptions options) {
  const auto signer = ImLoginSigner::Create(std::move(options));
  if (!signer) return signer.error();
  return (*signer)->SignUserSig(vectors::kUser, kNoon);
}

TEST(ImLoginSigner, SignsVersion2ForThirtyDays) {
  const auto sig = Sign(Version2());
  ASSERT_OK(sig);
  const auto outcome_at = [&](TimePoint now) {
    return VerifyUserSigV2(*sig, vectors::Subject(), vectors::SecretKey(), now);
  };
  EXPECT_EQ(outcome_at(kNoon), UserSigOutcome::kOk);
  EXPECT_EQ(outcome_at(kNoon + std::chrono::seconds(2591999)), UserSigOutcome::kOk);
  EXPECT_EQ(outcome_at(kNoon + std::chrono::seconds(2592000)), UserSigOutcome::kExpired);
}

TEST(ImLoginSigner, SignsForTheConfiguredTime) {
  ImLoginSignerOptions options = Version2();
  options.user_sig_ttl = std::chrono::seconds(60);
  const auto sig = Sign(options);
  ASSERT_OK(sig);
  EXPECT_EQ(VerifyUserSigV2(*sig, vectors::Subject(), vectors::SecretKey(),
                            kNoon + std::chrono::seconds(60)),
            UserSigOutcome::kExpired);
}

TEST(ImLoginSigner, SignsVersion1WithThePrivateKey) {
  const PemKeyPair pair = MakeEcKeyPair("P-256");
  const auto sig = Sign({.sdk_app_id = vectors::kSdkAppId,
                         .account_type = "36862",
                         .sig_version = 1,
                         .private_key_pem = pair.private_pem});
  ASSERT_OK(sig);
  const auto key = EcdsaPublicKey::FromPem(pair.public_pem);
  ASSERT_OK(key);
  EXPECT_EQ(VerifyUserSigV1(*sig, vectors::Subject(), *key, kNoon), UserSigOutcome::kOk);
}

TEST(ImLoginSigner, ReportsIfItCanSign) {
  ImLoginSignerOptions options = Version2();
  EXPECT_OK((*ImLoginSigner::Create(options))->CanSign());
  options.sig_version = 1;
  EXPECT_ERROR(kUnavailable, (*ImLoginSigner::Create(options))->CanSign());
  options = Version2();
  options.sdk_app_id = 0;
  EXPECT_ERROR(kUnavailable, (*ImLoginSigner::Create(options))->CanSign());
}

TEST(ImLoginSigner, IsUnavailableWithoutAnApplication) {
  ImLoginSignerOptions options = Version2();
  options.sdk_app_id = 0;
  EXPECT_ERROR(kUnavailable, Sign(options));
}

TEST(ImLoginSigner, IsUnavailableWithoutTheKeyOfItsVersion) {
  ImLoginSignerOptions options = Version2();
  options.sig_version = 1;
  EXPECT_ERROR(kUnavailable, Sign(options));

  EXPECT_ERROR(kUnavailable, Sign({.sdk_app_id = vectors::kSdkAppId,
                                   .private_key_pem = MakeEcKeyPair("P-256").private_pem}));
}

TEST(ImLoginSigner, RejectsAnUnknownVersionOrAnInvalidKey) {
  ImLoginSignerOptions options = Version2();
  options.sig_version = 3;
  EXPECT_ERROR(kBadRequest, ImLoginSigner::Create(options));
  EXPECT_ERROR(kBadRequest, ImLoginSigner::Create({.sdk_app_id = vectors::kSdkAppId,
                                                   .sig_version = 1,
                                                   .private_key_pem = Secret("not a key")}));
}

}  // namespace
}  // namespace rtcroom
