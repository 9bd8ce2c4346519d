#include "daemon/core/room_service.h"

#include <utility>

#include "daemon/core/room_rules.h"

namespace rtcroom {
namespace {

Status Discard(const Result<RoomChange>& change) {
  if (change) return {};
  return change.error();
}

}  // namespace

RoomService::RoomService(const RoomServiceParts& parts, RoomServiceOptions options, Logger& logger)
    : store_(parts.store),
      ban_store_(parts.ban_store),
      bans_(parts.bans),
      leases_(parts.leases),
      streams_(parts.streams),
      clock_(parts.clock),
      options_(options),
      logger_(logger),
      creator_(parts.groups, parts.clock, parts.ids, options.group_deadline) {}

Pusher RoomService::MakePusher(const UserId& user_id, const PusherProfile& profile) const {
  return {.user_id = user_id,
          .user_name = profile.user_name,
          .user_avatar = profile.user_avatar,
          .push_url = profile.push_url,
          .accelerate_url = streams_.AccelerateUrl(user_id, clock_.Now())};
}

void RoomService::CreateRoom(const CreateRoomCommand& command, CreateDone done) {
  if (command.room_id) {
    const Result<Room> stored = store_.Load({.kind = command.kind, .id = *command.room_id});
    if (stored) {
      // A retry, or somebody else's room: either way there is no group to make. Unless the room
      // ends just now: whatever is made then needs a group like any other.
      const Status status = StoreRoom(command, *command.room_id, {}, IfAbsent::kRefuse);
      if (status) return done(*command.room_id);
      if (status.error().code != Errc::kRoomNotFound) return done(status.error());
    } else if (stored.error().code != Errc::kRoomNotFound) {
      return done(stored.error());
    }
  }
  creator_.Create(
      {.kind = command.kind,
       .dialect = command.dialect,
       .creator = command.user_id,
       .room_id = command.room_id},
      [this, command](const RoomId& room_id, const GroupReady& group) {
        return StoreRoom(command, room_id, group, IfAbsent::kMake);
      },
      std::move(done));
}

Status RoomService::StoreRoom(const CreateRoomCommand& command, const RoomId& room_id,
                              const GroupReady& group, IfAbsent if_absent) {
  const TimePoint now = clock_.Now();
  const Room room{.key = {.kind = command.kind, .id = room_id},
                  .dialect = command.dialect,
                  .info = command.info,
                  .mixed_play_url = streams_.MixedPlayUrl(command.user_id)};
  const Pusher creator = MakePusher(command.user_id, command.profile);
  const Result<RoomChange> change =
      store_.Update(room.key, [&](const Room* stored) -> Result<RoomChange> {
        if (bans_.IsBanned(room.key, command.user_id)) return Error{Errc::kNotAllowed, {}};
        if (stored == nullptr && if_absent == IfAbsent::kRefuse) {
          return Error{Errc::kRoomNotFound, {}};
        }
        Result<RoomChange> made = rules::CreateRoom(stored, room, creator, now);
        if (made) made->group_task = group.with_room;
        return made;
      });
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
  return Discard(store_.Update(command.room, [&](const Room* stored) -> Result<RoomChange> {
    // Asked here, so that nobody slips in between a kick and its ban.
    if (bans_.IsBanned(command.room, command.user_id)) return Error{Errc::kNotAllowed, {}};
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

Status RoomService::CheckMayPush(RoomKind kind, const std::optional<RoomId>& room,
                                 const UserId& user_id) const {
  const bool banned = room ? bans_.IsBanned({.kind = kind, .id = *room}, user_id)
                           : bans_.IsBannedSomewhere(kind, user_id);
  if (banned) return Error{Errc::kNotAllowed, {}};
  return {};
}

Result<KickOutcome> RoomService::KickPusher(const KickCommand& command) {
  const TimePoint now = clock_.Now();
  std::optional<Ban> ban;
  std::optional<TimePoint> banned_before;
  if (command.ban) {
    ban = {.room = command.room, .user_id = command.user_id, .until = now + *command.ban};
    // From here on nobody gets in; what fails below takes it back.
    const Result<std::optional<TimePoint>> put = bans_.Put(*ban);
    if (!put) return put.error();
    banned_before = *put;
  }
  const Result<RoomChange> change =
      store_.Update(command.room, [&](const Room* stored) -> Result<RoomChange> {
        if (stored == nullptr) return Error{Errc::kPusherNotFound, {}};
        Result<RoomChange> kicked = rules::DeletePusher(stored, stored->dialect, command.user_id,
                                                        LeaveReason::kKicked, now);
        if (kicked) kicked->ban = ban;
        return kicked;
      });
  Status status = Discard(change);
  const bool absent = !status && status.error().code == Errc::kPusherNotFound;
  if (absent && ban) status = ban_store_.PutBan(*ban);
  if (!status) {
    if (ban) bans_.Restore(*ban, banned_before);
    return status.error();
  }
  logger_.Info("pusher_kicked", {{"kind", RoomKindName(command.room.kind)},
                                 {"room", command.room.id.value},
                                 {"user", command.user_id.value},
                                 {"was_pusher", change.ok()},
                                 {"ban_ms", command.ban ? command.ban->count() : 0}});
  if (change) LogEnd(*change);
  return KickOutcome{
      .was_pusher = change.ok(),
      .room_destroyed = change.ok() && change->closed,
      .banned_until = ban ? std::optional(ban->until) : std::nullopt,
  };
}

Status RoomService::DismissRoom(const RoomKey& room) {
  const TimePoint now = clock_.Now();
  const Result<RoomChange> change =
      store_.Update(room, [&](const Room* stored) { return rules::DismissRoom(stored, now); });
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
