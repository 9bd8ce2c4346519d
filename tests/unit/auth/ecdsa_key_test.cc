#include "daemon/auth/ecdsa_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/matchers.h"
#include "tests/unit/auth/test_keys.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

TEST(EcdsaKey, VerifiesSignaturesOfItsPrivateKey) {
  const PemKeyPair pair = MakeEcKeyPair("P-256");
  const auto private_key = EcdsaPrivateKey::FromPem(pair.private_pem);
  const auto public_key = EcdsaPublicKey::FromPem(pair.public_pem);
  ASSERT_OK(private_key);
  ASSERT_OK(public_key);
  const auto signature = private_key->Sign("text");
  ASSERT_OK(signature);
  EXPECT_TRUE(public_key->Verify("text", *signature));
  EXPECT_TRUE(private_key->PublicKey().Verify("text", *signature));
  EXPECT_FALSE(public_key->Verify("texT", *signature));
  EXPECT_FALSE(public_key->Verify("text", ""));
}

TEST(EcdsaKey, RejectsInvalidPem) {
  for (const char* pem :
       {"", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}) {
    const auto public_key = EcdsaPublicKey::FromPem(pem);
    EXPECT_ERROR(kBadRequest, public_key);
    EXPECT_THAT(public_key.error().detail, HasSubstr("not a readable PEM public key"));
    const auto private_key = EcdsaPrivateKey::FromPem(Secret(pem));
    EXPECT_ERROR(kBadRequest, private_key);
    EXPECT_THAT(private_key.error().detail, HasSubstr("not a readable PEM private key"));
  }
}

TEST(EcdsaKey, RejectsAPublicKeyAsPrivateKey) {
  EXPECT_ERROR(kBadRequest, EcdsaPrivateKey::FromPem(Secret(MakeEcKeyPair("P-256").public_pem)));
}

TEST(EcdsaKey, RefusesAnotherCurveAndAnotherKind) {
  const PemKeyPair other = MakeEcKeyPair("P-384");
  const auto private_key = EcdsaPrivateKey::FromPem(other.private_pem);
  EXPECT_ERROR(kBadRequest, private_key);
  EXPECT_THAT(private_key.error().detail, HasSubstr("P-256"));
  EXPECT_ERROR(kBadRequest, EcdsaPublicKey::FromPem(other.public_pem));
  EXPECT_ERROR(kBadRequest, EcdsaPublicKey::FromPem(MakeRsaPublicPem()));
}

TEST(EcdsaKey, RejectsAnEncryptedKeyWithoutPrompting) {
  EXPECT_ERROR(kBadRequest, EcdsaPrivateKey::FromPem(MakeProtectedPrivatePem()));
}

}  // namespace
}  // namespace rtcroom
