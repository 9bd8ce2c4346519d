#include "daemon/auth/im_login_signer.h"

#include <utility>

#include "daemon/auth/user_buf.h"
#include "daemon/auth/user_sig_v1.h"
#include "daemon/auth/user_sig_v2.h"

namespace rtcroom {
namespace {

/// @source protocol B.8.
constexpr std::chrono::seconds kPrivateMapKeyLife{3600};

}  // namespace

Result<std::unique_ptr<ImLoginSigner>> ImLoginSigner::Create(ImLoginSignerOptions options) {
  if (options.sig_version != 1 && options.sig_version != 2) {
    return Error{Errc::kBadRequest, "a UserSig has version 1 or 2"};
  }
  std::optional<EcdsaPrivateKey> private_key;
  if (options.sig_version == 1 && !options.private_key_pem.empty()) {
    Result<EcdsaPrivateKey> read = EcdsaPrivateKey::FromPem(options.private_key_pem);
    if (!read) return read.error();
    private_key = *std::move(read);
  }
  return std::unique_ptr<ImLoginSigner>(
      new ImLoginSigner(std::move(options), std::move(private_key)));
}

ImLoginSigner::ImLoginSigner(ImLoginSignerOptions options,
                             std::optional<EcdsaPrivateKey> private_key)
    : options_(std::move(options)), private_key_(std::move(private_key)) {}

Status ImLoginSigner::CanSign() const {
  if (options_.sdk_app_id == 0) return Error{Errc::kUnavailable, "no IM application is configured"};
  if (options_.sig_version == 1) {
    return private_key_ ? Status() : Error{Errc::kUnavailable, "no private key for UserSigs"};
  }
  if (options_.secret_key.empty()) return Error{Errc::kUnavailable, "no secret key for UserSigs"};
  return {};
}

Result<std::string> ImLoginSigner::SignUserSig(const UserId& user_id, TimePoint now) const {
  return Sign(user_id, now, options_.user_sig_ttl, {});
}

Result<std::string> ImLoginSigner::SignAnonymousUserSig(const UserId& user_id,
                                                        TimePoint now) const {
  return Sign(user_id, now, options_.user_sig_ttl, kAnonymousUserBuf);
}

Result<std::string> ImLoginSigner::SignPrivateMapKey(const UserId& user_id, std::uint32_t room,
                                                     TimePoint now) const {
  const std::int64_t expires_at = UnixSeconds(now) + kPrivateMapKeyLife.count();
  if (expires_at > UINT32_MAX) return Error{Errc::kInternal, "no room key can end after 2106"};
  const UserBuf userbuf{.user_id = user_id,
                        .sdk_app_id = options_.sdk_app_id,
                        .room = room,
                        .expires_at = static_cast<std::uint32_t>(expires_at),
                        .rights = kAllRoomRights};
  return Sign(user_id, now, kPrivateMapKeyLife, EncodeUserBuf(userbuf));
}

Result<std::string> ImLoginSigner::Sign(const UserId& user_id, TimePoint now,
                                        std::chrono::seconds life, std::string_view userbuf) const {
  if (const Status ready = CanSign(); !ready) return ready.error();
  const UserSigSubject subject{options_.sdk_app_id, user_id};
  if (options_.sig_version == 1) {
    return SignUserSigV1(subject, options_.account_type, *private_key_, now, life, userbuf);
  }
  return SignUserSigV2(subject, options_.secret_key, now, life, userbuf);
}

}  // namespace rtcroom
