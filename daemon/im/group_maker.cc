#include "daemon/im/group_maker.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include "daemon/base/exception_type.h"
#include "daemon/im/delivery_outcomes.h"
#include "daemon/im/jitter.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

/// Between two attempts to claim a group that another node has.
constexpr milliseconds kClaimPause{100};
/// A room is stored after the last call for its group; that may wait for the database.
constexpr std::chrono::seconds kClaimAfterDeadline{15};

Error Unavailable(std::string_view why) { return {Errc::kUnavailable, std::string(why)}; }

}  // namespace

GroupMaker::GroupMaker(const GroupMakerDeps& deps, const GroupMakerOptions& options,
                       std::function<void()> wake)
    : claims_(deps.claims),
      cluster_(deps.cluster),
      node_(deps.node),
      caller_(deps.caller),
      deliveries_(deps.deliveries),
      clock_(deps.clock),
      random_(deps.random),
      options_(options),
      pending_(deps.pending),
      logger_(deps.logger),
      wake_(std::move(wake)),
      callers_(
          deps.clock, deps.logger,
          {.callers = options.callers,
           .max_waiting = options.max_waiting,
           .max_wait = options.on_failure == OnCreateFailure::kDegrade ? options.max_wait_to_degrade
                                                                       : options.max_wait}) {}

void GroupMaker::Make(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline,
                      ImGroups::Done done) {
  if (IsFull()) return done(Unavailable("too many groups are still to be made or destroyed"));
  const auto reject = [this, room_id, done] {
    done(Reject(room_id, "too many groups are being made"));
  };
  const bool is_taken = callers_.TrySubmit(
      {.run = [this, room_id, origin, deadline,
               done = std::move(done)] { done(MakeOrFail(room_id, origin, deadline)); },
       .expired = reject});
  if (!is_taken) reject();
}

Result<GroupReady> GroupMaker::MakeOrFail(const RoomId& room_id, IdOrigin origin,
                                          MonotonicTime deadline) {
  Intent intent;
  Result<GroupReady> made = Unavailable("an exception");
  // An exception must not leave the id reserved and its client waiting forever.
  try {
    made = MakeNow(room_id, origin, deadline, intent);
  } catch (const std::exception&) {
    logger_.Error("im_make_fault", {{"type", CurrentExceptionType()}});
  }
  if (!intent.may_be_stored) return made;
  const MutexLock lock(mutex_);
  intents_.insert_or_assign(room_id, intent);
  return made;
}

Result<GroupReady> GroupMaker::MakeNow(const RoomId& room_id, IdOrigin origin,
                                       MonotonicTime deadline, Intent& intent) {
  claims_.BeginMaking(room_id);
  if (!claims_.AwaitTurn(room_id, ToRealTime(deadline, clock_))) {
    return Reject(room_id, "another call for the group is under way");
  }
  if (const Status claimed = ClaimGroup(room_id, deadline); !claimed) return claimed.error();
  if (origin == IdOrigin::kGenerated) {
    // Even after an error it may have been written.
    intent.may_be_stored = true;
    const Status stored = StoreIntent(room_id, deadline);
    if (!stored) return Unavailable("the intent could not be stored: " + stored.error().detail);
  }
  return Ask(room_id, deadline, intent);
}

Status GroupMaker::StoreIntent(const RoomId& room_id, MonotonicTime deadline) {
  TimePoint due = clock_.Now();
  // Another node that sends it earlier would only find that the group is claimed.
  if (node_.nodes() > 1) due += ClaimTime(deadline);
  // Repeated: after a crash during a create, that create may take effect late.
  return deliveries_.ChangeDeliveries({.group = room_id,
                                       .enqueue = DeliveryKind::kDestroyGroup,
                                       .payload = std::string(kRepeatedDestroy)},
                                      due);
}

Result<GroupReady> GroupMaker::Reject(const RoomId& room_id, std::string_view why) {
  if (claims_.is_stopping()) return Unavailable("the server stops");
  if (IsFull() || options_.on_failure == OnCreateFailure::kReject) return Unavailable(why);
  // The destroy of an earlier room's group may be in flight: members of a room stored now would
  // receive it as the end of their own.
  if (!claims_.BeginMaking(room_id)) return Unavailable(why);
  const Result<bool> claimed = TryClaimGroup(room_id, kClaimAfterDeadline);
  if (!claimed || !*claimed) return Unavailable(why);
  return GroupReady{.is_made_later = true};
}

Result<bool> GroupMaker::TryClaimGroup(const RoomId& room_id, milliseconds lasting) {
  Result<bool> claimed = cluster_.ClaimGroup(room_id, lasting);
  if (!claimed || !*claimed) return claimed;
  const MutexLock lock(mutex_);
  claimed_.insert(room_id);
  return claimed;
}

Status GroupMaker::ClaimGroup(const RoomId& room_id, MonotonicTime deadline) {
  do {
    const Result<bool> claimed = TryClaimGroup(room_id, ClaimTime(deadline));
    if (!claimed) return Unavailable("the group could not be claimed: " + claimed.error().detail);
    if (*claimed) return {};
  } while (Pause(kClaimPause, deadline));
  return Unavailable("another node is at work on the group");
}

milliseconds GroupMaker::ClaimTime(MonotonicTime deadline) const {
  return std::chrono::ceil<milliseconds>(deadline - clock_.Monotonic()) + kClaimAfterDeadline;
}

Result<GroupReady> GroupMaker::Ask(const RoomId& room_id, MonotonicTime deadline, Intent& intent) {
  for (int tries = 0; tries < options_.max_tries && !claims_.is_stopping(); ++tries) {
    // A room that can do without its group does not wait for the end of an outage.
    if (tries > 0 && options_.on_failure == OnCreateFailure::kDegrade && caller_.is_unreachable()) {
      break;
    }
    if (tries > 0 && !Pause(PauseBefore(tries), deadline)) break;
    if (!AwaitBudget(deadline)) break;
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock_.Monotonic());
    if (left <= milliseconds(0)) break;
    switch (caller_.Call(GroupCommand::kCreate, room_id, std::min(left, options_.call_timeout))) {
      case ImOutcome::kDone:
        intent.may_exist = true;
        return GroupReady{};
      case ImOutcome::kTakenByAnother:
        // If an earlier try had created it, the answer would be that it is ours.
        intent.may_exist = intent.may_be_late = false;
        return Error{Errc::kRoomExists, "the group belongs to another account"};
      case ImOutcome::kPassing:
        intent.may_exist = intent.may_be_late = true;
        break;
      case ImOutcome::kTooFast:
      case ImOutcome::kUnreachable:
        break;
      case ImOutcome::kGroupMissing:
      case ImOutcome::kCommandDisabled:
      case ImOutcome::kQuotaUsedUp:
      case ImOutcome::kRefused:
      case ImOutcome::kMisconfigured:
        return Unavailable("the IM service refuses to make the group");
    }
  }
  if (claims_.is_stopping()) return Unavailable("the server stops");
  if (options_.on_failure == OnCreateFailure::kReject) {
    return Unavailable("the IM service did not make the group in time");
  }
  return GroupReady{.is_made_later = true};
}

void GroupMaker::Finish(const RoomId& room_id, GroupOutcome outcome) {
  Intent intent;
  bool is_claimed = false;
  {
    const MutexLock lock(mutex_);
    const auto found = intents_.find(room_id);
    if (found != intents_.end()) {
      intent = found->second;
      intents_.erase(found);
    }
    is_claimed = claimed_.erase(room_id) > 0;
  }
  // The commit of a kept room removes the intent. Where it is unknown whether it was committed, the
  // intent stays, and is carried out only if there is no room then.
  if (outcome == GroupOutcome::kAbandoned && intent.may_be_stored) Settle(room_id, intent);
  // A release without a claim of its own would end that of this node's sender.
  if (is_claimed) (void)cluster_.ReleaseGroup(room_id);  // else it ends by itself
  claims_.EndMaking(room_id);
  wake_();
}

void GroupMaker::Settle(const RoomId& room_id, const Intent& intent) {
  // Dropped even if the same is enqueued: merged into the intent, it would be due with it.
  DeliveryChange change{.group = room_id, .drops_pending = true};
  if (intent.may_exist) change.enqueue = DeliveryKind::kDestroyGroup;
  if (intent.may_be_late) change.payload = kRepeatedDestroy;
  // If this fails, the group is destroyed, whether it exists or not.
  const Status written = deliveries_.ChangeDeliveries(change, clock_.Now());
  if (!written) logger_.Warn("im_intent_not_settled", {{"error", ErrcName(written.error().code)}});
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
  return claims_.Pause(ToRealTime(end, clock_));
}

MonotonicTime::duration GroupMaker::PauseBefore(int tries) {
  const std::chrono::duration<double> longest = options_.first_pause * (1 << (tries - 1));
  return std::chrono::duration_cast<MonotonicTime::duration>(longest * Jitter(random_));
}

}  // namespace rtcroom
