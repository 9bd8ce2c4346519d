#include "daemon/core/web_worker.h"

#include <array>

#include <fmt/format.h>

#include "daemon/core/stream_urls.h"

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

std::string MarkOf(std::string_view session) {
  return fmt::format("{}={}&", kWebArgument, session.substr(0, kWebShownDigits));
}

}  // namespace

std::string_view WebEndReasonName(WebEndReason reason) {
  return kReasons.at(static_cast<std::size_t>(reason));
}

std::string_view WebOpenOutcomeName(WebOpenOutcome outcome) {
  return kOutcomes.at(static_cast<std::size_t>(outcome));
}

std::string PublishQuery(std::string_view session, std::string_view address_query) {
  return MarkOf(session).append(address_query);
}

std::string_view WebSession::AddressQuery() const {
  const std::string_view query = rtmp_query;
  const std::string mark = MarkOf(id);
  return query.substr(query.starts_with(mark) ? mark.size() : 0);
}

}  // namespace rtcroom
