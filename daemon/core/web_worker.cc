#include "daemon/core/web_worker.h"

#include <array>

namespace rtcroom {
namespace {

constexpr std::array<std::string_view, kWebEndReasons> kReasons = {
    "deleted", "kicked",    "taken_over",  "worker",   "never_connected", "silent",
    "rtmp",    "no_stream", "fingerprint", "too_fast", "failed"};
static_assert(!kReasons.back().empty());

constexpr std::array<std::string_view, kWebOpenOutcomes> kOutcomes = {
    "opened", "refused_sdp",     "no_codec",  "refused_signature",
    "full",   "too_many_offers", "no_worker", "failed"};
static_assert(!kOutcomes.back().empty());

}  // namespace

std::string_view WebEndReasonName(WebEndReason reason) {
  return kReasons.at(static_cast<std::size_t>(reason));
}

std::string_view WebOpenOutcomeName(WebOpenOutcome outcome) {
  return kOutcomes.at(static_cast<std::size_t>(outcome));
}

}  // namespace rtcroom
