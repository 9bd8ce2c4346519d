// Checks logins to the message channel.
#pragma once

#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/auth/sessions.h"
#include "daemon/auth/user_sig_verifier.h"
#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/channel/connected_logins.h"
#include "daemon/core/ids.h"
#include "handlers/shared/second_looks.h"

namespace rtcroom {

/// Checks a ticket, and tells what it gives to the login of its account.
/// @errors kUnavailable when no ticket can be verified; kBadRequest for a name that no account has;
///         kTokenMalformed, kUnknownApp, kTokenWrong, kNoSession (expired).
/// @source docs/channel.md, 1.
Result<LoginProof> CheckUserSig(const UserSigVerifier& verifier, const UserId& account,
                                std::string_view user_sig, TimePoint now);

/// The login of a connected client.
struct ChannelLogin {
  UserId account{};
  LoginProof proof{};
  Secret token{};            ///< of gen-2, to be checked again; empty: by userSig
  std::uint64_t direct = 0;  ///< position of the newest direct message that the client has
  std::optional<TimePoint> continued{};  ///< the login that the connection continues
  bool asks_beats = false;               ///< it is to be reminded of the heartbeats of its seats
  bool asks_streams = false;  ///< it is to be told which streams of its rooms begin and end
};

/// Dependencies of the check of a login, which they outlive.
struct LoginChecks {
  const UserSigVerifier& verifier;
  Sessions& sessions;
  const Clock& clock;
  std::uint32_t sdk_app_id = 0;
  SecondLooks* looks = nullptr;  ///< null where no other server uses the store
};

/// Reads `connect`: `userID` with `token`, or with `sdkAppID` and `userSig`; optional are `direct`,
/// `login`, `beats`, `streams`.
/// Where other servers use the store, it waits for what they know of an unknown token.
/// @param address  of the client, which pays for that.
/// @errors as `CheckUserSig`; kNoCredentials; kNotJson; kStoreBusy and kStoreBroken.
Result<ChannelLogin> CheckConnect(const nlohmann::ordered_json& fields, const LoginChecks& checks,
                                  std::string_view address);

/// Whether the login is still valid.
bool IsLoginValid(const ChannelLogin& login, const LoginChecks& checks);

}  // namespace rtcroom
