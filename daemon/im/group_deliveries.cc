#include "daemon/im/group_deliveries.h"

#include <algorithm>
#include <vector>

#include "daemon/core/im_groups.h"
#include "daemon/im/group_happening.h"

namespace rtcroom {

GroupDeliveries::GroupDeliveries(NotifyVia notify_via, const DeliveryLimits& limits)
    : notify_via_(notify_via), limits_(limits) {}

// -- Events.

void GroupDeliveries::StartAt(std::uint64_t position) {
  Settle();
  std::vector<RoomId> strangers;
  for (const auto& [id, absence] : absent_) {
    if (absence == Absence::kStrangers) strangers.push_back(id);
  }
  // The end of their rooms may be among the events that are passed over.
  for (const RoomId& id : strangers) AskAgainWhoseItIs(id, MonotonicTime{});
  absent_.clear();
  taken_up_to_ = position;
}

void GroupDeliveries::Take(const StoredEvent& stored, MonotonicTime now) {
  Settle();
  const RoomId& group = stored.event.room.id;
  const GroupHappening happening = GroupHappeningOf(stored.event);
  // Until the end of this, `taken_up_to_` is the position before the event.
  switch (happening) {
    case GroupHappening::kNothing:
      break;
    case GroupHappening::kRoomBegins:
      BeginRoom(group);
      break;
    case GroupHappening::kPushersChange:
      OweNotice(group, now);
      break;
    case GroupHappening::kPusherLeaves:
      OweNotice(group, now);
      Unsettle(group);
      break;
    case GroupHappening::kRoomIsEnding:
      Unsettle(group);
      break;
    case GroupHappening::kRoomEnds:
      EndRoom(group, now);
      break;
  }
  taken_up_to_ = stored.position;
}

void GroupDeliveries::TakeRoom(const RoomKey& room, MonotonicTime now) {
  if (HasGroup(room.kind)) OweNotice(room.id, now);
}

void GroupDeliveries::Settle() {
  if (!unsettled_) return;
  const RoomId group = *std::exchange(unsettled_, std::nullopt);
  const auto found = groups_.find(group);
  if (found != groups_.end()) Requeue(group, found->second);
}

void GroupDeliveries::Unsettle(const RoomId& group) {
  unsettled_ = group;
  const auto found = groups_.find(group);
  if (found != groups_.end()) Requeue(group, found->second);
}

void GroupDeliveries::OweNotice(const RoomId& id, MonotonicTime now) {
  if (absent_.contains(id)) return;
  Group& group = groups_[id];
  const bool custom_only = custom_only_ || notify_via_ == NotifyVia::kCustomMsg;
  if (!custom_only) Owe(group, DeliveryStep::kSystemNotice, taken_up_to_, now);
  if (custom_only || notify_via_ == NotifyVia::kBoth) {
    Owe(group, DeliveryStep::kCustomMessage, taken_up_to_, now);
  }
  Requeue(id, group);
}

void GroupDeliveries::BeginRoom(const RoomId& id) {
  const auto absence = absent_.find(id);
  // What is known of a stranger's group is known of this room, or its end would have been read.
  if (absence != absent_.end() && absence->second == Absence::kMissing) absent_.erase(absence);
  const auto found = groups_.find(id);
  if (found == groups_.end()) return;
  Group& group = found->second;
  DropDestroys(group);
  DropNotices(group);
  group.superseded = group.busy.has_value();
  Requeue(id, group);
}

void GroupDeliveries::EndRoom(const RoomId& id, MonotonicTime now) {
  // If this was the end of an earlier room it is learnt again; if there is none the task is done.
  if (AskAgainWhoseItIs(id, now)) return;
  absent_.erase(id);
  Group& group = groups_[id];
  DropNotices(group);
  group.superseded = group.busy.has_value();
  // What is owed of a create stays: it may be for a room that began since. It is looked up then.
  Owe(group, DeliveryStep::kDestroy, taken_up_to_, now);
  Requeue(id, group);
}

// -- Tasks.

void GroupDeliveries::NoteTask(const RoomId& id) {
  if (AskAgainWhoseItIs(id, MonotonicTime{})) return;  // it has one already
  Group& group = groups_[id];
  if (!std::exchange(group.has_task, true)) ++tasks_;
  Requeue(id, group);
}

void GroupDeliveries::ClearTask(const RoomId& id) {
  const auto absence = absent_.find(id);
  if (absence != absent_.end() && absence->second == Absence::kStrangers) {
    absent_.erase(absence);
    --tasks_;
  }
  const auto found = groups_.find(id);
  if (found == groups_.end()) return;
  if (std::exchange(found->second.has_task, false)) --tasks_;
  Requeue(id, found->second);
}

void GroupDeliveries::OweCreate(const RoomId& id, MonotonicTime now) {
  Group& group = groups_[id];
  Owe(group, DeliveryStep::kCreate, std::nullopt, now);
  Requeue(id, group);
}

void GroupDeliveries::OweDestroy(const RoomId& id, MonotonicTime now) {
  Group& group = groups_[id];
  Owe(group, DeliveryStep::kDestroy, std::nullopt, now);
  Requeue(id, group);
}

void GroupDeliveries::OweDestroyTwice(const RoomId& id, MonotonicTime now) {
  Group& group = groups_[id];
  group.destroys_twice = true;
  Owe(group, DeliveryStep::kDestroy, std::nullopt, now);
  Requeue(id, group);
}

void GroupDeliveries::BeginMaking(const RoomId& id) {
  Group& group = groups_[id];
  group.making = true;
  Requeue(id, group);
}

bool GroupDeliveries::HasTurn(const RoomId& id) const {
  const auto found = groups_.find(id);
  return found == groups_.end() || !found->second.busy;
}

void GroupDeliveries::EndMaking(const RoomId& id) {
  const auto found = groups_.find(id);
  if (found == groups_.end()) return;
  found->second.making = false;
  Requeue(id, found->second);
}

// -- Calls.

std::optional<Delivery> GroupDeliveries::Next(DeliveryStep step, MonotonicTime now) {
  const Queue& waiting = queue(step);
  if (waiting.empty() || waiting.begin()->first > now) return std::nullopt;
  const Delivery next{.group = waiting.begin()->second, .step = step};
  Group& group = groups_.at(next.group);
  group.busy = step;
  group.superseded = false;
  if (step == DeliveryStep::kDestroy && !group.debt(step).owed) group.last_look.reset();
  group.at_work = std::exchange(group.debt(step), {});
  Requeue(next.group, group);
  return next;
}

std::optional<MonotonicTime> GroupDeliveries::NextDue(DeliveryStep step) const {
  const Queue& waiting = queues_[static_cast<std::size_t>(step)];
  if (waiting.empty()) return std::nullopt;
  return waiting.begin()->first;
}

// -- Debts.

void GroupDeliveries::Owe(Group& group, DeliveryStep step, std::optional<std::uint64_t> since,
                          MonotonicTime now) {
  const bool owes_nothing =
      std::ranges::none_of(group.debts, [](const Debt& debt) { return debt.owed; });
  if (owes_nothing && group.failures == 0) group.due = now;
  Debt& debt = group.debt(step);
  debt.owed = true;
  if (!since || debt.since) return;  // the older one counts
  debt.since = since;
  since_.insert(*since);
}

void GroupDeliveries::OweAgain(Group& group, DeliveryStep step) {
  Debt& debt = group.debt(step);
  debt.owed = true;
  if (!group.at_work.since) return;
  Release(std::exchange(debt, std::exchange(group.at_work, {})));
}

void GroupDeliveries::Drop(Group& group, DeliveryStep step) {
  Release(std::exchange(group.debt(step), {}));
}

void GroupDeliveries::DropDestroys(Group& group) {
  Drop(group, DeliveryStep::kDestroy);
  group.destroys_twice = false;
  group.last_look.reset();
}

void GroupDeliveries::DropNotices(Group& group) {
  Drop(group, DeliveryStep::kSystemNotice);
  Drop(group, DeliveryStep::kCustomMessage);
}

void GroupDeliveries::Release(const Debt& debt) {
  if (debt.since) since_.erase(since_.find(*debt.since));
}

// -- Queues.

std::optional<GroupDeliveries::Turn> GroupDeliveries::NextTurn(const RoomId& id,
                                                               const Group& group) const {
  if (group.making || group.busy || unsettled_ == id) return std::nullopt;
  const bool is_task_done = group.has_task && !group.last_look;
  for (const DeliveryStep step : kDeliverySteps) {
    const bool owed = step == DeliveryStep::kForgetTask ? is_task_done : group.debt(step).owed;
    if (owed) return Turn{.step = step, .due = group.due};
  }
  if (!group.last_look) return std::nullopt;
  return Turn{.step = DeliveryStep::kDestroy, .due = *group.last_look};
}

void GroupDeliveries::Requeue(const RoomId& id, Group& group) {
  const std::optional<Turn> turn = NextTurn(id, group);
  if (group.queued && group.queued != turn) {
    queue(group.queued->step).erase({group.queued->due, id});
    group.queued.reset();
  }
  if (turn) {
    if (!group.queued) queue(turn->step).emplace(turn->due, id);
    group.queued = turn;
    return;
  }
  const bool has_debts =
      std::ranges::any_of(group.debts, [](const Debt& debt) { return debt.owed; });
  const bool is_settled = !has_debts && !group.has_task && !group.last_look;
  if (is_settled && !group.making && !group.busy) groups_.erase(id);
}

}  // namespace rtcroom
