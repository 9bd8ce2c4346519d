#include "daemon/core/room_creator.h"

#include <utility>

namespace rtcroom {
namespace {

/// How many times a generated id may be taken already before the creation fails.
constexpr int kMaxDraws = 3;

Result<RoomId> Outcome(const Status& status, const RoomId& room_id) {
  if (!status) return status.error();
  return room_id;
}

}  // namespace

struct RoomCreator::Attempt {
  RoomSpec spec;
  StoreRoom store_room;
  Done done;
  RoomId room_id;
  int draws = 0;
  std::optional<IdReservations::Holder> holder = {};

  [[nodiscard]] IdOrigin origin() const {
    return spec.room_id ? IdOrigin::kNamed : IdOrigin::kGenerated;
  }
};

RoomCreator::RoomCreator(ImGroups* groups, IdSource& ids) : groups_(groups), ids_(ids) {}

void RoomCreator::Create(RoomSpec spec, StoreRoom store_room, Done done) {
  auto attempt = std::make_shared<Attempt>(Attempt{.spec = std::move(spec),
                                                   .store_room = std::move(store_room),
                                                   .done = std::move(done),
                                                   .room_id = {}});
  if (!attempt->spec.room_id) return DrawId(attempt);
  attempt->room_id = *attempt->spec.room_id;
  Start(attempt);
}

void RoomCreator::DrawId(const std::shared_ptr<Attempt>& attempt) {
  if (attempt->draws++ == kMaxDraws) {
    return attempt->done(Error{Errc::kUnavailable, "every room id drawn was taken"});
  }
  attempt->room_id =
      attempt->spec.kind == RoomKind::kWebrtc ? ids_.NewRoomNumber() : ids_.NewRoomId();
  Start(attempt);
}

void RoomCreator::Start(const std::shared_ptr<Attempt>& attempt) {
  if (groups_ != nullptr) return Reserve(attempt);
  Conclude(attempt, attempt->store_room(attempt->room_id, GroupReady{}));
}

void RoomCreator::Reserve(const std::shared_ptr<Attempt>& attempt) {
  const RoomSpec& spec = attempt->spec;
  const auto join = spec.made_by_another ? IdReservations::Join::kAny : IdReservations::Join::kOwn;
  std::optional<IdReservations::Holder> holder =
      reservations_.Reserve({.kind = spec.kind, .id = attempt->room_id}, spec.dialect, spec.creator,
                            join, [this, attempt](const Status& outcome) {
                              if (attempt->origin() == IdOrigin::kGenerated) return DrawId(attempt);
                              if (attempt->spec.made_by_another)
                                return attempt->spec.made_by_another(outcome);
                              attempt->done(Outcome(outcome, attempt->room_id));
                            });
  if (!holder) return;  // the waiter may already be handling the attempt
  attempt->holder.emplace(*std::move(holder));
  if (spec.enter_stored) {
    // The previous creator may have finished between the caller's look at the store and now.
    const Status entered = spec.enter_stored();
    if (entered || entered.error().code != Errc::kRoomNotFound) return Conclude(attempt, entered);
  }
  MakeGroup(attempt);
}

void RoomCreator::MakeGroup(const std::shared_ptr<Attempt>& attempt) {
  if (!HasGroup(attempt->spec.kind)) return Finish(attempt, GroupReady{});
  attempt->holder->BeginGroup();
  groups_->MakeGroup(attempt->room_id, attempt->origin(), attempt->spec.deadline,
                     [this, attempt](const Result<GroupReady>& group) {
                       attempt->holder->EndGroup();
                       Finish(attempt, group);
                     });
}

void RoomCreator::Finish(const std::shared_ptr<Attempt>& attempt, const Result<GroupReady>& group) {
  const Status outcome =
      group ? attempt->store_room(attempt->room_id, *group) : Status(group.error());
  if (HasGroup(attempt->spec.kind)) {
    const bool may_be_stored = outcome || outcome.error().code == Errc::kOutcomeUnknown;
    groups_->FinishGroup(attempt->room_id,
                         may_be_stored ? GroupOutcome::kKept : GroupOutcome::kAbandoned);
  }
  Conclude(attempt, outcome);
}

void RoomCreator::Conclude(const std::shared_ptr<Attempt>& attempt, const Status& outcome) {
  const bool taken = !outcome && outcome.error().code == Errc::kRoomExists;
  if (attempt->holder) {
    // The holder ends before the callers are notified, so that they may retry at once.
    attempt->holder->Finish(outcome);
    attempt->holder.reset();
  }
  if (taken && attempt->origin() == IdOrigin::kGenerated) return DrawId(attempt);
  attempt->done(Outcome(outcome, attempt->room_id));
}

}  // namespace rtcroom
