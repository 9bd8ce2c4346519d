// Replies of the operator's port, in JSON with a `code`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/base/result.h"
#include "handlers/request.h"

namespace rtcroom {

/// `fields` and `"code":0`.
HttpReply AdminSuccess(nlohmann::json fields);

/// HTTP status, code and message as that error has them, and its sentence as `detail`: operators
/// may read what phones may not, and so may the log.
HttpReply AdminFailure(const Error& error);

}  // namespace rtcroom
