// Replies to requests that do not reach an endpoint.
#pragma once

#include <string_view>

#include "handlers/request.h"

namespace rtcroom {

/// Below 500, the fault is the request's: code 1, with the message of the status. For 500 or more,
/// the fault is the server's: code 6.
/// @source protocol 0.2.
HttpReply RefusalOf(int status, const RequestLabel& label = {});

}  // namespace rtcroom
