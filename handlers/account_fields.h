// The IM application, in replies that hold a ticket for it.
#pragma once

#include "handlers/endpoints.h"
#include "handlers/json_text.h"

namespace rtcroom {

/// The members `sdkAppID`, a number, and `accType` and `accountType`, a string under both of its
/// names.
/// @source protocol C.4.
void WriteAccount(const HandlerContext& context, JsonText& out);

}  // namespace rtcroom
