#include "handlers/shared/refused_callers.h"

#include <cstdint>

namespace rtcroom {
namespace {

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

void RefusedCallers::Record(std::string_view request_id, const std::string& peer_address,
                            const RequestLabel& label) {
  if (!IsUnauthenticated(label)) return;
  const std::uint64_t times = rations_.Count(peer_address);
  if (times == 0) return;
  logger_.Info("caller_refused", {{"request_id", request_id},
                                  {"peer", peer_address},
                                  {"endpoint", label.endpoint},
                                  {"failure", ErrcName(*label.failure)},
                                  {"detail", label.failure_detail},
                                  {"times", times}});
}

}  // namespace rtcroom
