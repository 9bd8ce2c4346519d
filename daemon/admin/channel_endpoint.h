// GET /console/api/channel: who is connected to the message channel. POST /console/api/logout: the
// end of a user's logins.
#pragma once

#include <functional>

#include <nlohmann/json_fwd.hpp>

#include "daemon/admin/rooms_endpoint.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "daemon/http/message.h"

namespace rtcroom {

/// A page of logins, by account. It has no messages and no keys.
/// @errors kBadRequest naming the field.
Result<nlohmann::json> ListLogins(const HttpRequest& request, const RoomClients& clients);

/// @param end_logins  as `AccountLogins::EndAll`.
/// @errors kBadRequest naming the field; those of `end_logins`.
Result<nlohmann::json> EndLogins(const HttpRequest& request,
                                 const std::function<Status(const UserId&)>& end_logins);

}  // namespace rtcroom
