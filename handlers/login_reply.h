// What both calls that sign a caller in answer.
#pragma once

#include "daemon/auth/login_service.h"
#include "handlers/endpoints.h"
#include "handlers/json_text.h"

namespace rtcroom {

/// Who the caller is, and the ticket for it; without the session key.
/// @source protocol A.4.1, B.7, C.4.
JsonText LoginFields(const ImLogin& login, const HandlerContext& context);

}  // namespace rtcroom
