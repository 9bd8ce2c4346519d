#include "daemon/auth/user_sig_verifier.h"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/auth/user_sig.h"
#include "daemon/auth/user_sig_envelope.h"
#include "daemon/auth/user_sig_v1.h"
#include "daemon/auth/user_sig_v2.h"

namespace rtcroom {
namespace {

Result<std::optional<EcdsaPublicKey>> ReadPublicKey(const UserSigVerifierOptions& options) {
  if (!options.public_key_pem.empty()) {
    Result<EcdsaPublicKey> key = EcdsaPublicKey::FromPem(options.public_key_pem);
    if (!key) return key.error();
    return std::optional(*std::move(key));
  }
  if (options.private_key_pem.empty()) return std::optional<EcdsaPublicKey>();
  const Result<EcdsaPrivateKey> private_key = EcdsaPrivateKey::FromPem(options.private_key_pem);
  if (!private_key) return private_key.error();
  return std::optional(private_key->PublicKey());
}

/// Whether it is a room key: those have a userbuf. Call it for a valid ticket, so that the fields
/// are the signed ones.
bool IsRoomKey(std::string_view sig) {
  const std::optional<std::string> text = UnpackUserSig(sig);
  if (!text) return false;
  const nlohmann::json object = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  return object.is_object() && object.contains("TLS.userbuf");
}

}  // namespace

Result<std::unique_ptr<UserSigVerifier>> UserSigVerifier::Create(
    const UserSigVerifierOptions& options) {
  Result<std::optional<EcdsaPublicKey>> public_key = ReadPublicKey(options);
  if (!public_key) return public_key.error();
  return std::unique_ptr<UserSigVerifier>(
      new UserSigVerifier(options.sdk_app_id, options.secret_key, *std::move(public_key)));
}

UserSigVerifier::UserSigVerifier(std::uint32_t sdk_app_id, Secret secret_key,
                                 std::optional<EcdsaPublicKey> public_key)
    : sdk_app_id_(sdk_app_id),
      secret_key_(std::move(secret_key)),
      public_key_(std::move(public_key)) {}

Status UserSigVerifier::CanVerify() const {
  if (sdk_app_id_ == 0) return Error{Errc::kUnavailable, "no IM application is configured"};
  if (secret_key_.empty() && !public_key_) {
    return Error{Errc::kUnavailable, "no key for UserSigs"};
  }
  return {};
}

UserSigOutcome UserSigVerifier::VerifyUserSig(std::string_view sig, const UserId& user_id,
                                              TimePoint now) const {
  const UserSigOutcome outcome = VerifyAnyTicket(sig, user_id, now);
  // A webrtc room issues a key for any unproven user ID, so a room key does not authenticate.
  if (outcome == UserSigOutcome::kOk && IsRoomKey(sig)) return UserSigOutcome::kMalformed;
  return outcome;
}

UserSigOutcome UserSigVerifier::VerifyAnyTicket(std::string_view sig, const UserId& user_id,
                                                TimePoint now) const {
  if (sdk_app_id_ == 0) return UserSigOutcome::kWrongApp;
  const UserSigSubject subject{sdk_app_id_, user_id};
  const UserSigOutcome as_version_2 = VerifyUserSigV2(sig, subject, secret_key_, now);
  // A ticket with the fields of both versions is checked as version 2.
  if (as_version_2 != UserSigOutcome::kMalformed) return as_version_2;
  return VerifyUserSigV1(sig, subject, public_key_, now);
}

std::optional<std::chrono::sys_seconds> UserSigVerifier::ExpiryOf(std::string_view sig) {
  std::optional<UserSigTimes> times = ReadTimesV2(sig);  // first, as it is verified
  if (!times) times = ReadTimesV1(sig);
  return times ? std::optional(rtcroom::ExpiryOf(*times)) : std::nullopt;
}

}  // namespace rtcroom
