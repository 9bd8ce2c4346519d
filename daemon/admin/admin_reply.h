// Replies of the operator's port, in JSON with a `code`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/base/result.h"
#include "handlers/request.h"

namespace rtcroom {

/// `fields` and `"code":0`.
HttpReply AdminSuccess(nlohmann::json fields);

/// HTTP status, code and message of that error, and its sentence as `detail`: operators and the log
/// may see details that clients may not.
HttpReply AdminFailure(const Error& error);

}  // namespace rtcroom
