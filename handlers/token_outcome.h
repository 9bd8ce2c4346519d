// What a request fails with whose token is not good.
#pragma once

#include "daemon/core/result.h"
#include "daemon/core/sessions.h"

namespace rtcroom {

/// @errors kNoCredentials, kTokenMalformed, kUnknownApp, kNoSession, kTokenWrong.
Status StatusOf(TokenOutcome outcome);

}  // namespace rtcroom
