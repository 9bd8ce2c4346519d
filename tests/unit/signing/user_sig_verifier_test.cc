#include "daemon/signing/user_sig_verifier.h"

#include <gtest/gtest.h>

#include "daemon/signing/im_login_signer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/unit/signing/test_keys.h"
#include "tests/unit/signing/user_sig_vectors.h"

namespace rtcroom {
namespace {

const UserId kUser{"user_0001"};

TEST(UserSigVerifier, ChecksVersion2WithTheSecretKey) {
  const auto verifier = UserSigVerifier::Create(
      {.sdk_app_id = vectors::kSdkAppId, .secret_key = vectors::SecretKey()});
  ASSERT_OK(verifier);
  EXPECT_EQ(verifier->Verify(vectors::kV2, kUser, kNoon), UserSigOutcome::kOk);
  EXPECT_EQ(verifier->Verify(vectors::kV2, UserId{"user_0002"}, kNoon), UserSigOutcome::kWrongUser);
  EXPECT_EQ(verifier->Verify(vectors::kV1A, kUser, kNoon), UserSigOutcome::kMalformed);
}

TEST(UserSigVerifier, ChecksVersion1WithThePublicKey) {
  const auto verifier = UserSigVerifier::Create({.sdk_app_id = vectors::kSdkAppId,
                                                 .sig_version = 1,
                                                 .public_key_pem = vectors::kPublicKeyPem});
  ASSERT_OK(verifier);
  EXPECT_EQ(verifier->Verify(vectors::kV1A, kUser, kNoon), UserSigOutcome::kOk);
  EXPECT_EQ(verifier->Verify(vectors::kV2, kUser, kNoon), UserSigOutcome::kMalformed);
}

TEST(UserSigVerifier, TakesThePublicHalfOfThePrivateKey) {
  const Secret pem = MakeEcKeyPair("P-256").private_pem;
  const auto signer = ImLoginSigner::Create(
      {.sdk_app_id = vectors::kSdkAppId, .sig_version = 1, .private_key_pem = pem});
  ASSERT_OK(signer);
  const auto sig = (*signer)->SignUserSig(kUser, kNoon);
  ASSERT_OK(sig);
  const auto verifier = UserSigVerifier::Create(
      {.sdk_app_id = vectors::kSdkAppId, .sig_version = 1, .private_key_pem = pem});
  ASSERT_OK(verifier);
  EXPECT_EQ(verifier->Verify(*sig, kUser, kNoon), UserSigOutcome::kOk);
}

TEST(UserSigVerifier, IsUnavailableWithoutAnApplicationOrAKey) {
  EXPECT_ERROR(kUnavailable, UserSigVerifier::Create({.secret_key = vectors::SecretKey()}));
  EXPECT_ERROR(kUnavailable, UserSigVerifier::Create({.sdk_app_id = 1}));
  EXPECT_ERROR(kUnavailable, UserSigVerifier::Create({.sdk_app_id = 1, .sig_version = 1}));
}

TEST(UserSigVerifier, IsNotMadeOfAnUnknownVersionOrABrokenKey) {
  EXPECT_ERROR(kBadRequest, UserSigVerifier::Create({.sdk_app_id = 1, .sig_version = 3}));
  EXPECT_ERROR(kBadRequest, UserSigVerifier::Create(
                                {.sdk_app_id = 1, .sig_version = 1, .public_key_pem = "none"}));
}

}  // namespace
}  // namespace rtcroom
