#include "daemon/core/room_rules.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/core/stream_urls.h"

namespace rtcroom::rules {
namespace {

/// Appends the next event of the changed room.
void Append(RoomChange& change, TimePoint now, EventPayload payload) {
  change.events.push_back({.room = change.room.key,
                           .dialect = change.room.dialect,
                           .room_sequence = ++change.room.last_event,
                           .at = now,
                           .payload = std::move(payload)});
}

bool CanSee(const RoomPolicy& policy, Dialect dialect, const Room* stored) {
  return stored != nullptr && policy.CanSee(dialect, stored->dialect);
}

bool SeesActive(const RoomPolicy& policy, Dialect dialect, const Room* stored) {
  return CanSee(policy, dialect, stored) && stored->IsActive();
}

void Seat(RoomChange& change, Pusher joining, TimePoint now) {
  joining.added_at = now;
  joining.seat = change.room.last_event + 1;
  Append(change, now,
         PusherAdded{.user_id = joining.user_id,
                     .user_name = joining.user_name,
                     .user_avatar = joining.user_avatar,
                     .stream = std::string(StreamInPushUrl(joining.push_url)),
                     .bound_to = joining.bound_to});
  change.room.pushers.push_back(std::move(joining));
}

/// A phone that lost its network rejoins with a fresh push URL and keeps its seat. The dialect
/// decides whether clients get a notice; the event is written in any case.
RoomChange Refresh(const Room& stored, Pusher joining, TimePoint now) {
  RoomChange change{.room = stored};
  const auto seat = std::ranges::find(change.room.pushers, joining.user_id, &Pusher::user_id);
  joining.seat = seat->seat;
  joining.mix_place = seat->mix_place;
  // The time tells this stay from the one before.
  joining.added_at = std::max(now, seat->added_at + std::chrono::milliseconds(1));
  Append(change, now,
         PusherUpdated{.user_id = joining.user_id,
                       .user_name = joining.user_name,
                       .user_avatar = joining.user_avatar,
                       .stream = std::string(StreamInPushUrl(joining.push_url)),
                       .bound_to = joining.bound_to});
  *seat = std::move(joining);
  return change;
}

/// The initial state of `room`, without pushers.
RoomChange Begin(const Room& room, TimePoint now) {
  RoomChange change{.room = room};
  change.room.created_at = now;
  change.room.last_event = 0;
  change.room.pushers.clear();
  Append(change, now,
         RoomCreated{.creator = room.creator, .info = room.info, .is_group = IsCreatedGroup(room)});
  return change;
}

/// Removes all remaining members together with the room.
void Close(RoomChange& change, EndReason reason, TimePoint now) {
  for (const Pusher& pusher : change.room.pushers) {
    Append(change, now,
           PusherDeleted{.user_id = pusher.user_id, .reason = LeaveReason::kRoomDestroyed});
  }
  change.room.pushers.clear();
  Append(change, now, RoomDestroyed{.reason = reason});
  change.closed = true;
}

}  // namespace

Result<RoomChange> CreateRoom(const Room* stored, const Room& room, const Pusher& creator,
                              TimePoint now) {
  if (stored != nullptr) {
    const bool retried = stored->dialect == room.dialect && stored->creator == creator.user_id &&
                         FindPusher(*stored, creator.user_id) != nullptr;
    if (!retried) return Error{Errc::kRoomExists, {}};
    return Refresh(*stored, creator, now);
  }
  Room begun = room;
  begun.creator = creator.user_id;
  RoomChange change = Begin(begun, now);
  Seat(change, creator, now);
  return change;
}

Result<RoomChange> PrepareRoom(const Room* stored, const Room& room, TimePoint now) {
  if (stored == nullptr) return Begin(room, now);
  const bool retried =
      stored->dialect == room.dialect && stored->creator == room.creator && !stored->IsActive();
  if (!retried) return Error{Errc::kRoomExists, {}};
  return RoomChange{.room = *stored};
}

Result<RoomChange> AddPusher(const Room* stored, Dialect dialect, Pusher joining,
                             std::string_view mixed_play_url, const RoomPolicy& policy,
                             TimePoint now) {
  if (!CanSee(policy, dialect, stored)) return Error{Errc::kRoomNotFound, {}};
  if (FindPusher(*stored, joining.user_id) != nullptr) {
    const bool is_creator = stored->creator == joining.user_id;
    RoomChange change = Refresh(*stored, std::move(joining), now);
    // The creator's stream may have changed.
    if (is_creator) change.room.mixed_play_url = mixed_play_url;
    return change;
  }
  if (stored->pushers.size() >= policy.limits.PushersIn(stored->key.kind)) {
    return Error{Errc::kRoomFull, {}};
  }
  // It may have waited for long, with others in it.
  const bool is_anothers = IsCreatedGroup(*stored) && stored->creator != joining.user_id;
  if (is_anothers && !stored->IsActive()) return Error{Errc::kNotAllowed, "another's group"};
  RoomChange change{.room = *stored};
  if (!stored->IsActive()) {
    change.room.creator = joining.user_id;
    change.room.mixed_play_url = mixed_play_url;
    Append(change, now, RoomActivated{.creator = joining.user_id});
  }
  Seat(change, std::move(joining), now);
  return change;
}

Result<RoomChange> DeletePusher(const Room* stored, Dialect dialect, const UserId& user_id,
                                LeaveReason reason, const MixedPlayUrlOf& mixed_play_url,
                                const RoomPolicy& policy, TimePoint now) {
  if (!CanSee(policy, dialect, stored)) return Error{Errc::kPusherNotFound, {}};
  RoomChange change{.room = *stored};
  Room& room = change.room;
  if (std::erase_if(room.pushers,
                    [&](const Pusher& pusher) { return pusher.user_id == user_id; }) == 0) {
    return Error{Errc::kPusherNotFound, {}};
  }
  PusherDeleted deleted{.user_id = user_id, .reason = reason, .new_creator = {}};
  const bool was_creator = user_id == room.creator;
  const bool ends_with_creator = was_creator && policy.EndsWithCreator(room.key.kind, room.dialect);
  const bool passes_on = was_creator && !ends_with_creator && !room.pushers.empty();
  if (passes_on) {
    const Pusher& oldest = room.pushers.front();
    room.creator = oldest.user_id;
    room.mixed_play_url = mixed_play_url(oldest);
    deleted.new_creator = room.creator;
  }
  Append(change, now, std::move(deleted));
  if (ends_with_creator) {
    Close(change, EndReason::kCreatorLeft, now);
  } else if (room.pushers.empty()) {
    Close(change, EndReason::kLastLeft, now);
  }
  return change;
}

Result<RoomChange> DestroyRoom(const Room* stored, Dialect dialect, const UserId& user_id,
                               const RoomPolicy& policy, TimePoint now) {
  if (!CanSee(policy, dialect, stored)) return Error{Errc::kRoomNotFound, {}};
  if (stored->creator != user_id) return Error{Errc::kNotCreator, {}};
  RoomChange change{.room = *stored};
  Close(change, EndReason::kDestroyed, now);
  return change;
}

Result<RoomChange> DismissRoom(const Room* stored, TimePoint now) {
  if (stored == nullptr) return Error{Errc::kRoomNotFound, {}};
  RoomChange change{.room = *stored};
  Close(change, EndReason::kDismissed, now);
  return change;
}

Result<RoomChange> ExpireInactiveRoom(const Room* stored, std::uint64_t sequence, TimePoint now) {
  if (stored == nullptr) return Error{Errc::kRoomNotFound, {}};
  RoomChange change{.room = *stored};
  if (stored->sequence == sequence && !stored->IsActive()) Close(change, EndReason::kIdle, now);
  return change;
}

Result<RoomChange> ChangeCustom(const Room* stored, Dialect dialect, const UserId& user_id,
                                CustomRight right, const CustomEdit& edit, const RoomPolicy& policy,
                                TimePoint now) {
  if (!SeesActive(policy, dialect, stored)) return Error{Errc::kRoomNotFound, {}};
  const bool is_member = stored->creator == user_id || FindPusher(*stored, user_id) != nullptr;
  if (right == CustomRight::kMembers && !is_member) return Error{Errc::kNotAllowed, {}};
  Result<CustomChange> edited = edit(stored->custom);
  if (!edited) return edited.error();
  RoomChange change{.room = *stored};
  if (edited->custom == stored->custom) return change;
  change.room.custom = std::move(edited->custom);
  edited->event.user_id = user_id;
  Append(change, now, std::move(edited->event));
  return change;
}

Result<RoomChange> ChangeMix(const Room* stored, const MixEdit& edit) {
  if (stored == nullptr || !stored->IsActive()) return Error{Errc::kRoomNotFound, {}};
  const Result<RoomMix> mix = edit(*stored);
  if (!mix) return mix.error();
  RoomChange change{.room = *stored};
  change.room.mix.reset();
  for (Pusher& pusher : change.room.pushers) pusher.mix_place.reset();
  if (!mix->inputs.empty()) change.room.mix = mix->canvas;
  for (const RoomMix::Input& input : mix->inputs) {
    const auto pusher = std::ranges::find(change.room.pushers, input.user_id, &Pusher::user_id);
    if (pusher != change.room.pushers.end()) pusher->mix_place = input.place;
  }
  change.sets_mix = change.room != *stored;
  return change;
}

Result<RoomChange> AddAudience(const Room* stored, Dialect dialect, Audience viewer,
                               const RoomPolicy& policy, TimePoint now, Rejoin rejoin) {
  if (!SeesActive(policy, dialect, stored)) return Error{Errc::kRoomNotFound, {}};
  RoomChange change{.room = *stored};
  Room& room = change.room;
  const bool begins_stay = rejoin == Rejoin::kBeginsStay;
  const auto known = std::ranges::find(room.audiences, viewer.user_id, &Audience::user_id);
  AudienceAdded added{.user_id = viewer.user_id, .user_info = viewer.user_info};
  if (known != room.audiences.end()) {
    if (known->user_info == viewer.user_info && !begins_stay) return change;
    added.is_new = false;
    added.begins_stay = begins_stay;
    known->user_info = std::move(viewer.user_info);
    if (begins_stay) known->seat = room.last_event + 1;
  } else {
    if (room.audience_count >= policy.limits.max_audiences) return Error{Errc::kAudienceFull, {}};
    viewer.seat = room.last_event + 1;
    room.audiences.push_back(std::move(viewer));
    ++room.audience_count;
  }
  added.audience_count = room.audience_count;
  Append(change, now, std::move(added));
  return change;
}

Result<RoomChange> DeleteAudience(const Room* stored, Dialect dialect, const UserId& user_id,
                                  LeaveReason reason, const RoomPolicy& policy, TimePoint now) {
  if (!SeesActive(policy, dialect, stored)) return Error{Errc::kRoomNotFound, {}};
  RoomChange change{.room = *stored};
  Room& room = change.room;
  const auto viewer = std::ranges::find(room.audiences, user_id, &Audience::user_id);
  if (viewer == room.audiences.end()) return change;
  AudienceDeleted deleted{.user_id = user_id, .reason = reason};
  if (reason == LeaveReason::kHeartbeatTimeout) deleted.user_info = std::move(viewer->user_info);
  room.audiences.erase(viewer);
  --room.audience_count;
  deleted.audience_count = room.audience_count;
  Append(change, now, std::move(deleted));
  return change;
}

}  // namespace rtcroom::rules
