// The answer to a request that asks for a WebSocket.
#pragma once

#include <string>
#include <string_view>

#include "daemon/http/message.h"

namespace rtcroom {

/// Checks the request and answers it without a body.
///
/// @param subprotocol  is chosen if the client offers it; otherwise, or if it is empty, the answer
/// names none, and the
///                     client decides whether to go on.
/// @return 101 for `Responder::Upgrade`; 426 if the request asks for no WebSocket, or for another
///         version; 400 if it has another method, or no valid key.
/// @source RFC 6455 4.2, RFC 9110 15.5.22.
HttpReply WebSocketHandshake(const HttpRequest& request, std::string_view subprotocol);

/// The `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`.
/// @source RFC 6455 4.2.2.
std::string WebSocketAccept(std::string_view key);

}  // namespace rtcroom
