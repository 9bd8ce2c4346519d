#include "daemon/im/group_maker.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>
#include <typeinfo>
#include <utility>

#include "daemon/im/jitter.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

Error Unavailable(std::string_view why) { return {Errc::kUnavailable, std::string(why)}; }

}  // namespace

GroupMaker::GroupMaker(SharedDeliveries& shared, ImCaller& caller, GroupTaskStore& tasks,
                       const Clock& clock, RandomSource& random, const GroupMakerOptions& options,
                       Logger& logger, std::function<void()> wake)
    : shared_(shared),
      caller_(caller),
      tasks_(tasks),
      clock_(clock),
      random_(random),
      options_(options),
      logger_(logger),
      wake_(std::move(wake)),
      callers_(
          clock, logger,
          {.callers = options.callers,
           .max_waiting = options.max_waiting,
           .max_wait = options.on_failure == OnCreateFailure::kDegrade ? options.max_wait_to_degrade
                                                                       : options.max_wait}) {}

void GroupMaker::Make(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline,
                      ImGroups::Done done) {
  if (HasTooManyTasks()) return done(Unavailable("too many groups are still to be dealt with"));
  const auto turn_away = [this, room_id, origin, done] {
    done(TurnAway(room_id, origin, "too many groups are being made"));
  };
  const bool is_taken = callers_.TrySubmit(
      {.run = [this, room_id, origin, deadline,
               done = std::move(done)] { done(MakeOrFail(room_id, origin, deadline)); },
       .expired = turn_away});
  if (!is_taken) turn_away();
}

bool GroupMaker::HasTooManyTasks() {
  const MutexLock lock(shared_.mutex);
  return shared_.deliveries.tasks() >= options_.max_tasks;
}

// What let an exception through would leave the id reserved, and its client waiting, for ever.
Result<GroupReady> GroupMaker::MakeOrFail(const RoomId& room_id, IdOrigin origin,
                                          MonotonicTime deadline) {
  try {
    return MakeNow(room_id, origin, deadline);
  } catch (const std::exception& slipped) {
    logger_.Error("im_make_threw", {{"type", typeid(slipped).name()}});
    return Unavailable("an exception");
  }
}

Result<GroupReady> GroupMaker::MakeNow(const RoomId& room_id, IdOrigin origin,
                                       MonotonicTime deadline) {
  if (!AwaitTurn(room_id, origin, deadline)) {
    return TurnAway(room_id, origin, "another call for the group is under way");
  }
  GroupReady ready;
  if (origin == IdOrigin::kGenerated) {
    const Status put = tasks_.PutGroupTask({.group = room_id, .kind = GroupTaskKind::kMaking});
    if (!put) return Unavailable("the intent could not be stored: " + put.error().detail);
    ready.with_room = GroupTaskChange{.group = room_id, .to = {}};
  }
  switch (Ask(room_id, deadline)) {
    case Asked::kMade:
      return ready;
    case Asked::kTaken:
      return Error{Errc::kRoomExists, "the group belongs to somebody else"};
    case Asked::kRefused:
      return Unavailable("the IM service refuses to make the group");
    case Asked::kStopped:
      return Unavailable("the server stops");
    case Asked::kNoAnswer:
      break;
  }
  if (options_.on_failure == OnCreateFailure::kReject) {
    return Unavailable("the IM service did not make the group in time");
  }
  const MutexLock lock(shared_.mutex);
  return DegradeLocked(room_id);
}

Result<GroupReady> GroupMaker::TurnAway(const RoomId& room_id, IdOrigin origin,
                                        std::string_view why) {
  const MutexLock lock(shared_.mutex);
  if (shared_.stopping) return Unavailable("the server stops");
  const bool is_full = shared_.deliveries.tasks() >= options_.max_tasks;
  if (is_full || options_.on_failure == OnCreateFailure::kReject) return Unavailable(why);
  makings_.try_emplace(room_id, Making{.origin = origin});
  shared_.deliveries.BeginMaking(room_id);
  // The destroy of an earlier room's group may be on its way: members of a room that is stored now
  // would take it for the end of theirs.
  if (!shared_.deliveries.HasTurn(room_id)) return Unavailable(why);
  return DegradeLocked(room_id);
}

GroupReady GroupMaker::DegradeLocked(const RoomId& room_id) {
  makings_.at(room_id).degraded = true;
  return {.with_room = GroupTaskChange{.group = room_id, .to = GroupTaskKind::kCreate}};
}

bool GroupMaker::AwaitTurn(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline) {
  const auto until = RealTime(deadline);
  const MutexLock lock(shared_.mutex);
  if (shared_.stopping) return false;
  makings_.insert_or_assign(room_id, Making{.origin = origin});
  shared_.deliveries.BeginMaking(room_id);
  while (!shared_.deliveries.HasTurn(room_id)) {
    if (shared_.stopping) return false;
    if (!shared_.changed.WaitUntil(shared_.mutex, until)) return false;
  }
  // Noted before it is written: if that fails, it may have been written all the same.
  if (origin == IdOrigin::kGenerated) shared_.deliveries.NoteTask(room_id);
  return true;
}

GroupMaker::Asked GroupMaker::Ask(const RoomId& room_id, MonotonicTime deadline) {
  for (int tries = 0; tries < options_.max_tries && !IsStopping(); ++tries) {
    // A room that need not wait for its group does not wait for an outage's end either.
    if (tries > 0 && options_.on_failure == OnCreateFailure::kDegrade && caller_.is_unreachable()) {
      break;
    }
    if (tries > 0 && !Pause(PauseBefore(tries), deadline)) break;
    if (!AwaitBudget(deadline)) break;
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock_.Monotonic());
    if (left <= milliseconds(0)) break;
    switch (caller_.Call(GroupCommand::kCreate, room_id, std::min(left, options_.call_timeout))) {
      case ImOutcome::kDone:
        NoteMade(room_id);
        return Asked::kMade;
      case ImOutcome::kTakenByAnother:
        // Had an earlier try made it, the answer would be that it is ours.
        NoteStrangers(room_id);
        return Asked::kTaken;
      case ImOutcome::kPassing:
        NoteUnanswered(room_id);
        break;
      case ImOutcome::kTooFast:
      case ImOutcome::kUnreachable:
        break;
      case ImOutcome::kGroupMissing:
      case ImOutcome::kCommandDisabled:
      case ImOutcome::kQuotaUsedUp:
      case ImOutcome::kRefused:
      case ImOutcome::kMisconfigured:
        return Asked::kRefused;
    }
  }
  return IsStopping() ? Asked::kStopped : Asked::kNoAnswer;
}

bool GroupMaker::IsStopping() {
  const MutexLock lock(shared_.mutex);
  return shared_.stopping;
}

void GroupMaker::NoteMade(const RoomId& room_id) {
  const MutexLock lock(shared_.mutex);
  makings_.at(room_id).may_exist = true;
}

void GroupMaker::NoteStrangers(const RoomId& room_id) {
  const MutexLock lock(shared_.mutex);
  Making& making = makings_.at(room_id);
  making.may_exist = false;
  making.may_be_late = false;
}

void GroupMaker::NoteUnanswered(const RoomId& room_id) {
  const MutexLock lock(shared_.mutex);
  Making& making = makings_.at(room_id);
  making.may_exist = true;
  making.may_be_late = true;
}

void GroupMaker::Finish(const RoomId& room_id, GroupFate fate) {
  Making making;
  {
    const MutexLock lock(shared_.mutex);
    const auto found = makings_.find(room_id);
    if (found == makings_.end()) return;  // it was turned away before anything was done
    making = found->second;
    makings_.erase(found);
  }
  const bool is_ours = making.origin == IdOrigin::kGenerated;
  const bool must_go = fate == GroupFate::kAbandoned && is_ours && making.may_exist;
  if (must_go) {
    // Should this fail, what was stored before the call means the same after a restart.
    const Status put = tasks_.PutGroupTask({.group = room_id, .kind = GroupTaskKind::kDestroy});
    if (!put) logger_.Warn("im_task_not_stored", {{"error", ErrcName(put.error().code)}});
  }
  {
    const MonotonicTime now = clock_.Monotonic();
    const MutexLock lock(shared_.mutex);
    GroupDeliveries& deliveries = shared_.deliveries;
    if (must_go && making.may_be_late) deliveries.OweDestroyTwice(room_id, now);
    if (must_go && !making.may_be_late) deliveries.OweDestroy(room_id, now);
    if (fate == GroupFate::kKept) {
      if (is_ours) deliveries.ClearTask(room_id);  // it went with the room's commit ...
      if (making.degraded) {                       // ... or became this one
        deliveries.NoteTask(room_id);
        deliveries.OweCreate(room_id, now);
      }
    }
    deliveries.EndMaking(room_id);
  }
  wake_();
}

bool GroupMaker::AwaitBudget(MonotonicTime deadline) {
  for (;;) {
    const MonotonicTime now = clock_.Monotonic();
    if (caller_.budget().TryTake(GroupCommand::kCreate, now)) return true;
    if (!Pause(caller_.budget().NextFree(GroupCommand::kCreate, now) - now, deadline)) return false;
  }
}

bool GroupMaker::Pause(MonotonicTime::duration pause, MonotonicTime deadline) {
  const MonotonicTime end = clock_.Monotonic() + pause;
  if (end >= deadline) return false;
  const auto until = RealTime(end);
  const MutexLock lock(shared_.mutex);
  while (!shared_.stopping) {
    if (!shared_.changed.WaitUntil(shared_.mutex, until)) return true;
  }
  return false;
}

// Whatever our clock is, waiting takes real time.
MonotonicTime GroupMaker::RealTime(MonotonicTime time) const {
  return std::chrono::steady_clock::now() + (time - clock_.Monotonic());
}

MonotonicTime::duration GroupMaker::PauseBefore(int tries) {
  const std::chrono::duration<double> longest = options_.first_pause * (1 << (tries - 1));
  return std::chrono::duration_cast<MonotonicTime::duration>(longest * Jitter(random_));
}

}  // namespace rtcroom
