// UserSig version 2: HMAC-SHA256 with the application's secret key.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "daemon/auth/login_verifier.h"
#include "daemon/auth/user_sig.h"
#include "daemon/base/clock.h"
#include "daemon/base/secret.h"

namespace rtcroom {

/// A ticket for `subject`, good from `now` for `life`.
/// @param userbuf  the bytes that it carries besides; empty: none.
/// @source protocol D.1.
std::string SignUserSigV2(const UserSigSubject& subject, const Secret& key, TimePoint now,
                          std::chrono::seconds life, std::string_view userbuf = {});

/// Whether `sig` lets `subject` in at `now`. A userbuf, if it has one, is covered by the check.
/// @param key  empty: at best the outcome is kBadSignature.
UserSigOutcome VerifyUserSigV2(std::string_view sig, const UserSigSubject& subject,
                               const Secret& key, TimePoint now);

}  // namespace rtcroom
