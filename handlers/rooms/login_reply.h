// The fields shared by the replies of both login calls.
#pragma once

#include "daemon/auth/login_service.h"
#include "daemon/base/json_text.h"
#include "handlers/rooms/endpoints.h"

namespace rtcroom {

/// The caller's identity and its ticket, without the session key.
/// @source protocol A.4.1, B.7, C.4.
JsonText LoginFields(const ImLogin& login, const HandlerContext& context);

}  // namespace rtcroom
