// The push URL of a request's user.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "handlers/rooms/endpoints.h"

namespace rtcroom {

/// Signs one for `userID`, bound to `roomID` if that is given. In gen-2 each is of another stream.
/// @errors kBadRequest; kNotAllowed; kUnavailable.
Result<std::string> SignPushUrl(const Request& request, const HandlerContext& context);

}  // namespace rtcroom
