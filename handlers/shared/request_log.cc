#include "handlers/shared/request_log.h"

#include <algorithm>

#include "handlers/shared/protocol_codes.h"

namespace rtcroom {
namespace {

LogLevel LevelOf(const RequestLabel& label, int http_status, std::chrono::nanoseconds duration,
                 LogLevel least) {
  const bool is_slow = least == LogLevel::kDebug && duration > kSlowRequest;
  const LogLevel level = http_status >= 500 || is_slow ? LogLevel::kWarn : least;
  return label.failure ? std::max(level, ToLogLevel(*label.failure)) : level;
}

}  // namespace

void LogRequest(Logger& logger, std::string_view request_id, const RequestLabel& label,
                int http_status, std::chrono::nanoseconds duration, LogLevel least) {
  const LogLevel level = LevelOf(label, http_status, duration, least);
  if (!logger.Enabled(level)) return;
  const std::string_view kind = label.kind ? RoomKindName(*label.kind) : "none";
  const double duration_ms = std::chrono::duration<double, std::milli>(duration).count();
  if (!label.failure) {
    logger.Log(level, "request",
               {{"request_id", request_id},
                {"kind", kind},
                {"endpoint", label.endpoint},
                {"code", label.code},
                {"duration_ms", duration_ms}});
    return;
  }
  logger.Log(level, "request",
             {{"request_id", request_id},
              {"kind", kind},
              {"endpoint", label.endpoint},
              {"code", label.code},
              {"duration_ms", duration_ms},
              {"http_status", http_status},
              {"failure", ErrcName(*label.failure)},
              {"detail", label.failure_detail}});
}

}  // namespace rtcroom
