// The IM application fields in replies that hold a ticket for it.
#pragma once

#include "daemon/base/json_text.h"
#include "handlers/rooms/endpoints.h"

namespace rtcroom {

/// Writes `sdkAppID`, a number, and the account type, a string, as both `accType` and
/// `accountType`.
/// @source protocol C.4.
void WriteAccount(const HandlerContext& context, JsonText& out);

}  // namespace rtcroom
