#include "tests/fuzz/room_model.h"

#include <algorithm>

namespace rtcroom {
namespace {

using Action = RoomCommand::Action;
using Outcome = RoomModel::Outcome;

Outcome Fails(Errc code) { return {.failure = code}; }
Outcome Emits(EventPayload payload) { return {.payloads = {std::move(payload)}}; }

bool IsWebrtc(const RoomCommand& command) { return command.room.kind == RoomKind::kWebrtc; }

/// Such rooms wait for pushers, and add_pusher creates a missing room (B.4.2, B.4.3).
bool IsPlainGen2(const RoomCommand& command) {
  return command.dialect == Dialect::kGen2 && !IsWebrtc(command);
}

RoomModel::Member MemberOf(const RoomCommand& command) {
  return {.user_id = command.user_id.value,
          .user_name = command.user_name,
          .user_avatar = command.user_avatar,
          .push_url = command.push_url};
}

template <typename Happening>
Happening About(const RoomCommand& command) {
  return {.user_id = command.user_id,
          .user_name = command.user_name,
          .user_avatar = command.user_avatar,
          .stream = command.push_url.substr(command.push_url.rfind('/') + 1)};
}

auto FindMember(RoomModel::ModelRoom& room, const UserId& user_id) {
  return std::ranges::find(room.members, user_id.value, &RoomModel::Member::user_id);
}

auto FindViewer(RoomModel::ModelRoom& room, const UserId& user_id) {
  return std::ranges::find(room.viewers, user_id.value, &RoomModel::Viewer::first);
}

}  // namespace

Outcome RoomModel::Apply(const RoomCommand& command) {
  if (command.action == Action::kCreate) return Create(command);
  const auto room = std::ranges::find(rooms_, command.room, &ModelRoom::key);
  const bool leaves = command.action == Action::kDelete || command.action == Action::kExpire;
  if (room == rooms_.end()) {
    if (command.action == Action::kAdd && IsPlainGen2(command)) return Make(command, true);
    return Fails(leaves ? Errc::kPusherNotFound : Errc::kRoomNotFound);
  }
  // Commands that are not client requests see every room.
  if (command.action == Action::kLook) return {};
  if (command.action == Action::kExpire) return Leave(room, command);
  if (command.action == Action::kDismiss) return End(room, EndReason::kDismissed, {});
  if (command.action == Action::kExpireInactive) {
    const bool waits = room->members.empty() && !command.is_stale;
    return waits ? End(room, EndReason::kIdle, {}) : Outcome{};
  }
  if (!Sees(command, *room)) {
    if (command.action == Action::kAdd && IsPlainGen2(command)) return Fails(Errc::kRoomExists);
    return Fails(leaves ? Errc::kPusherNotFound : Errc::kRoomNotFound);
  }
  if (command.action == Action::kAdd) return Add(room, command);
  if (command.action == Action::kDelete) return Leave(room, command);
  if (command.action == Action::kDestroy) return Destroy(room, command);
  if (room->members.empty()) return Fails(Errc::kRoomNotFound);  // a waiting room is invisible
  if (command.action == Action::kWatch) return Watch(room, command);
  if (command.action == Action::kUnwatch) return Unwatch(room, command);
  return ChangeCustom(room, command);
}

const RoomModel::ModelRoom* RoomModel::Find(const RoomKey& key) const {
  const auto room = std::ranges::find(rooms_, key, &ModelRoom::key);
  return room == rooms_.end() ? nullptr : &*room;
}

std::vector<const RoomModel::ModelRoom*> RoomModel::List(
    RoomKind kind, std::optional<Dialect> made_by, const std::optional<std::string>& type) const {
  std::vector<const ModelRoom*> listed;
  for (const ModelRoom& room : rooms_) {
    if (room.members.empty() || room.key.kind != kind) continue;
    if (made_by && room.made_by != *made_by) continue;
    if (type && room.type != *type) continue;
    listed.push_back(&room);
  }
  std::ranges::sort(listed, {}, [](const ModelRoom* room) { return room->activation; });
  return listed;
}

Outcome RoomModel::Make(const RoomCommand& command, bool with_pusher) {
  const auto holds_id = [&](const ModelRoom& room) { return room.key.id == command.room.id; };
  if (std::ranges::any_of(rooms_, holds_id)) return Fails(Errc::kRoomExists);
  if (rooms_.size() >= max_rooms_) return Fails(Errc::kTooManyRooms);
  ModelRoom& room = rooms_.emplace_back();
  room.key = command.room;
  room.made_by = command.dialect;
  room.creator = command.user_id.value;
  room.info = command.info;
  room.type = command.type;
  Outcome outcome = Emits(RoomCreated{.creator = command.user_id, .info = command.info});
  if (with_pusher) {
    room.members = {MemberOf(command)};
    room.activation = ++activations_;
    outcome.payloads.emplace_back(About<PusherAdded>(command));
  }
  return outcome;
}

Outcome RoomModel::Create(const RoomCommand& command) {
  const auto room = std::ranges::find(rooms_, command.room, &ModelRoom::key);
  // A retry by the creator succeeds (A.4.3); in gen-2 while the room waits (B.4.2).
  const bool is_own = room != rooms_.end() && room->made_by == command.dialect &&
                      room->creator == command.user_id.value;
  if (is_own && !IsPlainGen2(command)) return Add(room, command);
  if (is_own && room->members.empty()) return {};
  return Make(command, !IsPlainGen2(command));
}

Outcome RoomModel::Add(Place room, const RoomCommand& command) {
  const auto seat = FindMember(*room, command.user_id);
  if (seat != room->members.end()) {
    *seat = MemberOf(command);
    return Emits(About<PusherUpdated>(command));
  }
  if (room->members.size() >= Seats(room->key.kind)) return Fails(Errc::kRoomFull);
  Outcome outcome;
  if (room->members.empty()) {
    room->creator = command.user_id.value;
    room->activation = ++activations_;
    outcome = Emits(RoomActivated{.creator = command.user_id});
  }
  room->members.push_back(MemberOf(command));
  outcome.payloads.emplace_back(About<PusherAdded>(command));
  return outcome;
}

Outcome RoomModel::Leave(Place room, const RoomCommand& command) {
  const auto seat = FindMember(*room, command.user_id);
  if (seat == room->members.end()) return Fails(Errc::kPusherNotFound);
  room->members.erase(seat);
  PusherDeleted deleted{.user_id = command.user_id, .reason = LeaveReason::kLeft};
  if (command.action == Action::kExpire) deleted.reason = LeaveReason::kHeartbeatTimeout;

  const bool was_creator = room->creator == command.user_id.value;
  if (was_creator && CreatorEnds(*room)) return End(room, EndReason::kCreatorLeft, Emits(deleted));
  if (room->members.empty()) return End(room, EndReason::kLastLeft, Emits(deleted));
  if (was_creator) {
    room->creator = room->members.front().user_id;  // the oldest
    deleted.new_creator = {room->creator};
  }
  return Emits(deleted);
}

Outcome RoomModel::Destroy(Place room, const RoomCommand& command) {
  if (room->creator != command.user_id.value) return Fails(Errc::kNotCreator);
  return End(room, EndReason::kDestroyed, {});
}

Outcome RoomModel::Watch(Place room, const RoomCommand& command) {
  AudienceAdded added{.user_id = command.user_id, .user_info = command.info};
  const auto viewer = FindViewer(*room, command.user_id);
  if (viewer != room->viewers.end()) {
    if (viewer->second == command.info) return {};
    viewer->second = command.info;
    added.is_new = false;
  } else {
    if (room->viewers.size() >= policy_.limits.max_audiences) return Fails(Errc::kAudienceFull);
    room->viewers.emplace_back(command.user_id.value, command.info);
  }
  added.audience_count = room->viewers.size();
  return Emits(added);
}

Outcome RoomModel::Unwatch(Place room, const RoomCommand& command) {
  const auto viewer = FindViewer(*room, command.user_id);
  if (viewer == room->viewers.end()) return {};
  room->viewers.erase(viewer);
  return Emits(AudienceDeleted{.user_id = command.user_id, .audience_count = room->viewers.size()});
}

Outcome RoomModel::ChangeCustom(Place room, const RoomCommand& command) {
  const bool for_members =
      command.action == Action::kSetCustom && policy_.custom_set == CustomSet::kMembers;
  const bool is_member = FindMember(*room, command.user_id) != room->members.end() ||
                         room->creator == command.user_id.value;
  if (for_members && !is_member) return Fails(Errc::kNotAllowed);
  Result<rules::CustomChange> edited = EditCustom(room->custom, command.step);
  if (!edited) return Fails(edited.error().code);
  if (edited->custom == room->custom) return {};
  room->custom = edited->custom;
  edited->event.user_id = command.user_id;
  return Emits(edited->event);
}

bool RoomModel::Sees(const RoomCommand& command, const ModelRoom& room) const {
  return policy_.interop == Interop::kShared || command.dialect == room.made_by;
}

bool RoomModel::CreatorEnds(const ModelRoom& room) const {
  if (room.key.kind == RoomKind::kWebrtc) return false;  // no privilege (B.8)
  if (room.made_by == Dialect::kGen1 || room.key.kind == RoomKind::kLive) return true;
  return room.key.kind == RoomKind::kDouble ? policy_.creator_destroys_double
                                            : policy_.creator_destroys_multi;
}

std::size_t RoomModel::Seats(RoomKind kind) const {
  if (kind == RoomKind::kDouble) return policy_.limits.max_pushers_double;
  if (kind == RoomKind::kMulti) return policy_.limits.max_pushers_multi;
  return kind == RoomKind::kLive ? policy_.limits.max_pushers_live : 4;
}

Outcome RoomModel::End(Place room, EndReason reason, Outcome outcome) {
  for (const Member& member : room->members) {
    outcome.payloads.emplace_back(
        PusherDeleted{.user_id = {member.user_id}, .reason = LeaveReason::kRoomDestroyed});
  }
  outcome.payloads.emplace_back(RoomDestroyed{.reason = reason});
  rooms_.erase(room);
  return outcome;
}

}  // namespace rtcroom
