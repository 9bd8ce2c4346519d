// Calls that wait for the store, on threads of their own.
#pragma once

#include <functional>
#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "daemon/admin/admin_router.h"
#include "daemon/base/result.h"
#include "daemon/http_client/call_pool.h"
#include "handlers/request.h"

namespace rtcroom {

/// Has `answer` run on a thread of `pool`, where it may block: the workers of the operator's port
/// stay free for health checks. When as many wait as may, and when it waited too long: 503. What is
/// logged there names the request.
/// @return nothing, as the reply comes later.
std::optional<HttpReply> DeferToPool(CallPool& pool, const DeferReply& defer,
                                     std::function<void(PendingReply& pending)> answer);

/// What a call of the console does: a JSON object, or why not. It may block.
using ConsoleCall = std::function<Result<nlohmann::json>(const HttpRequest& request)>;

/// Makes the call likewise. The pool outlives the requests.
AdminHandler OnPool(CallPool& pool, ConsoleCall call);

}  // namespace rtcroom
