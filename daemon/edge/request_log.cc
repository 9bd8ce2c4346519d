#include "daemon/edge/request_log.h"

#include <algorithm>

#include "handlers/protocol_codes.h"

namespace rtcroom {
namespace {

LogLevel LevelOf(const RequestLabel& label, int http_status, std::chrono::nanoseconds duration) {
  const bool is_notable = http_status >= 500 || duration > kSlowRequest;
  const LogLevel least = is_notable ? LogLevel::kWarn : LogLevel::kDebug;
  if (!label.failure) return least;
  return std::max(least, LogLevelOf(*label.failure));
}

}  // namespace

void LogRequest(Logger& logger, std::string_view request_id, const RequestLabel& label,
                int http_status, std::chrono::nanoseconds duration) {
  const LogLevel level = LevelOf(label, http_status, duration);
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
