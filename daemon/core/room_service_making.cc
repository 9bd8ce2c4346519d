// The use cases of rooms: creating rooms and adding pushers.
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/log_scope.h"
#include "daemon/core/room_rules.h"
#include "daemon/core/room_service.h"

namespace rtcroom {
namespace {

/// Maximum attempts to enter a room that other callers create and destroy meanwhile.
constexpr int kTriesToAdd = 16;

/// The delivery of a new room whose group could not be created in time.
DeliveryChange LaterGroup(const RoomId& room_id) {
  return {.group = room_id, .drops_pending = true, .enqueue = DeliveryKind::kCreateGroup};
}

}  // namespace

Pusher RoomService::MakePusher(Dialect dialect, const UserId& user_id,
                               const PusherProfile& profile) const {
  const std::string stream = StreamOf(dialect, user_id, profile.push_url, streams_);
  return {.user_id = user_id,
          .user_name = profile.user_name,
          .user_avatar = profile.user_avatar,
          .push_url = profile.push_url,
          .accelerate_url = AccelerateUrl(user_id, stream)};
}

std::string RoomService::AccelerateUrl(const UserId& user_id, std::string_view stream) const {
  if (stream.empty()) return {};
  // Members choose their push URLs: signing any named stream would expose other users' streams.
  return IsOwnStream(stream, user_id, streams_) ? streams_.AccelerateUrl(stream, clock_.Now())
                                                : streams_.UnsignedAccelerateUrl(stream);
}

std::string RoomService::MixedPlayUrl(const Pusher& creator) const {
  // The stream of the accelerateURL, whatever the dialect of the present and earlier creators.
  const std::string_view stream = StreamInPushUrl(creator.accelerate_url);
  return stream.empty() ? std::string() : streams_.MixedPlayUrl(stream);
}

Result<RoomQuota::Claim> RoomService::ClaimSeat(const SeatOwner& owner, const RoomKey& room,
                                                const UserId& user_id) {
  if (quota_ == nullptr) return RoomQuota::Claim();
  const bool is_seated = leases_.StateOf(room, user_id).has_value();
  return quota_->Take(owner, room, user_id, is_seated);
}

void RoomService::CreateRoom(const CreateRoomCommand& command, CreateDone done) {
  creator_.Create(
      {.kind = command.kind,
       .dialect = command.dialect,
       .creator = command.user_id,
       .room_id = command.room_id,
       .deadline = clock_.Monotonic() + options_.group_deadline,
       .enter_stored = [this, command] { return CreateStored(command); }},
      [this, command, request = std::string(LogScope::Current())](const RoomId& room_id,
                                                                  const GroupReady& group) {
        const LogScope scope(request);  // possibly on another thread
        return StoreRoom(command, room_id, group, IfAbsent::kMake);
      },
      std::move(done));
}

Status RoomService::CreateStored(const CreateRoomCommand& command) {
  Status entered = Error{Errc::kRoomNotFound, {}};
  if (command.room_id) {
    const Result<Room> stored = store_.Load({.kind = command.kind, .id = *command.room_id});
    // A retry, or a room of another creator: no group to create. If the room ends at this moment,
    // the new room needs a group like any other.
    entered = stored ? StoreRoom(command, *command.room_id, {}, IfAbsent::kRefuse)
                     : Status(stored.error());
  }
  const bool absent = !entered && entered.error().code == Errc::kRoomNotFound;
  if (!absent || quota_ == nullptr) return entered;
  // Checked before a group is created in vain.
  const Status may_hold = quota_->Check(command.owner);
  return may_hold ? entered : may_hold;
}

Status RoomService::StoreRoom(const CreateRoomCommand& command, const RoomId& room_id,
                              const GroupReady& group, IfAbsent if_absent) {
  const TimePoint now = clock_.Now();
  Room room{.key = {.kind = command.kind, .id = room_id},
            .dialect = command.dialect,
            .creator = command.user_id,
            .info = command.info,
            .type = command.type};
  const Result<RoomQuota::Claim> seat = ClaimSeat(command.owner, room.key, command.user_id);
  if (!seat) return seat.error();
  const Pusher creator = MakePusher(command.dialect, command.user_id, command.profile);
  const bool starts_active = StartsActive(command.kind, command.dialect);
  if (starts_active) room.mixed_play_url = MixedPlayUrl(creator);
  const Result<RoomChange> change = Update(room.key, [&](const Room* stored) -> Result<RoomChange> {
    if (bans_.IsBanned(room.key, command.user_id)) return Error{Errc::kNotAllowed, {}};
    if (stored == nullptr && if_absent == IfAbsent::kRefuse) {
      return Error{Errc::kRoomNotFound, {}};
    }
    Result<RoomChange> made = starts_active ? rules::CreateRoom(stored, room, creator, now)
                                            : rules::PrepareRoom(stored, room, now);
    if (made && group.is_made_later) made->delivery = LaterGroup(room.key.id);
    return made;
  });
  if (!change) return change.error();
  if (!command.from.empty()) leases_.Bind(room.key, command.user_id, command.from);
  const bool made_now = !change->events.empty() && change->events.front().room_sequence == 1;
  if (made_now) LogCreation(change->room);
  return {};
}

void RoomService::AddPusher(const AddPusherCommand& command, AddDone done) {
  AddPusher(command, kTriesToAdd, clock_.Monotonic() + options_.group_deadline, std::move(done));
}

void RoomService::AddPusher(const AddPusherCommand& command, int tries, MonotonicTime deadline,
                            AddDone done) {
  const Status added = AddToStored(command);
  const bool absent = !added && added.error().code == Errc::kRoomNotFound;
  if (!absent || !AddMakesRoom(command.room.kind, command.dialect)) return done(added);
  if (tries == 0) return done(Error{Errc::kStoreBusy, "the room comes and goes"});
  // Shared, since either of the two continuations needs it.
  const auto shared_done = std::make_shared<AddDone>(std::move(done));
  creator_.Create(
      {.kind = command.room.kind,
       .dialect = command.dialect,
       .creator = command.user_id,
       .room_id = command.room.id,
       .deadline = deadline,
       .enter_stored = [this, command] { return AddToStored(command); },
       .made_by_another =
           [this, command, tries, deadline, shared_done](const Status& outcome) {
             // The group could not be created, and a retry would not help.
             if (!outcome && outcome.error().code == Errc::kUnavailable) {
               return (*shared_done)(outcome);
             }
             if (!outcome && outcome.error().code == Errc::kRoomExists) {
               // A room of another kind or dialect is being created: waiting for it would not help.
               const Status seated = AddToStored(command);
               const bool still_absent = !seated && seated.error().code == Errc::kRoomNotFound;
               return (*shared_done)(still_absent ? outcome : seated);
             }
             // Retried as a later call, whatever the outcome of the other attempt.
             AddPusher(command, tries - 1, deadline, *shared_done);
           }},
      [this, command, request = std::string(LogScope::Current())](const RoomId& /*room_id*/,
                                                                  const GroupReady& group) {
        const LogScope scope(request);
        return AddOrCreate(command, group);
      },
      [shared_done](const Result<RoomId>& made) {
        (*shared_done)(made ? Status() : Status(made.error()));
      });
}

Status RoomService::AddToStored(const AddPusherCommand& command) {
  return StorePusher(command, [](const Room& /*room*/, const Pusher& /*creator*/) {
    return Error{Errc::kRoomNotFound, {}};
  });
}

Status RoomService::AddOrCreate(const AddPusherCommand& command, const GroupReady& group) {
  return StorePusher(command, [&, now = clock_.Now()](const Room& room, const Pusher& creator) {
    Result<RoomChange> made = rules::CreateRoom(nullptr, room, creator, now);
    if (made && group.is_made_later) made->delivery = LaterGroup(room.key.id);
    return made;
  });
}

Status RoomService::StorePusher(const AddPusherCommand& command, const MakeAbsent& make_absent) {
  const TimePoint now = clock_.Now();
  const Result<RoomQuota::Claim> seat = ClaimSeat(command.owner, command.room, command.user_id);
  if (!seat) return seat.error();
  const Pusher pusher = MakePusher(command.dialect, command.user_id, command.profile);
  const Room room{.key = command.room,
                  .dialect = command.dialect,
                  .creator = command.user_id,
                  .info = command.info,
                  .mixed_play_url = MixedPlayUrl(pusher)};
  const RoomPolicy& policy = options_.policy;
  const Result<RoomChange> change =
      Update(command.room, [&](const Room* stored) -> Result<RoomChange> {
        // Checked inside the atomic step, so that no join can happen between a kick and its ban.
        if (bans_.IsBanned(command.room, command.user_id)) return Error{Errc::kNotAllowed, {}};
        if (stored == nullptr) return make_absent(room, pusher);
        const bool hidden = !policy.CanSee(command.dialect, stored->dialect);
        if (hidden && AddMakesRoom(command.room.kind, command.dialect)) {
          return Error{Errc::kRoomExists, {}};
        }
        return rules::AddPusher(stored, command.dialect, pusher, room.mixed_play_url, policy, now);
      });
  if (!change) return change.error();
  if (!command.from.empty()) leases_.Bind(room.key, command.user_id, command.from);
  if (change->events.front().room_sequence == 1) LogCreation(change->room);
  return {};
}

}  // namespace rtcroom
