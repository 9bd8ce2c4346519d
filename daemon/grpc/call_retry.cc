#include "daemon/grpc/call_retry.h"

#include <algorithm>

namespace rtcroom {
namespace {

std::string_view NameOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
      return "ended";
    case grpc::StatusCode::CANCELLED:
      return "cancelled";
    case grpc::StatusCode::UNAVAILABLE:
      return "unavailable";
    case grpc::StatusCode::UNAUTHENTICATED:
      return "unauthenticated";
    case grpc::StatusCode::PERMISSION_DENIED:
      return "permission_denied";
    case grpc::StatusCode::FAILED_PRECONDITION:
      return "failed_precondition";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "resource_exhausted";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "unimplemented";
    default:
      return "other";
  }
}

}  // namespace

void CallRetry::Worked() {
  pause_ = {};
  logged_.reset();
}

MonotonicTime CallRetry::Ended(MonotonicTime now, const grpc::Status& end, std::string_view event,
                               Logger& logger) {
  pause_ = pause_.count() == 0 ? first_ : std::min(2 * pause_, most_);
  if (logged_ != end.error_code()) {
    logged_ = end.error_code();
    logger.Warn(event, {{"reason", NameOf(end.error_code())}, {"detail", end.error_message()}});
  }
  return now + pause_;
}

}  // namespace rtcroom
