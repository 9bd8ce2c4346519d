#include "daemon/im/im_caller.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <string_view>
#include <typeinfo>
#include <utility>

namespace rtcroom {

ImCaller::ImCaller(ImService& service, ImCallBudget& budget, const Clock& clock,
                   ImObserver& observer, Logger& logger, std::function<void()> on_back)
    : service_(service),
      budget_(budget),
      clock_(clock),
      observer_(observer),
      logger_(logger),
      on_back_(std::move(on_back)) {}

ImOutcome ImCaller::Call(GroupCommand command, const RoomId& group,
                         std::chrono::milliseconds timeout) {
  const ImAnswer answer = Ask(command, group, timeout);
  observer_.OnImCall(command, answer.outcome);
  if (answer.outcome == ImOutcome::kTooFast) budget_.SlowDown(command, clock_.Monotonic());
  const News news = Note(command, answer.outcome);
  Log(news, command, group, answer);
  if (news.recovered) on_back_();
  return answer.outcome;
}

// What let an exception through would leave its group held for ever.
ImAnswer ImCaller::Ask(GroupCommand command, const RoomId& group,
                       std::chrono::milliseconds timeout) {
  try {
    return service_.Call(command, group, timeout);
  } catch (const std::exception& slipped) {
    logger_.Error("im_call_threw", {{"type", typeid(slipped).name()}});
    return {.outcome = ImOutcome::kPassing, .detail = "an exception"};
  }
}

bool ImCaller::is_unreachable() {
  const MutexLock lock(mutex_);
  return unreachable_;
}

bool ImCaller::IsAnswer(ImOutcome outcome) {
  switch (outcome) {
    case ImOutcome::kPassing:
    case ImOutcome::kUnreachable:
    case ImOutcome::kTooFast:
    case ImOutcome::kMisconfigured:
      return false;
    case ImOutcome::kDone:
    case ImOutcome::kTakenByAnother:
    case ImOutcome::kGroupMissing:
    case ImOutcome::kCommandDisabled:
    case ImOutcome::kQuotaUsedUp:
    case ImOutcome::kRefused:
      return true;
  }
  return false;
}

ImCaller::News ImCaller::Note(GroupCommand command, ImOutcome outcome) {
  News news;
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  if (IsAnswer(outcome)) {
    NoteAnswer(command, outcome, now, news);
  } else if (outcome == ImOutcome::kMisconfigured) {
    NoteFailure(now);
    unanswered_ = 0;
    news.misconfigured = !std::exchange(misconfigured_, true);
  } else if (outcome != ImOutcome::kTooFast) {  // which is neither good nor bad
    NoteFailure(now);
    if (++unanswered_ >= kOutage) news.unreachable = !std::exchange(unreachable_, true);
  }
  return news;
}

void ImCaller::NoteFailure(MonotonicTime now) {
  answered_ = 0;
  failed_at_ = now;
}

void ImCaller::NoteAnswer(GroupCommand command, ImOutcome outcome, MonotonicTime now, News& news) {
  unanswered_ = 0;
  answered_ = std::min(answered_ + 1, kAnswersAfterOutage);
  const MonotonicTime::duration quiet_for = now - failed_at_;
  const bool is_well = answered_ == kAnswersAfterOutage && quiet_for >= kBackFor;
  // Where every second call is answered, neither the log nor the pauses are to follow each.
  if (is_well || quiet_for >= kForgotten) {
    const bool was_unreachable = std::exchange(unreachable_, false);
    const bool was_misconfigured = std::exchange(misconfigured_, false);
    news.recovered = was_unreachable || was_misconfigured;
  }
  const bool is_refusal = outcome == ImOutcome::kRefused;
  bool& refused = refused_.at(static_cast<std::size_t>(command));
  news.refused = !std::exchange(refused, is_refusal) && is_refusal;
  if (outcome == ImOutcome::kQuotaUsedUp) {
    news.quota_used_up = !std::exchange(quota_used_up_, true);
  }
  if (command == GroupCommand::kCreate && outcome == ImOutcome::kDone) {
    news.quota_free = std::exchange(quota_used_up_, false);
  }
}

void ImCaller::Log(const News& news, GroupCommand command, const RoomId& group,
                   const ImAnswer& answer) {
  const auto line = [&](LogLevel level, std::string_view event) {
    logger_.Log(level, event,
                {{"command", GroupCommandName(command)},
                 {"group", group.value},
                 {"outcome", ImOutcomeName(answer.outcome)},
                 {"error_code", answer.error_code},
                 {"detail", answer.detail}});
  };
  line(LogLevel::kDebug, "im_call");
  if (news.unreachable) line(LogLevel::kWarn, "im_unreachable");
  if (news.misconfigured) line(LogLevel::kError, "im_misconfigured");
  if (news.quota_used_up) line(LogLevel::kError, "im_quota_used_up");
  if (news.refused) line(LogLevel::kError, "im_refused");
  if (news.quota_free) logger_.Info("im_quota_free");
  if (news.recovered) logger_.Info("im_recovered");
}

}  // namespace rtcroom
