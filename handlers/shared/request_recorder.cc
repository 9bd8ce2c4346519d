#include "handlers/shared/request_recorder.h"

#include <chrono>
#include <optional>

#include "handlers/shared/request_log.h"

namespace rtcroom {

void RequestRecorder::Record(const RequestFacts& request, const RequestLabel& label,
                             int http_status) {
  const std::chrono::nanoseconds duration = clock_.Monotonic() - request.begun;
  observer_.OnRequest(label, http_status, duration);
  LogRequest(logger_, request.request_id, label, http_status, duration);
  refused_.Record(request.request_id, request.peer_address, label);
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

}  // namespace rtcroom
