// UserSig version 2: HMAC-SHA256 with the application's secret key.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/auth/login_verifier.h"
#include "daemon/auth/user_sig.h"
#include "daemon/base/clock.h"
#include "daemon/base/secret.h"

namespace rtcroom {

/// A ticket for `subject`, valid from `now` for `life`.
/// @param userbuf  additional bytes in the ticket; empty: none.
/// @source protocol D.1.
std::string SignUserSigV2(const UserSigSubject& subject, const Secret& key, TimePoint now,
                          std::chrono::seconds life, std::string_view userbuf = {});

/// Whether `sig` authenticates `subject` at `now`. The check covers a userbuf, if present.
/// @param key  empty: the outcome is never kOk; at best kBadSignature.
UserSigOutcome VerifyUserSigV2(std::string_view sig, const UserSigSubject& subject,
                               const Secret& key, TimePoint now);

/// The times in `sig`, whoever signed it; nullopt when it is not of this version.
std::optional<UserSigTimes> ReadTimesV2(std::string_view sig);

}  // namespace rtcroom
