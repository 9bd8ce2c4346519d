// One log line for each request.
#pragma once

#include <chrono>
#include <string_view>

#include "daemon/base/logger.h"
#include "handlers/shared/request_label.h"

namespace rtcroom {

/// The duration from which a request counts as slow.
inline constexpr std::chrono::seconds kSlowRequest{1};

/// Logs a finished request at debug; at the level of its failure where the table of codes has
/// a higher one, and at least at warn when its HTTP status is 5xx or it was slow.
///
/// @param least  above debug: for requests that are always logged, and may be slow.
/// The line holds nothing that the client sent: no path, query, body or token.
/// @source design: one line for each request.
void LogRequest(Logger& logger, std::string_view request_id, const RequestLabel& label,
                int http_status, std::chrono::nanoseconds duration,
                LogLevel least = LogLevel::kDebug);

}  // namespace rtcroom
