// Keys to rooms: UserSigs that contain a userbuf.
#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/im_login_signer.h"
#include "daemon/auth/user_buf.h"
#include "daemon/auth/user_sig_envelope.h"
#include "daemon/auth/user_sig_v1.h"
#include "daemon/auth/user_sig_v2.h"
#include "daemon/base/base64.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/unit/auth/test_keys.h"
#include "tests/unit/auth/user_sig_vectors.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr seconds kFiveMinutes{300};

json UnpackKey(const std::string& sig) { return json::parse(UnpackUserSig(sig).value_or("")); }

std::optional<UserBuf> UserBufOf(const std::string& sig) {
  return DecodeUserBuf(DecodeBase64(UnpackKey(sig)["TLS.userbuf"].get<std::string>()).value_or(""));
}

UserBuf RoomOf(std::uint32_t number, std::uint32_t expires_at) {
  return {.user_id = vectors::kUser,
          .sdk_app_id = vectors::kSdkAppId,
          .room = number,
          .expires_at = expires_at,
          .rights = kAllRoomRights};
}

TEST(PrivateMapKey, HasThePublishedSignatureForANumericRoom) {
  const std::string key = SignUserSigV2(vectors::Subject(), vectors::SecretKey(), kNoon,
                                        kFiveMinutes, EncodeUserBuf(RoomOf(12345, 1'700'000'300)));
  EXPECT_EQ(UnpackKey(key)["TLS.sig"], vectors::kNumericRoomSignature);
  EXPECT_EQ(UnpackKey(key), UnpackKey(vectors::kV2WithUserbuf));
}

TEST(PrivateMapKey, HasThePublishedSignatureForAStringRoom) {
  UserBuf userbuf = RoomOf(0, 1'700'000'300);
  userbuf.room = std::string("room_ab12_cd");
  userbuf.rights = 42;
  const std::string key = SignUserSigV2(vectors::Subject(), vectors::SecretKey(), kNoon,
                                        kFiveMinutes, EncodeUserBuf(userbuf));
  EXPECT_EQ(UnpackKey(key)["TLS.sig"], vectors::kStringRoomSignature);
  EXPECT_EQ(VerifyUserSigV2(key, vectors::Subject(), vectors::SecretKey(), kNoon),
            UserSigOutcome::kOk);
}

TEST(PrivateMapKey, ContainsTheRoomNumberInPublishedVectors) {
  EXPECT_EQ(UserBufOf(vectors::kV2WithUserbuf), RoomOf(12345, 1'700'000'300));
  EXPECT_EQ(UserBufOf(vectors::kV1WithUserbuf), RoomOf(12345, 1'700'000'300));
}

TEST(PrivateMapKey, IsSignedInVersion2ForAllRightsAndAnHour) {
  const auto signer = ImLoginSigner::Create({.sdk_app_id = vectors::kSdkAppId,
                                             .secret_key = vectors::SecretKey(),
                                             .user_sig_ttl = seconds(60)});
  ASSERT_OK(signer);
  const auto key = (*signer)->SignPrivateMapKey(vectors::kUser, 2'147'483'647, kNoon);
  ASSERT_OK(key);
  EXPECT_EQ(UserBufOf(*key), RoomOf(2'147'483'647, 1'700'003'600));
  const auto outcome_at = [&](TimePoint now) {
    return VerifyUserSigV2(*key, vectors::Subject(), vectors::SecretKey(), now);
  };
  EXPECT_EQ(outcome_at(kNoon + seconds(3599)), UserSigOutcome::kOk);
  EXPECT_EQ(outcome_at(kNoon + seconds(3600)), UserSigOutcome::kExpired);
}

TEST(PrivateMapKey, IsSignedInVersion1WithThePrivateKey) {
  const PemKeyPair pair = MakeEcKeyPair("P-256");
  const auto signer = ImLoginSigner::Create(
      {.sdk_app_id = vectors::kSdkAppId, .sig_version = 1, .private_key_pem = pair.private_pem});
  ASSERT_OK(signer);
  const auto key = (*signer)->SignPrivateMapKey(vectors::kUser, 12345, kNoon);
  ASSERT_OK(key);
  EXPECT_EQ(UserBufOf(*key), RoomOf(12345, 1'700'003'600));
  EXPECT_EQ(UnpackKey(*key)["TLS.expire_after"], "3600");
  EXPECT_EQ(
      VerifyUserSigV1(*key, vectors::Subject(), *EcdsaPublicKey::FromPem(pair.public_pem), kNoon),
      UserSigOutcome::kOk);
}

TEST(PrivateMapKey, IsUnavailableWithoutAnApplicationOrAKey) {
  for (const auto& options : {ImLoginSignerOptions{.secret_key = vectors::SecretKey()},
                              ImLoginSignerOptions{.sdk_app_id = vectors::kSdkAppId}}) {
    EXPECT_ERROR(kUnavailable,
                 (*ImLoginSigner::Create(options))->SignPrivateMapKey(vectors::kUser, 1, kNoon));
  }
}

TEST(PrivateMapKey, IsNotSignedIfItsExpiryOverflows) {
  const auto signer =
      ImLoginSigner::Create({.sdk_app_id = vectors::kSdkAppId, .secret_key = vectors::SecretKey()});
  ASSERT_OK(signer);
  const TimePoint last{seconds(std::int64_t{UINT32_MAX} - 3600)};
  EXPECT_OK((*signer)->SignPrivateMapKey(vectors::kUser, 1, last));
  EXPECT_ERROR(kInternal, (*signer)->SignPrivateMapKey(vectors::kUser, 1, last + seconds(1)));
}

}  // namespace
}  // namespace rtcroom
