// Runs calls that wait for the store on separate threads.
#pragma once

#include <functional>

#include <nlohmann/json_fwd.hpp>

#include "daemon/admin/admin_router.h"
#include "daemon/base/call_pool.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// Has `answer` run on a thread of `pool`, where it may block: the workers of the admin listener
/// stay free for health checks. When the queue is full, and when it waited too long: 503. Log lines
/// written there name the request.
void DeferToPool(CallPool& pool, AdminResponder& responder,
                 std::function<void(AdminResponder& responder)> answer);

/// A call of the console's API: returns a JSON object or an error. It may block.
using ConsoleCall = std::function<Result<nlohmann::json>(const HttpRequest& request)>;

/// Runs the call likewise. The pool must outlive the requests.
AdminHandler OnPool(CallPool& pool, ConsoleCall call);

}  // namespace rtcroom
