// What becomes of a group's debts once a call is answered.
#include <algorithm>
#include <cassert>
#include <vector>

#include "daemon/im/group_deliveries.h"

namespace rtcroom {
namespace {

bool IsNotice(DeliveryStep step) {
  return step == DeliveryStep::kSystemNotice || step == DeliveryStep::kCustomMessage;
}

/// Nothing but a restart, or somebody at the IM service's console, can mend these.
bool IsLasting(ImOutcome outcome) {
  return outcome == ImOutcome::kMisconfigured || outcome == ImOutcome::kQuotaUsedUp;
}

}  // namespace

DeliveryEnd GroupDeliveries::Finish(const Delivery& delivery, ImOutcome outcome, MonotonicTime now,
                                    double jitter) {
  const RoomId& id = delivery.group;
  Group& group = groups_.at(id);
  assert(group.busy == delivery.step);
  group.busy.reset();
  const DeliveryEnd end = IsNotice(delivery.step)
                              ? FinishNotice(id, group, delivery.step, outcome, now, jitter)
                              : FinishOther(id, group, delivery.step, outcome, now, jitter);
  Release(std::exchange(group.at_work, {}));
  Requeue(id, group);
  return end;
}

DeliveryEnd GroupDeliveries::FinishNotice(const RoomId& id, Group& group, DeliveryStep step,
                                          ImOutcome outcome, MonotonicTime now, double jitter) {
  // The room of which it told is no more: whatever came of it is well.
  if (group.superseded) return DeliveryEnd::kDone;
  switch (outcome) {
    case ImOutcome::kDone:
      NoteSuccess(group);
      return DeliveryEnd::kDone;
    case ImOutcome::kGroupMissing:
    case ImOutcome::kTakenByAnother:
      NoteSuccess(group);
      DropNotices(group);
      if (absent_.size() < limits_.max_absent) absent_.try_emplace(id, Absence::kMissing);
      return DeliveryEnd::kDropped;
    case ImOutcome::kCommandDisabled: {
      if (step != DeliveryStep::kSystemNotice || notify_via_ != NotifyVia::kAuto) {
        return DeliveryEnd::kDropped;
      }
      const bool is_first = !std::exchange(custom_only_, true);
      if (is_first) Switch();
      OweAgain(group, DeliveryStep::kCustomMessage);
      return is_first ? DeliveryEnd::kSwitched : DeliveryEnd::kPutOff;
    }
    case ImOutcome::kRefused:
      NoteSuccess(group);
      return DeliveryEnd::kDropped;
    case ImOutcome::kPassing:
    case ImOutcome::kTooFast:
    case ImOutcome::kUnreachable:
    case ImOutcome::kQuotaUsedUp:
    case ImOutcome::kMisconfigured:
      return TryAgain(group, step, outcome, now, jitter);
  }
  return DeliveryEnd::kDropped;
}

DeliveryEnd GroupDeliveries::FinishOther(const RoomId& id, Group& group, DeliveryStep step,
                                         ImOutcome outcome, MonotonicTime now, double jitter) {
  switch (outcome) {
    case ImOutcome::kDone:
      NoteSuccess(group);
      if (step == DeliveryStep::kForgetTask && std::exchange(group.has_task, false)) --tasks_;
      if (step == DeliveryStep::kCreate) absent_.erase(id);
      if (step == DeliveryStep::kDestroy && std::exchange(group.destroys_twice, false)) {
        group.last_look = now + limits_.late_effect;
      }
      return DeliveryEnd::kDone;
    case ImOutcome::kTakenByAnother:
      NoteSuccess(group);
      if (step == DeliveryStep::kCreate) LeaveToStranger(id, group, now);
      return DeliveryEnd::kDropped;
    case ImOutcome::kGroupMissing:
    case ImOutcome::kCommandDisabled:
    case ImOutcome::kRefused:
      NoteSuccess(group);
      return DeliveryEnd::kDropped;
    case ImOutcome::kPassing:
    case ImOutcome::kTooFast:
    case ImOutcome::kUnreachable:
    case ImOutcome::kQuotaUsedUp:
    case ImOutcome::kMisconfigured:
      // A create may be for a room that began meanwhile: it is looked up then.
      if (step == DeliveryStep::kDestroy && group.superseded) return DeliveryEnd::kDone;
      return TryAgain(group, step, outcome, now, jitter);
  }
  return DeliveryEnd::kDropped;
}

DeliveryEnd GroupDeliveries::TryAgain(Group& group, DeliveryStep step, ImOutcome outcome,
                                      MonotonicTime now, double jitter) {
  const bool may_be_given_up = IsNotice(step) || step == DeliveryStep::kDestroy;
  if (may_be_given_up && NoteFailure(group, outcome, now)) {
    NoteSuccess(group);
    return DeliveryEnd::kGivenUp;
  }
  if (step != DeliveryStep::kForgetTask) OweAgain(group, step);
  PutOff(group, now, IsLasting(outcome), jitter);
  return DeliveryEnd::kPutOff;
}

void GroupDeliveries::LeaveToStranger(const RoomId& id, Group& group, MonotonicTime now) {
  DropNotices(group);
  DropDestroys(group);
  if (group.superseded) {
    // Which of the rooms it was asked for is not known any more.
    Owe(group, DeliveryStep::kCreate, std::nullopt, now);
    return;
  }
  // The task stays with the store, and is remembered here instead of with the group.
  absent_[id] = Absence::kStrangers;
  group.has_task = false;
}

bool GroupDeliveries::AskAgainWhoseItIs(const RoomId& id, MonotonicTime now) {
  const auto absence = absent_.find(id);
  if (absence == absent_.end() || absence->second != Absence::kStrangers) return false;
  absent_.erase(absence);
  Group& group = groups_[id];
  group.has_task = true;
  Owe(group, DeliveryStep::kCreate, std::nullopt, now);
  Requeue(id, group);
  return true;
}

void GroupDeliveries::Hurry(MonotonicTime now) {
  if (hurried_at_ && now < *hurried_at_ + 2 * limits_.hurry_within) return;
  hurried_at_ = now;
  std::vector<std::pair<MonotonicTime, RoomId>> waiting;
  for (const auto& [id, group] : groups_) {
    if (group.failures > 0) waiting.emplace_back(group.due, id);
  }
  std::ranges::sort(waiting);
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const auto& [due, id] = waiting[i];
    const auto share = static_cast<double>(i) / static_cast<double>(waiting.size());
    Group& group = groups_.at(id);
    group.due = std::min(due, now + std::chrono::duration_cast<MonotonicTime::duration>(
                                        limits_.hurry_within * share));
    Requeue(id, group);
  }
}

void GroupDeliveries::PutOff(Group& group, MonotonicTime now, bool lasting, double jitter) {
  std::chrono::duration<double> pause = limits_.longest_pause;
  if (lasting) {
    pause *= (1 + jitter) / 2;
  } else {
    // Past a few doublings it is the longest anyway.
    constexpr int kMostDoublings = 20;
    pause = std::min(pause, std::chrono::duration<double>(limits_.first_pause) *
                                (1 << std::min(group.failures, kMostDoublings)));
    pause *= jitter;
  }
  ++group.failures;
  group.due = now + std::chrono::duration_cast<MonotonicTime::duration>(pause);
}

void GroupDeliveries::NoteSuccess(Group& group) {
  group.failures = 0;
  group.failures_alone = 0;
  group.alone_for = {};
}

bool GroupDeliveries::NoteFailure(Group& group, ImOutcome outcome, MonotonicTime now) {
  const bool were_others_answered = group.failures > 0 && group.answers_at_failure != answers_;
  const bool is_its_own = outcome == ImOutcome::kPassing || outcome == ImOutcome::kUnreachable;
  if (were_others_answered && is_its_own) {
    ++group.failures_alone;
    group.alone_for += now - group.failed_at;
  }
  group.failed_at = now;
  group.answers_at_failure = answers_;
  return group.failures_alone >= limits_.most_failures_alone &&
         group.alone_for >= limits_.longest_alone;
}

void GroupDeliveries::Switch() {
  for (auto& [id, group] : groups_) {
    const Debt owed = std::exchange(group.debt(DeliveryStep::kSystemNotice), {});
    if (!owed.owed) continue;
    group.debt(DeliveryStep::kCustomMessage) = owed;  // until now there were none of these
    Requeue(id, group);
  }
}

}  // namespace rtcroom
