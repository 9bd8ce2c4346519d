#include "daemon/core/room_service.h"

#include <utility>

#include "daemon/core/room_deliveries.h"
#include "daemon/core/room_rules.h"

namespace rtcroom {
namespace {

Status Discard(const Result<RoomChange>& change) {
  if (change) return {};
  return change.error();
}

}  // namespace

RoomService::RoomService(const RoomServiceDeps& deps, RoomServiceOptions options, Logger& logger)
    : store_(deps.store),
      ban_store_(deps.ban_store),
      bans_(deps.bans),
      leases_(deps.leases),
      quota_(deps.quota),
      streams_(deps.streams),
      clock_(deps.clock),
      options_(options),
      logger_(logger),
      creator_(deps.groups, deps.ids) {}

std::vector<Result<RoomChange>> RoomService::UpdateAll(std::vector<RoomUpdate> updates) {
  if (options_.enqueues_deliveries) {
    for (RoomUpdate& update : updates) update.edit = WithDeliveries(std::move(update.edit));
  }
  return store_.UpdateAll(updates);
}

Result<RoomChange> RoomService::Update(RoomUpdate update) {
  if (options_.enqueues_deliveries) update.edit = WithDeliveries(std::move(update.edit));
  return store_.Update(std::move(update));
}

Result<RoomChange> RoomService::Update(const RoomKey& key, RoomEdit edit) {
  return Update({.key = key, .edit = std::move(edit)});
}

Status RoomService::DestroyRoom(const MemberCommand& command) {
  if (leases_.IsBoundElsewhere(command.room, command.user_id, command.from)) {
    return Error{Errc::kNotCreator, "calls from another address"};
  }
  const TimePoint now = clock_.Now();
  const Result<RoomChange> change = Update(command.room, [&](const Room* stored) {
    return rules::DestroyRoom(stored, command.dialect, command.user_id, options_.policy, now);
  });
  if (change) LogEnd(*change);
  return Discard(change);
}

Status RoomService::DeletePusher(const MemberCommand& command) {
  if (leases_.IsBoundElsewhere(command.room, command.user_id, command.from)) {
    return Error{Errc::kPusherNotFound, "calls from another address"};
  }
  const TimePoint now = clock_.Now();
  const Result<RoomChange> change = Update(command.room, [&](const Room* stored) {
    return Remove(stored, command.dialect, command.user_id, LeaveReason::kLeft, now);
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
    // From here on the user is kept out; a later failure reverts the ban.
    const Result<std::optional<TimePoint>> put = bans_.Put(*ban);
    if (!put) return put.error();
    banned_before = *put;
  }
  const Result<RoomChange> change =
      Update(command.room, [&](const Room* stored) -> Result<RoomChange> {
        if (stored == nullptr) return Error{Errc::kPusherNotFound, {}};
        Result<RoomChange> kicked =
            Remove(stored, stored->dialect, command.user_id, LeaveReason::kKicked, now);
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
      Update(room, [&](const Room* stored) { return rules::DismissRoom(stored, now); });
  if (change) LogEnd(*change);
  return Discard(change);
}

Status RoomService::TouchPusher(const MemberCommand& command) {
  const bool isolated = options_.policy.interop == Interop::kIsolated;
  const std::optional<Dialect> of = isolated ? std::optional(command.dialect) : std::nullopt;
  if (leases_.Touch(command.room, of, command.user_id, command.from)) return {};
  return Error{Errc::kPusherNotFound, {}};
}

Result<Room> RoomService::LoadRoom(const RoomKey& key, Dialect dialect) {
  Result<Room> room = store_.Load(key);
  if (!room) return room;
  const bool is_visible = room->IsActive() && options_.policy.CanSee(dialect, room->dialect);
  if (!is_visible) return Error{Errc::kRoomNotFound, {}};
  return room;
}

Result<std::vector<Room>> RoomService::ListRooms(RoomListQuery query) {
  if (options_.policy.interop == Interop::kShared) query.dialect.reset();
  return store_.List(query);
}

Result<RoomChange> RoomService::Remove(const Room* stored, Dialect dialect, const UserId& user_id,
                                       LeaveReason reason, TimePoint now) const {
  const auto mixed_play_url = [this](const Pusher& creator) { return MixedPlayUrl(creator); };
  return rules::DeletePusher(stored, dialect, user_id, reason, mixed_play_url, options_.policy,
                             now);
}

void RoomService::LogCreation(const Room& room) {
  logger_.Info("room_created", {{"kind", RoomKindName(room.key.kind)},
                                {"room", room.key.id.value},
                                {"creator", room.creator.value}});
}

void RoomService::LogEnd(const RoomChange& change) {
  if (!change.closed) return;
  const auto* end = std::get_if<RoomDestroyed>(&change.events.back().payload);
  if (end == nullptr) return;
  logger_.Info("room_destroyed", {{"kind", RoomKindName(change.room.key.kind)},
                                  {"room", change.room.key.id.value},
                                  {"reason", EndReasonName(end->reason)}});
}

}  // namespace rtcroom
