// The fields that the replies of logins share.
#pragma once

#include "daemon/auth/login_service.h"
#include "daemon/base/json_text.h"
#include "handlers/rooms/endpoints.h"

namespace rtcroom {

/// Writes `sdkAppID`, a number, and the account type, a string, as both `accType` and
/// `accountType`.
/// @source protocol C.4.
void WriteAccount(const HandlerContext& context, JsonText& out);

/// The caller's identity and its ticket, without the session key.
/// @source protocol A.4.1, B.7, C.4.
JsonText LoginFields(const ImLogin& login, const HandlerContext& context);

}  // namespace rtcroom
