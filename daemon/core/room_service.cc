#include "daemon/core/room_service.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/log_scope.h"
#include "daemon/core/room_deliveries.h"
#include "daemon/core/room_rules.h"
#include "daemon/core/stream_revocations.h"

namespace rtcroom {
namespace {

/// Maximum attempts to enter a room that other callers create and destroy meanwhile.
constexpr int kTriesToAdd = 16;

/// The delivery of a new room whose group could not be created in time.
DeliveryChange LaterGroup(const RoomId& room_id) {
  return {.group = room_id, .drops_pending = true, .enqueue = DeliveryKind::kCreateGroup};
}

Status Discard(const Result<RoomChange>& change) {
  if (change) return {};
  return change.error();
}

/// @param member  null: the user is none.
bool IsOtherStay(const Room* stored, const auto* member, std::string_view stay) {
  return member != nullptr && !stay.empty() && StayOf(*stored, *member) != stay;
}

/// @param member  null: the user is none.
void Tell(const StayWish& wish, const Room& room, const auto* member) {
  if (wish != nullptr && member != nullptr) *wish = StayOf(room, *member);
}

}  // namespace

RoomService::RoomService(const RoomServiceDeps& deps, RoomServiceOptions options, Logger& logger)
    : store_(deps.store),
      ban_store_(deps.ban_store),
      bans_(deps.bans),
      leases_(deps.leases),
      quota_(deps.quota),
      streams_(deps.streams),
      claims_(deps.claims),
      events_(deps.events),
      clock_(deps.clock),
      options_(options),
      logger_(logger),
      creator_(deps.groups, deps.ids) {}

RoomEdit RoomService::WithEffects(RoomEdit edit) const {
  if (options_.deliveries.im || options_.deliveries.trtc) {
    edit = WithDeliveries(std::move(edit), options_.deliveries);
  }
  if (claims_ != nullptr) {
    edit = WithRevocations(
        std::move(edit),
        {.streams = streams_, .claims = *claims_, .until = clock_.Now() + options_.push_url_ttl});
  }
  return edit;
}

std::vector<Result<RoomChange>> RoomService::UpdateAll(std::vector<RoomUpdate> updates) {
  for (RoomUpdate& update : updates) update.edit = WithEffects(std::move(update.edit));
  return store_.UpdateAll(updates);
}

Result<RoomChange> RoomService::Update(RoomUpdate update) {
  update.edit = WithEffects(std::move(update.edit));
  return store_.Update(std::move(update));
}

Result<RoomChange> RoomService::Update(const RoomKey& key, RoomEdit edit) {
  return Update({.key = key, .edit = std::move(edit)});
}

Status RoomService::DestroyRoom(const MemberCommand& command) {
  const TimePoint now = clock_.Now();
  const Result<RoomChange> change =
      Update(command.room, [&](const Room* stored) -> Result<RoomChange> {
        if (IsBoundElsewhere(stored, command)) {
          return Error{Errc::kNotCreator, "calls from another address"};
        }
        return rules::DestroyRoom(stored, command.dialect, command.user_id, options_.policy, now);
      });
  if (change) LogEnd(*change);
  return Discard(change);
}

Status RoomService::DeletePusher(const MemberCommand& command, std::string_view stay) {
  const TimePoint now = clock_.Now();
  const Result<RoomChange> change =
      Update(command.room, [&](const Room* stored) -> Result<RoomChange> {
        if (IsBoundElsewhere(stored, command)) {
          return Error{Errc::kPusherNotFound, "calls from another address"};
        }
        const Pusher* const pusher =
            stored == nullptr ? nullptr : FindPusher(*stored, command.user_id);
        if (IsOtherStay(stored, pusher, stay)) {
          return Error{Errc::kPusherNotFound, "there by another stay"};
        }
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
    // Where the outcome is unknown the ban may be stored.
    const bool is_undone = status.error().code != Errc::kOutcomeUnknown;
    if (ban && is_undone) bans_.Restore(*ban, banned_before);
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

Status RoomService::DismissRoom(const RoomKey& room,
                                const std::function<bool(const Room&)>& holds) {
  const TimePoint now = clock_.Now();
  const Result<RoomChange> change = Update(room, [&](const Room* stored) -> Result<RoomChange> {
    if (stored != nullptr && holds && !holds(*stored)) return Error{Errc::kRoomNotFound, {}};
    return rules::DismissRoom(stored, now);
  });
  if (change) LogEnd(*change);
  return Discard(change);
}

Status RoomService::TouchPusher(const MemberCommand& command) {
  const bool isolated = options_.policy.interop == Interop::kIsolated;
  const std::optional<Dialect> of = isolated ? std::optional(command.dialect) : std::nullopt;
  if (leases_.Touch(command.room, of, command.user_id, command.from)) return {};
  return Error{Errc::kPusherNotFound, {}};
}

Result<Room> RoomService::LoadRoomOfPusher(const MemberCommand& command) {
  Result<Room> room = LoadRoom(command.room, command.dialect);
  if (!room) return room;
  const bool is_pusher =
      FindPusher(*room, command.user_id) != nullptr && !IsBoundElsewhere(&*room, command);
  if (!is_pusher) return Error{Errc::kPusherNotFound, "no pusher, or from another address"};
  return room;
}

Result<Room> RoomService::LoadRoomOfMember(const MemberCommand& command) {
  Result<Room> room = LoadRoom(command.room, command.dialect);
  if (!room) return room;
  bool is_member = false;
  if (FindPusher(*room, command.user_id) != nullptr) {
    is_member = !IsBoundElsewhere(&*room, command);
  } else if (room->audience_count > 0) {
    const auto viewers = store_.FindAudiences(command.room, {&command.user_id, 1});
    if (!viewers) return viewers.error();
    is_member = !viewers->empty();
  }
  if (!is_member) return Error{Errc::kNotAllowed, "userID: no member of the room"};
  return room;
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

bool RoomService::IsBoundElsewhere(const Room* stored, const MemberCommand& command) const {
  const Pusher* const pusher = stored == nullptr ? nullptr : FindPusher(*stored, command.user_id);
  if (pusher == nullptr) return false;
  // Memory may not know yet what was bound at another server; a store of one process knows nothing.
  return pusher->bound_to.empty()
             ? leases_.IsBoundElsewhere(command.room, command.user_id, command.from)
             : IsFromElsewhere(pusher->bound_to, command.from);
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

Pusher RoomService::MakePusher(Dialect dialect, const UserId& user_id, const PusherProfile& profile,
                               const std::string& from) const {
  const std::string stream =
      StreamOf(dialect, user_id, StreamInPushUrl(profile.push_url), streams_);
  return {.user_id = user_id,
          .user_name = profile.user_name,
          .user_avatar = profile.user_avatar,
          .push_url = profile.push_url,
          .accelerate_url = AccelerateUrl(user_id, stream),
          .bound_to = from};
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
  // A retry, or a room of another creator: no turn among the attempts to take, no group to create.
  const Status entered = CreateStored(command);
  if (entered) return done(*command.room_id);
  if (entered.error().code != Errc::kRoomNotFound) return done(entered.error());
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
    // If the room ends at this moment, the new room needs a group like any other.
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
            .type = command.type,
            .custom = command.custom};
  const Result<RoomQuota::Claim> seat = ClaimSeat(command.owner, room.key, command.user_id);
  if (!seat) return seat.error();
  const Pusher creator =
      MakePusher(command.dialect, command.user_id, command.profile, command.from);
  const bool starts_active = StartsActive(command.kind, command.dialect);
  if (starts_active) room.mixed_play_url = MixedPlayUrl(creator);
  const auto create = [&](const Room* stored) -> Result<RoomChange> {
    if (bans_.IsBanned(room.key, command.user_id)) return Error{Errc::kNotAllowed, {}};
    if (stored == nullptr && if_absent == IfAbsent::kRefuse) {
      return Error{Errc::kRoomNotFound, {}};
    }
    Result<RoomChange> made = starts_active ? rules::CreateRoom(stored, room, creator, now)
                                            : rules::PrepareRoom(stored, room, now);
    if (made && group.is_made_later) made->delivery = LaterGroup(room.key.id);
    return made;
  };
  const Result<RoomChange> change =
      Update({.key = room.key, .edit = create, .guest = command.user_id});
  if (!change) return change.error();
  Tell(command.stay, change->room, FindPusher(change->room, command.user_id));
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
  const Pusher pusher = MakePusher(command.dialect, command.user_id, command.profile, command.from);
  const Room room{.key = command.room,
                  .dialect = command.dialect,
                  .creator = command.user_id,
                  .info = command.info,
                  .mixed_play_url = MixedPlayUrl(pusher)};
  const RoomPolicy& policy = options_.policy;
  const auto add = [&](const Room* stored) -> Result<RoomChange> {
    // Checked inside the atomic step, so that no join can happen between a kick and its ban.
    if (bans_.IsBanned(command.room, command.user_id)) return Error{Errc::kNotAllowed, {}};
    if (stored == nullptr) return make_absent(room, pusher);
    const bool hidden = !policy.CanSee(command.dialect, stored->dialect);
    if (hidden && AddMakesRoom(command.room.kind, command.dialect)) {
      return Error{Errc::kRoomExists, {}};
    }
    return rules::AddPusher(stored, command.dialect, pusher, room.mixed_play_url, policy, now);
  };
  const Result<RoomChange> change =
      Update({.key = command.room, .edit = add, .guest = command.user_id});
  if (!change) return change.error();
  Tell(command.stay, change->room, FindPusher(change->room, command.user_id));
  if (change->events.front().room_sequence == 1) LogCreation(change->room);
  return {};
}

Result<std::string> RoomService::SetCustom(const SetCustomCommand& command) {
  const TimePoint now = clock_.Now();
  const MemberCommand& member = command.member;
  Result<RoomChange> change = Update(member.room, [&](const Room* stored) {
    return rules::ChangeCustom(stored, member.dialect, member.user_id, command.right, command.edit,
                               options_.policy, now);
  });
  if (!change) return change.error();
  return std::move(change->room.custom);
}

Status RoomService::SetMix(const RoomKey& room, const rules::MixEdit& edit) {
  const Result<RoomChange> change =
      Update(room, [&edit](const Room* stored) { return rules::ChangeMix(stored, edit); });
  return change ? Status() : Status(change.error());
}

Status RoomService::AddAudience(const AddAudienceCommand& command) {
  const TimePoint now = clock_.Now();
  const MemberCommand& member = command.member;
  const Audience viewer{.user_id = member.user_id, .user_info = command.user_info};
  const auto rejoin = command.stay ? rules::Rejoin::kBeginsStay : rules::Rejoin::kKeepsStay;
  const Result<RoomChange> change =
      Update({.key = member.room,
              .edit =
                  [&](const Room* stored) {
                    return rules::AddAudience(stored, member.dialect, viewer, options_.policy, now,
                                              rejoin);
                  },
              .audience = member.user_id});
  if (!change) return change.error();
  Tell(command.stay, change->room, FindAudience(change->room, member.user_id));
  return {};
}

Status RoomService::DeleteAudience(const MemberCommand& command, std::string_view stay) {
  const TimePoint now = clock_.Now();
  const Result<RoomChange> change =
      Update({.key = command.room,
              .edit = [&](const Room* stored) -> Result<RoomChange> {
                const Audience* const viewer =
                    stored == nullptr ? nullptr : FindAudience(*stored, command.user_id);
                if (IsOtherStay(stored, viewer, stay)) return RoomChange{.room = *stored};
                return rules::DeleteAudience(stored, command.dialect, command.user_id,
                                             LeaveReason::kLeft, options_.policy, now);
              },
              .audience = command.user_id});
  if (change || change.error().code == Errc::kRoomNotFound) return {};
  return change.error();
}

Result<AudiencePage> RoomService::LoadAudiences(const RoomKey& key, Dialect dialect) {
  Result<AudiencePage> page = store_.LoadAudiences(key);
  if (!page && page.error().code != Errc::kRoomNotFound) return page.error();
  const bool is_visible = page && page->is_active && options_.policy.CanSee(dialect, page->dialect);
  return is_visible ? std::move(page) : AudiencePage();
}

}  // namespace rtcroom
