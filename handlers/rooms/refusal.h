// Replies to requests that do not reach an endpoint.
#pragma once

#include <string_view>

#include "daemon/http/message.h"
#include "handlers/rooms/reply.h"
#include "handlers/shared/request_label.h"

namespace rtcroom {

/// Below 500, the fault is the request's: code 1, with the message of the status. For 500 or more,
/// the fault is the server's: code 6.
/// @param reason  of the connection layer.
/// @source protocol 0.2.
HttpReply RefusalOf(int status, RequestLabel& label, std::string_view reason = {});

/// For a server without labels.
HttpReply RefusalOf(int status);

/// The reply to a caller that is over its rate.
Reply TooManyRequests();

/// The reply to the exception that is being handled.
Reply InternalError();

}  // namespace rtcroom
