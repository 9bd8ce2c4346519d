// UserSig version 1: ECDSA, signed with the application's private key.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/auth/ecdsa_key.h"
#include "daemon/auth/login_verifier.h"
#include "daemon/auth/user_sig.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// A ticket for `subject`, valid from `now` for `life`.
///
/// @param account_type  "0" selects the form of the newer libraries, which write no third-party
///                      application and account type; any other value that of the older servers.
/// @param userbuf  additional bytes in the ticket; empty: none.
/// @errors kInternal when OpenSSL fails.
/// @source protocol D.2.
Result<std::string> SignUserSigV1(const UserSigSubject& subject, std::string_view account_type,
                                  const EcdsaPrivateKey& key, TimePoint now,
                                  std::chrono::seconds life, std::string_view userbuf = {});

/// Whether `sig` authenticates `subject` at `now`. The check covers a userbuf, if present.
/// @param key  nullopt: the outcome is never kOk; at best kBadSignature.
UserSigOutcome VerifyUserSigV1(std::string_view sig, const UserSigSubject& subject,
                               const std::optional<EcdsaPublicKey>& key, TimePoint now);

/// The times in `sig`, whoever signed it; nullopt when it is not of this version.
std::optional<UserSigTimes> ReadTimesV1(std::string_view sig);

}  // namespace rtcroom
