#include "daemon/im/delivery_outcomes.h"

#include <algorithm>

namespace rtcroom {
namespace {

/// These last until a restart or a change in the IM service's console.
bool IsLasting(ImOutcome outcome) {
  return outcome == ImOutcome::kMisconfigured || outcome == ImOutcome::kQuotaUsedUp;
}

/// `delivery` without failures, to be tried again at `next_try`.
Resolution PostponedUntil(Delivery delivery, TimePoint next_try, DeliveryEnd end) {
  delivery.attempts = 0;
  delivery.lone_attempts = 0;
  delivery.lone_time = {};
  delivery.next_try = next_try;
  return {.delivery = std::move(delivery), .step = Resolution::Step::kPostpone, .end = end};
}

}  // namespace

Status WriteResolution(DeliveryStore& store, const Resolution& resolution) {
  const Delivery& delivery = resolution.delivery;
  switch (resolution.step) {
    case Resolution::Step::kNothing:
      return {};
    case Resolution::Step::kFinish:
      return store.FinishDelivery(delivery);
    case Resolution::Step::kPostpone:
    case Resolution::Step::kAbandonForeignGroup:
      break;
  }
  const Result<bool> is_there = store.PostponeDelivery(delivery);
  if (!is_there) return is_there.error();
  if (*is_there || resolution.step == Resolution::Step::kPostpone) return {};
  // No other room of the id can have begun: the group is claimed.
  return store.ChangeDeliveries({.group = delivery.group, .drops_pending = true}, TimePoint());
}

DeliveryOutcomes::DeliveryOutcomes(NotifyVia notify_via, const RetryLimits& limits)
    : notify_via_(notify_via), limits_(limits) {}

GroupCommand DeliveryOutcomes::CommandFor(const Delivery& delivery) const {
  switch (delivery.kind) {
    case DeliveryKind::kDestroyGroup:
      return GroupCommand::kDestroy;
    case DeliveryKind::kCreateGroup:
      return GroupCommand::kCreate;
    case DeliveryKind::kNotifyGroup:
    case DeliveryKind::kRemoveUser:  // not loaded by this sender
    case DeliveryKind::kDismissRoom:
      break;
  }
  const bool is_custom =
      notify_via_ == NotifyVia::kCustomMsg || custom_only_ ||
      (notify_via_ == NotifyVia::kBoth && delivery.payload == kCustomMessageOnly);
  return is_custom ? GroupCommand::kCustomMessage : GroupCommand::kSystemNotice;
}

bool DeliveryOutcomes::IsDue(const Delivery& delivery, TimePoint now) const {
  // Later than any pause allows: the clock has been set back.
  const TimePoint latest = now + std::max(limits_.longest_pause, limits_.late_effect);
  return delivery.next_try <= now || delivery.next_try > latest;
}

Resolution DeliveryOutcomes::Resolve(const Delivery& delivery, GroupCommand command,
                                     ImOutcome outcome, TimePoint now, double jitter) {
  Resolution resolution = Decide(delivery, command, outcome, now, jitter);
  resolution.outcome = outcome;
  return resolution;
}

Resolution DeliveryOutcomes::Decide(const Delivery& delivery, GroupCommand command,
                                    ImOutcome outcome, TimePoint now, double jitter) {
  const bool is_notice = delivery.kind == DeliveryKind::kNotifyGroup;
  switch (outcome) {
    case ImOutcome::kDone:
      if (delivery.kind == DeliveryKind::kDestroyGroup && delivery.payload == kRepeatedDestroy) {
        Delivery repeated = delivery;
        repeated.payload.clear();
        return PostponedUntil(std::move(repeated), now + limits_.late_effect, DeliveryEnd::kDone);
      }
      return Complete(delivery, command, DeliveryEnd::kDone, now);
    case ImOutcome::kTakenByAnother:
    case ImOutcome::kGroupMissing: {
      const bool is_foreign =
          delivery.kind == DeliveryKind::kCreateGroup && outcome == ImOutcome::kTakenByAnother;
      if (!is_notice && !is_foreign) break;
      // Notices to it are parked too, until its room ends or another one begins.
      Resolution parked = PostponedUntil(delivery, kParked, DeliveryEnd::kDropped);
      if (is_foreign) parked.step = Resolution::Step::kAbandonForeignGroup;
      return parked;
    }
    case ImOutcome::kCommandDisabled:
      if (command != GroupCommand::kSystemNotice || notify_via_ != NotifyVia::kAuto) break;
      return {
          .delivery = delivery,
          .step = Resolution::Step::kNothing,
          .end = custom_only_.exchange(true) ? DeliveryEnd::kPostponed : DeliveryEnd::kSwitched};
    case ImOutcome::kRefused:
      break;
    case ImOutcome::kPassing:
    case ImOutcome::kTooFast:
    case ImOutcome::kUnreachable:
    case ImOutcome::kQuotaUsedUp:
    case ImOutcome::kMisconfigured:
      return TryAgain(delivery, command, outcome, now, jitter);
  }
  return Complete(delivery, command, DeliveryEnd::kDropped, now);
}

Resolution DeliveryOutcomes::Complete(const Delivery& delivery, GroupCommand command,
                                      DeliveryEnd end, TimePoint now) const {
  const bool has_other_form =
      notify_via_ == NotifyVia::kBoth && command == GroupCommand::kSystemNotice;
  if (!has_other_form) return {.delivery = delivery, .end = end};
  Delivery other_form = delivery;
  other_form.payload = kCustomMessageOnly;
  return PostponedUntil(std::move(other_form), now, end);
}

Resolution DeliveryOutcomes::TryAgain(const Delivery& delivery, GroupCommand command,
                                      ImOutcome outcome, TimePoint now, double jitter) const {
  Delivery failed = delivery;
  const bool is_out_of_tries = CountFailure(failed, outcome, now);
  if (is_out_of_tries && delivery.kind != DeliveryKind::kCreateGroup) {
    return Complete(delivery, command, DeliveryEnd::kGivenUp, now);
  }
  std::chrono::duration<double, std::milli> pause = limits_.longest_pause;
  if (IsLasting(outcome)) {
    pause *= (1 + jitter) / 2;
  } else {
    // Bounds the shift; fewer doublings already reach the longest pause.
    constexpr std::uint32_t kMostDoublings = 20;
    const double doubled = 1 << std::min(failed.attempts, kMostDoublings);
    pause = jitter * std::min(pause, limits_.first_pause * doubled);
  }
  ++failed.attempts;
  failed.failed_at = now;
  failed.next_try = now + std::chrono::floor<std::chrono::milliseconds>(pause);
  return {.delivery = std::move(failed),
          .step = Resolution::Step::kPostpone,
          .end = DeliveryEnd::kPostponed};
}

bool DeliveryOutcomes::CountFailure(Delivery& delivery, ImOutcome outcome, TimePoint now) const {
  const bool others_succeeded =
      delivery.attempts > 0 && answered_at_ >= delivery.failed_at.time_since_epoch().count();
  const bool is_its_own = outcome == ImOutcome::kPassing || outcome == ImOutcome::kUnreachable;
  if (others_succeeded && is_its_own) {
    ++delivery.lone_attempts;
    delivery.lone_time += FailingSince(delivery, now);
  }
  return delivery.lone_attempts >= limits_.most_lone_attempts &&
         delivery.lone_time >= limits_.longest_alone;
}

}  // namespace rtcroom
