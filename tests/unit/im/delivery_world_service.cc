// The IM service of the model, and its required final state.
#include <algorithm>
#include <chrono>

#include "daemon/im/im_caller.h"
#include "tests/unit/im/delivery_world.h"

namespace rtcroom {

ImOutcome DeliveryWorld::Answer(GroupCommand command, const std::string& id) {
  if (command == GroupCommand::kSystemNotice && system_disabled_) {
    return ImOutcome::kCommandDisabled;
  }
  if (options_.fails && !at_rest_ && Chance(40)) {
    switch (Roll(5)) {
      case 0:
        return ImOutcome::kUnreachable;
      case 1:
        return ImOutcome::kTooFast;
      case 2:
        return ImOutcome::kMisconfigured;
      default:
        if (Chance(50)) Apply(command, id);
        return ImOutcome::kPassing;
    }
  }
  const bool is_notice =
      command == GroupCommand::kSystemNotice || command == GroupCommand::kCustomMessage;
  if (is_notice && !service_[id].exists) return ImOutcome::kGroupMissing;
  Apply(command, id);
  return ImOutcome::kDone;
}

void DeliveryWorld::Apply(GroupCommand command, const std::string& id) {
  Group& group = service_[id];
  switch (command) {
    case GroupCommand::kCreate:
      group.exists = true;
      group.destroyed_last = false;
      return;
    case GroupCommand::kDestroy:
      if (rooms_.contains(id)) Fault("the group of " + id + " was destroyed, whose room lives");
      group.exists = false;
      group.destroyed_last = true;
      return;
    case GroupCommand::kSystemNotice:
    case GroupCommand::kCustomMessage: {
      if (group.destroyed_last && !crashed_) Fault("a notice to " + id + " after its end");
      const auto room = rooms_.find(id);
      if (room != rooms_.end() && !room->second.has_changed) {
        Fault("a notice to " + id + ", in which nothing happened");
      }
      (command == GroupCommand::kSystemNotice ? group.system_at : group.custom_at) = Newest();
      return;
    }
  }
}

void DeliveryWorld::RunUntilIdle() {
  at_rest_ = true;
  for (int i = 0; i < 10'000; ++i) {
    const bool is_idle = makings_.empty() && calls_.empty() && unwritten_.empty();
    if (is_idle && *store_.deliveries().CountDeliveries() == DeliveryBacklog()) break;
    now_ += std::chrono::milliseconds(500);
    ContinueMaking();
    WriteAgain();
    Load();
    for (int j = 0; j < 8; ++j) Start();
    for (int j = 0; j < 16; ++j) FinishSome();
  }
  Check();
}

void DeliveryWorld::Check() {
  if (*store_.deliveries().CountDeliveries() != DeliveryBacklog())
    Fault("something is pending for ever");
  for (const auto& [id, room] : rooms_) {
    const Group& group = service_[id];
    if (!group.exists) Fault("the room " + id + " has no group");
    if (!room.changed_at) continue;
    const bool wants_both = options_.notify_via == NotifyVia::kBoth;
    const std::uint64_t notified = wants_both ? std::min(group.system_at, group.custom_at)
                                              : std::max(group.system_at, group.custom_at);
    if (notified < *room.changed_at) Fault(id + " was not notified of its last change");
  }
  for (const std::string& id : ended_) {
    if (service_[id].exists) Fault("the group of " + id + " outlived its room");
  }
}

}  // namespace rtcroom
