// Runs calls that wait for the store on separate threads.
#pragma once

#include <functional>
#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "daemon/admin/admin_router.h"
#include "daemon/base/result.h"
#include "daemon/http_client/call_pool.h"
#include "handlers/request.h"

namespace rtcroom {

/// Runs `answer` on a thread of `pool`, where it may block: the workers of the operator's port stay
/// free for health checks. Answers 503 when the queue is full or the wait was too long. Log lines
/// written there name the request.
/// @return nullopt, since the reply is sent later.
std::optional<HttpReply> DeferToPool(CallPool& pool, const DeferReply& defer,
                                     std::function<void(PendingReply& pending)> answer);

/// A call of the console's API: returns a JSON object or an error. It may block.
using ConsoleCall = std::function<Result<nlohmann::json>(const HttpRequest& request)>;

/// Runs the call likewise. The pool must outlive the requests.
AdminHandler OnPool(CallPool& pool, ConsoleCall call);

}  // namespace rtcroom
