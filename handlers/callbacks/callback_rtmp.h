// Callbacks of nginx-rtmp.
#pragma once

#include "handlers/callbacks/callback_request.h"
#include "handlers/callbacks/callback_stream.h"

namespace rtcroom {

/// Reads a callback of nginx-rtmp: a form with the server's fields, then the client's arguments as
/// they came. So of a repeated field the first is the server's; publish and play are refused for
/// it.
///
/// Once the sender is proven, only publish and play are refused: `done`, calls about players, and
/// those that have no effect are accepted. The decision on a call that was read is `AcceptCallback`
/// or `ForbidCallback`; any but the first ends the stream of kUpdate, and has no effect on
/// kRecorded and kPublishEnd.
/// @source protocol E.3 with its corrections; nginx-rtmp 1.2.2.
CallbackReading<StreamCallback> ReadRtmpCallback(const HttpRequest& request,
                                                 const StreamCallbackRules& rules);

}  // namespace rtcroom
