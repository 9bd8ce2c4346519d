// Replies to what never reaches an endpoint.
#pragma once

#include <string_view>

#include "handlers/request.h"

namespace rtcroom {

/// Says that the request itself is at fault: code 1, with the sentence that goes with the status.
/// A status of 500 or more says that the server is: code 6.
/// @source protocol 0.2.
HttpReply RefusalOf(int status, const RequestLabel& label = {});

}  // namespace rtcroom
