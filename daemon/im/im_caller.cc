#include "daemon/im/im_caller.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <string_view>
#include <utility>

#include "daemon/base/exception_type.h"

namespace rtcroom {

ImCaller::ImCaller(ImService& service, ImCallBudget& budget, const Clock& clock, Tally& made,
                   Logger& logger, std::function<void()> on_recovered)
    : service_(service),
      budget_(budget),
      clock_(clock),
      made_(made),
      logger_(logger),
      on_recovered_(std::move(on_recovered)) {}

ImOutcome ImCaller::Call(GroupCommand command, const RoomId& group,
                         std::chrono::milliseconds timeout) {
  const ImAnswer answer = Ask(command, group, timeout);
  made_.Count(GroupCommandName(command), ImOutcomeName(answer.outcome));
  if (answer.outcome == ImOutcome::kTooFast) budget_.SlowDown(command, clock_.Monotonic());
  const Transitions transitions = Record(command, answer.outcome);
  Log(transitions, command, group, answer);
  if (transitions.recovered) on_recovered_();
  return answer.outcome;
}

// An exception would leave the group claimed forever.
ImAnswer ImCaller::Ask(GroupCommand command, const RoomId& group,
                       std::chrono::milliseconds timeout) {
  try {
    return service_.Call(command, group, timeout);
  } catch (const std::exception&) {
    logger_.Error("im_call_fault", {{"type", CurrentExceptionType()}});
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

ImCaller::Transitions ImCaller::Record(GroupCommand command, ImOutcome outcome) {
  Transitions transitions;
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  if (IsAnswer(outcome)) {
    RecordAnswer(command, outcome, now, transitions);
  } else if (outcome == ImOutcome::kMisconfigured) {
    RecordFailure(now);
    unanswered_ = 0;
    transitions.misconfigured = !std::exchange(misconfigured_, true);
  } else if (outcome != ImOutcome::kTooFast) {  // neither a success nor a failure
    RecordFailure(now);
    if (++unanswered_ >= kOutage) transitions.unreachable = !std::exchange(unreachable_, true);
  }
  return transitions;
}

void ImCaller::RecordFailure(MonotonicTime now) {
  answered_ = 0;
  failed_at_ = now;
}

void ImCaller::RecordAnswer(GroupCommand command, ImOutcome outcome, MonotonicTime now,
                            Transitions& transitions) {
  unanswered_ = 0;
  answered_ = std::min(answered_ + 1, kAnswersAfterOutage);
  const MonotonicTime::duration quiet_for = now - failed_at_;
  const bool is_well = answered_ == kAnswersAfterOutage && quiet_for >= kRecoveredAfter;
  // Hysteresis: with every second call failing, neither log nor pauses follow each call.
  if (is_well || quiet_for >= kFailureExpiry) {
    const bool was_unreachable = std::exchange(unreachable_, false);
    const bool was_misconfigured = std::exchange(misconfigured_, false);
    transitions.recovered = was_unreachable || was_misconfigured;
  }
  const bool is_refusal = outcome == ImOutcome::kRefused;
  bool& refused = refused_.at(static_cast<std::size_t>(command));
  transitions.refused = !std::exchange(refused, is_refusal) && is_refusal;
  if (outcome == ImOutcome::kQuotaUsedUp) {
    transitions.quota_used_up = !std::exchange(quota_used_up_, true);
  }
  if (command == GroupCommand::kCreate && outcome == ImOutcome::kDone) {
    transitions.quota_free = std::exchange(quota_used_up_, false);
  }
}

void ImCaller::Log(const Transitions& transitions, GroupCommand command, const RoomId& group,
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
  if (transitions.unreachable) line(LogLevel::kWarn, "im_unreachable");
  if (transitions.misconfigured) line(LogLevel::kError, "im_misconfigured");
  if (transitions.quota_used_up) line(LogLevel::kError, "im_quota_used_up");
  if (transitions.refused) line(LogLevel::kError, "im_refused");
  if (transitions.quota_free) logger_.Info("im_quota_free");
  if (transitions.recovered) logger_.Info("im_recovered");
}

}  // namespace rtcroom
