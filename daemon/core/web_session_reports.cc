#include "daemon/core/web_session_reports.h"

namespace rtcroom {
namespace {

constexpr std::size_t kLoggedDigits = 8;

std::string_view Cut(const std::string& id) {
  return std::string_view(id).substr(0, kLoggedDigits);
}

}  // namespace

void WebSessionReports::Refused(const WebGrant& grant, WebOpenOutcome outcome,
                                std::string_view reason) const {
  observer_.OnWebOffer(grant.direction, outcome);
  logger_.Info("web_refused", {{"direction", WebDirectionName(grant.direction)},
                               {"user", grant.binding.user_id.value},
                               {"stream", grant.name.stream},
                               {"outcome", WebOpenOutcomeName(outcome)},
                               {"reason", reason}});
}

void WebSessionReports::Answered(const WebSession& session, WebOpenOutcome outcome) const {
  observer_.OnWebOffer(session.direction, outcome);
  if (outcome == WebOpenOutcome::kOpened) Log("web_opened", session);
}

void WebSessionReports::Connected(const WebSession& session, MonotonicTime now) const {
  observer_.OnWebConnected(now - session.since);
  Log("web_connected", session);
}

void WebSessionReports::Ended(const WebSession& session, WebEndReason reason,
                              MonotonicTime now) const {
  const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(now - session.since);
  observer_.OnWebEnded(reason);
  logger_.Info("web_ended", {{"session", Cut(session.id)},
                             {"direction", WebDirectionName(session.direction)},
                             {"kind", RoomKindName(session.room.kind)},
                             {"room", session.room.id.value},
                             {"user", session.user_id.value},
                             {"stream", session.name.stream},
                             {"reason", WebEndReasonName(reason)},
                             {"seconds", lasted.count()}});
  if (reason == WebEndReason::kDeleted) return;
  on_end_(
      {.session = session.id, .room = session.room, .user_id = session.user_id, .reason = reason});
}

void WebSessionReports::Log(std::string_view event, const WebSession& session) const {
  logger_.Info(event, {{"session", Cut(session.id)},
                       {"direction", WebDirectionName(session.direction)},
                       {"kind", RoomKindName(session.room.kind)},
                       {"room", session.room.id.value},
                       {"user", session.user_id.value},
                       {"stream", session.name.stream}});
}

}  // namespace rtcroom
