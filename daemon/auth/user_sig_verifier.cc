#include "daemon/auth/user_sig_verifier.h"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/auth/user_buf.h"
#include "daemon/auth/user_sig.h"
#include "daemon/auth/user_sig_envelope.h"
#include "daemon/auth/user_sig_v1.h"
#include "daemon/auth/user_sig_v2.h"
#include "daemon/base/base64.h"

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

/// Tells a login ticket, an anonymous one and a room key apart: a room key has a userbuf that is
/// not the mark of anonymous tickets. Call it for a valid ticket, so that the fields are the signed
/// ones.
UserSigOutcome ProofOf(std::string_view sig) {
  const std::optional<std::string> text = UnpackUserSig(sig);
  if (!text) return UserSigOutcome::kMalformed;
  const nlohmann::json object = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return UserSigOutcome::kMalformed;
  const auto userbuf = object.find("TLS.userbuf");
  if (userbuf == object.end()) return UserSigOutcome::kOk;
  // A webrtc room issues a key for any unproven user ID, so a room key does not authenticate.
  return *userbuf == EncodeBase64(kAnonymousUserBuf) ? UserSigOutcome::kAnonymous
                                                     : UserSigOutcome::kMalformed;
}

}  // namespace

Result<std::unique_ptr<UserSigVerifier>> UserSigVerifier::Create(
    const UserSigVerifierOptions& options) {
  Result<std::optional<EcdsaPublicKey>> public_key = ReadPublicKey(options);
  if (!public_key) return public_key.error();
  return std::unique_ptr<UserSigVerifier>(new UserSigVerifier(options, *std::move(public_key)));
}

UserSigVerifier::UserSigVerifier(const UserSigVerifierOptions& options,
                                 std::optional<EcdsaPublicKey> public_key)
    : sdk_app_id_(options.sdk_app_id),
      secret_key_(options.secret_key),
      public_key_(std::move(public_key)),
      interop_(options.interop),
      validities_(options.validities) {}

Status UserSigVerifier::CanVerify() const {
  if (sdk_app_id_ == 0) return Error{Errc::kUnavailable, "no IM application is configured"};
  if (secret_key_.empty() && !public_key_) {
    return Error{Errc::kUnavailable, "no key for UserSigs"};
  }
  return {};
}

bool UserSigVerifier::HasEndedLogins(const UserId& user_id) const {
  return validities_ != nullptr && validities_->FirstValid(user_id) != TimePoint();
}

UserSigOutcome UserSigVerifier::VerifyUserSig(std::string_view sig, const UserId& user_id,
                                              TimePoint now) const {
  const UserSigOutcome outcome = VerifyAnyTicket(sig, user_id, now);
  if (outcome != UserSigOutcome::kOk) return outcome;
  if (HasEndedLogins(user_id)) {
    const std::optional<UserSigTimes> times = TimesOf(sig);
    if (times && times->issued_at < UnixSeconds(validities_->FirstValid(user_id))) {
      return UserSigOutcome::kExpired;
    }
  }
  const UserSigOutcome proof = ProofOf(sig);
  const bool counts_as_any = proof == UserSigOutcome::kAnonymous && interop_ == Interop::kShared;
  return counts_as_any ? UserSigOutcome::kOk : proof;
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

std::optional<UserSigTimes> UserSigVerifier::TimesOf(std::string_view sig) {
  // The versions are read in the order in which they are verified.
  const std::optional<UserSigTimes> times = ReadTimesV2(sig);
  return times ? times : ReadTimesV1(sig);
}

}  // namespace rtcroom
