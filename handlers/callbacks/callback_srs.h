// Callbacks of SRS.
#pragma once

#include "handlers/callbacks/callback_request.h"
#include "handlers/callbacks/callback_stream.h"

namespace rtcroom {

/// Reads a callback of SRS, a JSON object. Some versions write the texts of clients into it without
/// escaping them, so an object with a repeated member is not read.
///
/// Calls that need no decision are accepted without effect. The decision on a call that was read is
/// `AcceptCallback` or `RefuseSrsCallback`; SRS ignores it for kRecorded and kPublishEnd.
/// @source protocol E.4 with its corrections; SRS 7.0.18, and 3 with numbers for `client_id`.
CallbackReading<StreamCallback> ReadSrsCallback(const HttpRequest& request,
                                                const StreamCallbackRules& rules);

/// 200 `{"code":1}`.
CallbackReply RefuseSrsCallback(Error why);

}  // namespace rtcroom
