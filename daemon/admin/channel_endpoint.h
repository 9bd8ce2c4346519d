// GET /console/api/channel: who is connected to the message channel.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/base/result.h"
#include "daemon/channel/channel_logins.h"
#include "daemon/http/message.h"

namespace rtcroom {

/// A page of logins, by account. It has no messages and no keys.
/// @param logins  null: the channel is off, and no client is connected.
/// @errors kBadRequest naming the field.
Result<nlohmann::json> ListLogins(const HttpRequest& request, const ChannelLogins* logins);

}  // namespace rtcroom
