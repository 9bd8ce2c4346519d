#include "handlers/shared/request_recorder.h"

#include <algorithm>
#include <optional>

#include "handlers/shared/protocol_codes.h"

namespace rtcroom {
namespace {

LogLevel LevelOf(const RequestLabel& label, int http_status, std::chrono::nanoseconds duration,
                 LogLevel least) {
  const bool is_slow = least == LogLevel::kDebug && duration > kSlowRequest;
  const LogLevel level = http_status >= 500 || is_slow ? LogLevel::kWarn : least;
  return label.failure ? std::max(level, ToLogLevel(*label.failure)) : level;
}

bool IsUnauthenticated(const RequestLabel& label) {
  if (!label.failure) return false;
  switch (*label.failure) {
    case Errc::kUnauthorized:
    case Errc::kNoCredentials:
    case Errc::kTokenMalformed:
    case Errc::kUnknownApp:
    case Errc::kNoSession:
    case Errc::kTokenWrong:
      return true;
    default:
      return false;
  }
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

void RequestRecorder::Record(RequestFacts request, const RequestLabel& label, int http_status) {
  const std::chrono::nanoseconds duration = clock_.Monotonic() - request.begun;
  observer_.OnRequest(label, http_status, duration);
  const LogLevel level = LevelOf(label, http_status, duration, LogLevel::kDebug);
  if (!label.failure && !logger_.Enabled(level)) return;
  if (request.request_id.empty()) request.request_id = ids_.Next();
  LogRequest(logger_, request.request_id, label, http_status, duration);
  if (IsUnauthenticated(label)) LogRefusedCaller(request, label);
}

void RequestRecorder::RecordPoll(const RequestFacts& request, const RequestLabel& label,
                                 int http_status) {
  observer_.OnRequest(label, http_status, std::nullopt);
  LogRequest(logger_, request.request_id, label, http_status, {});
}

void RequestRecorder::RecordRefusal(const RequestLabel& label, int http_status) {
  observer_.OnRequest(label, http_status, std::nullopt);
  LogRequest(logger_, ids_.Next(), label, http_status, {});
}

void RequestRecorder::LogRefusedCaller(const RequestFacts& request, const RequestLabel& label) {
  const std::uint64_t times = refused_.Count(request.peer_address);
  if (times == 0) return;
  logger_.Info("caller_refused", {{"request_id", request.request_id},
                                  {"peer", request.peer_address},
                                  {"endpoint", label.endpoint},
                                  {"failure", ErrcName(*label.failure)},
                                  {"detail", label.failure_detail},
                                  {"times", times}});
}

}  // namespace rtcroom
