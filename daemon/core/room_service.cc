#include "daemon/core/room_service.h"

#include <utility>

#include "daemon/core/room_rules.h"

namespace rtcroom {
namespace {

/// How often a generated id may turn out to be taken before that counts as a failure.
constexpr int kMaxDraws = 3;

Status Discard(const Result<RoomChange>& change) {
  if (change) return {};
  return change.error();
}

}  // namespace

RoomService::RoomService(Store& store, LeaseTable& leases, ImGroups& groups,
                         const StreamUrlSigner& streams, const Clock& clock, IdSource& ids,
                         RoomServiceOptions options, Logger& logger)
    : store_(store),
      leases_(leases),
      groups_(groups),
      streams_(streams),
      clock_(clock),
      ids_(ids),
      options_(options),
      logger_(logger) {}

Pusher RoomService::MakePusher(const UserId& user_id, const PusherProfile& profile) const {
  return {.user_id = user_id,
          .user_name = profile.user_name,
          .user_avatar = profile.user_avatar,
          .push_url = profile.push_url,
          .accelerate_url = streams_.AccelerateUrl(user_id, clock_.Now())};
}

Result<RoomId> RoomService::CreateRoom(const CreateRoomCommand& command) {
  return command.room_id ? CreateNamedRoom(command, *command.room_id)
                         : CreateGeneratedRoom(command);
}

Result<RoomId> RoomService::CreateNamedRoom(const CreateRoomCommand& command,
                                            const RoomId& room_id) {
  const RoomKey key{.kind = command.kind, .id = room_id};
  if (const Result<Room> stored = store_.Load(key); stored) {
    // A retry, or somebody else's room: either way there is no group to make.
    const Status status = StoreNewRoom(command, room_id);
    if (!status) return status.error();
    return room_id;
  } else if (stored.error().code != Errc::kRoomNotFound) {
    return stored.error();
  }

  IdReservations::Reservation reservation =
      reservations_.Reserve(key, command.dialect, command.user_id);
  if (!reservation.holder) {
    if (!reservation.outcome) return reservation.outcome.error();
    return room_id;
  }
  // A group whose making seemed to fail is left alone: it would be found again as ours by the
  // next create of this id, and must not be destroyed under it (protocol F.2).
  Status outcome = groups_.CreateGroup(room_id, clock_.Monotonic() + options_.group_deadline);
  if (outcome) outcome = StoreNewRoom(command, room_id);
  reservation.holder->Finish(outcome);
  if (!outcome) return outcome.error();
  return room_id;
}

Result<RoomId> RoomService::CreateGeneratedRoom(const CreateRoomCommand& command) {
  const MonotonicTime deadline = clock_.Monotonic() + options_.group_deadline;
  for (int draw = 0; draw < kMaxDraws; ++draw) {
    const RoomId room_id = ids_.NewRoomId();
    const RoomKey key{.kind = command.kind, .id = room_id};
    IdReservations::Reservation reservation =
        reservations_.Reserve(key, command.dialect, command.user_id);
    if (!reservation.holder) continue;

    const Status made = groups_.CreateGroup(room_id, deadline);
    const Status outcome = made ? StoreNewRoom(command, room_id) : made;
    reservation.holder->Finish(outcome);
    if (outcome) return room_id;
    // The id of a stranger's group or of a stored room: neither is ours to destroy.
    if (outcome.error().code == Errc::kRoomExists) continue;
    groups_.AbandonGroup(room_id);
    return outcome.error();
  }
  return Error{Errc::kUnavailable, "every room id drawn was taken"};
}

Status RoomService::StoreNewRoom(const CreateRoomCommand& command, const RoomId& room_id) {
  const TimePoint now = clock_.Now();
  const Room room{.key = {.kind = command.kind, .id = room_id},
                  .dialect = command.dialect,
                  .info = command.info,
                  .mixed_play_url = streams_.MixedPlayUrl(command.user_id)};
  const Pusher creator = MakePusher(command.user_id, command.profile);
  const Result<RoomChange> change = store_.Update(
      room.key, [&](const Room* stored) { return rules::CreateRoom(stored, room, creator, now); });
  if (!change) return change.error();
  const bool made_now = change->events.front().room_sequence == 1;
  if (made_now) {
    logger_.Info("room_created", {{"kind", RoomKindName(command.kind)},
                                  {"room", room_id.value},
                                  {"creator", command.user_id.value}});
  }
  return {};
}

Status RoomService::DestroyRoom(const MemberCommand& command) {
  const TimePoint now = clock_.Now();
  const Result<RoomChange> change = store_.Update(command.room, [&](const Room* stored) {
    return rules::DestroyRoom(stored, command.dialect, command.user_id, now);
  });
  if (change) LogEnd(*change);
  return Discard(change);
}

Status RoomService::AddPusher(const AddPusherCommand& command) {
  const TimePoint now = clock_.Now();
  const Pusher newcomer = MakePusher(command.user_id, command.profile);
  const std::size_t seats = options_.limits.PushersIn(command.room.kind);
  return Discard(store_.Update(command.room, [&](const Room* stored) {
    return rules::AddPusher(stored, command.dialect, newcomer, seats, now);
  }));
}

Status RoomService::DeletePusher(const MemberCommand& command) {
  const TimePoint now = clock_.Now();
  const Result<RoomChange> change = store_.Update(command.room, [&](const Room* stored) {
    return rules::DeletePusher(stored, command.dialect, command.user_id, LeaveReason::kLeft, now);
  });
  if (change) LogEnd(*change);
  return Discard(change);
}

Status RoomService::TouchPusher(const MemberCommand& command) {
  if (leases_.Touch(command.room, command.dialect, command.user_id)) return {};
  return Error{Errc::kPusherNotFound, {}};
}

Result<Room> RoomService::LoadRoom(const RoomKey& key, Dialect dialect) {
  Result<Room> room = store_.Load(key);
  if (room && room->dialect != dialect) return Error{Errc::kRoomNotFound, {}};
  return room;
}

Result<std::vector<Room>> RoomService::ListRooms(const RoomListQuery& query) {
  return store_.List(query);
}

ExpiryOutcome RoomService::ExpirePushers(std::span<const LapsedLease> leases) {
  const TimePoint now = clock_.Now();
  std::vector<RoomUpdate> evictions;
  evictions.reserve(leases.size());
  for (const LapsedLease& lease : leases) {
    evictions.push_back({.key = lease.room, .edit = [&lease, now, this](const Room* stored) {
                           return ExpireIfStillLapsed(stored, lease, now);
                         }});
  }
  const std::vector<Result<RoomChange>> changes = store_.UpdateAll(evictions);

  ExpiryOutcome outcome;
  for (std::size_t i = 0; i < leases.size(); ++i) {
    const LapsedLease& lease = leases[i];
    const Result<RoomChange>& change = changes[i];
    if (!change) {
      leases_.ReleaseExpiry(lease);
      const bool gone = change.error().code == Errc::kPusherNotFound;
      ++(gone ? outcome.spared : outcome.failed);
      continue;
    }
    if (change->events.empty()) {
      ++outcome.spared;
      continue;
    }
    ++outcome.expired;
    logger_.Info("pusher_expired", {{"kind", RoomKindName(lease.room.kind)},
                                    {"room", lease.room.id.value},
                                    {"user", lease.user_id.value},
                                    {"overdue_ms", lease.overdue.count()}});
    LogEnd(*change);
  }
  return outcome;
}

Result<RoomChange> RoomService::ExpireIfStillLapsed(const Room* stored, const LapsedLease& lease,
                                                    TimePoint now) {
  const Pusher* pusher = stored == nullptr ? nullptr : FindPusher(*stored, lease.user_id);
  if (pusher == nullptr) return Error{Errc::kPusherNotFound, {}};
  // An add_pusher of the same commit group has not reached the lease yet: the room knows first.
  const bool same_stay = pusher->seat == lease.seat && pusher->added_at == lease.added_at;
  if (!same_stay || !leases_.ClaimExpiry(lease)) return RoomChange{.room = *stored};
  return rules::DeletePusher(stored, stored->dialect, lease.user_id, LeaveReason::kHeartbeatTimeout,
                             now);
}

void RoomService::LogEnd(const RoomChange& change) {
  if (!change.closed) return;
  const auto* end = std::get_if<RoomDestroyed>(&change.events.back().happening);
  if (end == nullptr) return;
  logger_.Info("room_destroyed", {{"kind", RoomKindName(change.room.key.kind)},
                                  {"room", change.room.key.id.value},
                                  {"reason", EndReasonName(end->reason)}});
}

}  // namespace rtcroom
