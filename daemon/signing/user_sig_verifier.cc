#include "daemon/signing/user_sig_verifier.h"

#include <utility>

#include "daemon/signing/user_sig_v1.h"
#include "daemon/signing/user_sig_v2.h"

namespace rtcroom {
namespace {

Result<EcdsaPublicKey> ReadPublicKey(const UserSigVerifierOptions& options) {
  if (!options.public_key_pem.empty()) return EcdsaPublicKey::FromPem(options.public_key_pem);
  if (options.private_key_pem.empty()) return Error{Errc::kUnavailable, "no key for UserSigs"};
  const Result<EcdsaPrivateKey> private_key = EcdsaPrivateKey::FromPem(options.private_key_pem);
  if (!private_key) return private_key.error();
  return private_key->PublicKey();
}

}  // namespace

Result<UserSigVerifier> UserSigVerifier::Create(const UserSigVerifierOptions& options) {
  if (options.sdk_app_id == 0) return Error{Errc::kUnavailable, "no IM application is configured"};
  if (options.sig_version == 1) {
    Result<EcdsaPublicKey> key = ReadPublicKey(options);
    if (!key) return key.error();
    return UserSigVerifier(options.sdk_app_id, Secret(), *std::move(key));
  }
  if (options.sig_version != 2) return Error{Errc::kBadRequest, "a UserSig has version 1 or 2"};
  if (options.secret_key.empty()) return Error{Errc::kUnavailable, "no secret key for UserSigs"};
  return UserSigVerifier(options.sdk_app_id, options.secret_key, std::nullopt);
}

UserSigVerifier::UserSigVerifier(std::uint32_t sdk_app_id, Secret secret_key,
                                 std::optional<EcdsaPublicKey> public_key)
    : sdk_app_id_(sdk_app_id),
      secret_key_(std::move(secret_key)),
      public_key_(std::move(public_key)) {}

UserSigOutcome UserSigVerifier::Verify(std::string_view sig, const UserId& user_id,
                                       TimePoint now) const {
  const UserSigSubject subject{sdk_app_id_, user_id};
  if (public_key_) return VerifyUserSigV1(sig, subject, *public_key_, now);
  return VerifyUserSigV2(sig, subject, secret_key_, now);
}

}  // namespace rtcroom
