// UserSig version 2: HMAC-SHA256 with the application's secret key.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "daemon/base/secret.h"
#include "daemon/core/clock.h"
#include "daemon/signing/user_sig.h"

namespace rtcroom {

/// A ticket for `subject`, good from `now` for `life`.
/// @source protocol D.1.
std::string SignUserSigV2(const UserSigSubject& subject, const Secret& key, TimePoint now,
                          std::chrono::seconds life);

/// Whether `sig` lets `subject` in at `now`. A userbuf, if it has one, is covered by the check.
UserSigOutcome VerifyUserSigV2(std::string_view sig, const UserSigSubject& subject,
                               const Secret& key, TimePoint now);

}  // namespace rtcroom
