#include "daemon/im/im_dispatcher.h"

#include <algorithm>
#include <exception>
#include <typeinfo>
#include <utility>

#include "daemon/im/jitter.h"

namespace rtcroom {
namespace {

/// However quiet it is: bounds what an oversight could cost.
constexpr std::chrono::seconds kLongestWait{1};

/// A lane is given work when it is free, so nothing waits for one but for the moment that it takes
/// to wake up.
constexpr std::chrono::hours kNeverExpires{24 * 365};

}  // namespace

ImDispatcher::ImDispatcher(Store& store, GroupTaskStore& tasks, ImEventReader& reader,
                           ImCaller& caller, SharedDeliveries& shared, const Clock& clock,
                           RandomSource& random, ImObserver& observer,
                           const ImDispatcherOptions& options, Logger& logger,
                           std::function<void()> wake)
    : store_(store),
      tasks_(tasks),
      reader_(reader),
      caller_(caller),
      shared_(shared),
      clock_(clock),
      random_(random),
      observer_(observer),
      options_(options),
      logger_(logger),
      wake_(std::move(wake)),
      lanes_(clock, logger,
             {.callers = options.lanes, .max_waiting = options.lanes, .max_wait = kNeverExpires}) {}

MonotonicTime ImDispatcher::Round() {
  const MonotonicTime now = clock_.Monotonic();
  MonotonicTime next = now + kLongestWait;
  const ReadingEnd end = reader_.Advance(now);
  if (end == ReadingEnd::kMore) next = now;
  if (end == ReadingEnd::kFailed) next = std::min(next, now + options_.store_pause);

  const std::optional<MonotonicTime> due = HandOut(now);
  if (due) next = std::min(next, *due);

  if (!next_save_ || now >= *next_save_) {
    reader_.Save();
    next_save_ = now + options_.save_period;
  }
  if (reader_.HasMoved()) next = std::min(next, *next_save_);
  return next;
}

std::optional<MonotonicTime> ImDispatcher::HandOut(MonotonicTime now) {
  std::vector<Delivery> begun;
  std::optional<MonotonicTime> next_due;
  {
    const MutexLock lock(shared_.mutex);
    // Turn by turn, so that many notices do not hold up the few destroys.
    for (bool found = true; found;) {
      found = false;
      for (const DeliveryStep step : kDeliverySteps) {
        if (!MayBegin(step, now)) continue;
        std::optional<Delivery> next = shared_.deliveries.Next(step, now);
        if (!next) continue;
        ++in_flight_;
        begun.push_back(*std::move(next));
        found = true;
      }
    }
    if (in_flight_ < options_.lanes) next_due = NextDue(now);
  }
  for (const Delivery& delivery : begun) {
    const bool is_taken = lanes_.TrySubmit(
        {.run = [this, delivery] { Deliver(delivery); },
         .expired = [this, delivery] { Finish(delivery, ImOutcome::kUnreachable); }});
    if (!is_taken) Finish(delivery, ImOutcome::kUnreachable);
  }
  return next_due;
}

bool ImDispatcher::MayBegin(DeliveryStep step, MonotonicTime now) {
  if (shared_.stopping || in_flight_ >= options_.lanes) return false;
  const std::optional<MonotonicTime> due = shared_.deliveries.NextDue(step);
  if (!due || *due > now) return false;
  const std::optional<GroupCommand> command = CommandOf(step);
  return !command || caller_.budget().TryTake(*command, now);
}

std::optional<MonotonicTime> ImDispatcher::NextDue(MonotonicTime now) {
  std::optional<MonotonicTime> next;
  for (const DeliveryStep step : kDeliverySteps) {
    std::optional<MonotonicTime> due = shared_.deliveries.NextDue(step);
    if (!due) continue;
    const std::optional<GroupCommand> command = CommandOf(step);
    if (command) due = std::max(*due, caller_.budget().NextFree(*command, now));
    if (!next || *due < *next) next = due;
  }
  return next;
}

// What let an exception through would leave its group held, and its lane taken, for ever.
void ImDispatcher::Deliver(const Delivery& delivery) {
  ImOutcome outcome = ImOutcome::kPassing;
  try {
    outcome = Perform(delivery);
  } catch (const std::exception& slipped) {
    logger_.Error("im_delivery_threw", {{"type", typeid(slipped).name()}});
  }
  Finish(delivery, outcome);
}

ImOutcome ImDispatcher::Perform(const Delivery& delivery) {
  const RoomId& group = delivery.group;
  const auto call = [&](GroupCommand command) {
    const ImOutcome outcome = caller_.Call(command, group, options_.call_timeout);
    if (ImCaller::IsAnswer(outcome)) NoteAnswer();
    return outcome;
  };
  switch (delivery.step) {
    case DeliveryStep::kDestroy:
    case DeliveryStep::kCreate: {
      // As it is now: the group is held, so no room of that id can begin before this is done.
      const Result<bool> has_room = HasRoom(group);
      if (!has_room) return ImOutcome::kPassing;
      const bool wants_room = delivery.step == DeliveryStep::kCreate;
      if (*has_room != wants_room) return ImOutcome::kDone;
      return call(wants_room ? GroupCommand::kCreate : GroupCommand::kDestroy);
    }
    case DeliveryStep::kForgetTask:
      return tasks_.RemoveGroupTask(group) ? ImOutcome::kDone : ImOutcome::kPassing;
    case DeliveryStep::kSystemNotice:
      return call(GroupCommand::kSystemNotice);
    case DeliveryStep::kCustomMessage:
      return call(GroupCommand::kCustomMessage);
  }
  return ImOutcome::kRefused;
}

void ImDispatcher::NoteAnswer() {
  const MutexLock lock(shared_.mutex);
  shared_.deliveries.NoteAnswer();
}

Result<bool> ImDispatcher::HasRoom(const RoomId& id) {
  for (const RoomKind kind : kAllRoomKinds) {
    const Result<Room> room = store_.Load({.kind = kind, .id = id});
    if (room) return true;
    if (room.error().code != Errc::kRoomNotFound) return room.error();
  }
  return false;
}

void ImDispatcher::Finish(const Delivery& delivery, ImOutcome outcome) {
  const MonotonicTime now = clock_.Monotonic();
  const double jitter = Jitter(random_);
  DeliveryEnd end = DeliveryEnd::kDone;
  {
    const MutexLock lock(shared_.mutex);
    --in_flight_;
    end = shared_.deliveries.Finish(delivery, outcome, now, jitter);
    shared_.changed.NotifyAll();
  }
  const std::optional<GroupCommand> command = CommandOf(delivery.step);
  if (command && end == DeliveryEnd::kPutOff) observer_.OnImRetry(*command);
  if (command && end == DeliveryEnd::kDropped) {
    observer_.OnImDropped(*command);
    logger_.Debug("im_dropped", {{"command", GroupCommandName(*command)},
                                 {"group", delivery.group.value},
                                 {"outcome", ImOutcomeName(outcome)}});
  }
  if (command && end == DeliveryEnd::kGivenUp) {
    observer_.OnImDropped(*command);
    logger_.Warn("im_given_up", {{"command", GroupCommandName(*command)},
                                 {"group", delivery.group.value},
                                 {"outcome", ImOutcomeName(outcome)}});
  }
  if (end == DeliveryEnd::kSwitched) {
    logger_.Warn("im_system_notices_disabled", {{"instead", "custom_message"}});
  }
  wake_();
}

void ImDispatcher::AwaitLanes(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  const MutexLock lock(shared_.mutex);
  while (in_flight_ > 0) {
    if (!shared_.changed.WaitUntil(shared_.mutex, until)) return;
  }
}

}  // namespace rtcroom
