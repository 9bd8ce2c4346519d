#include "tests/fuzz/gen1_model.h"

#include <algorithm>

namespace rtcroom {
namespace {

using Action = RoomCommand::Action;

Gen1Model::Member MemberOf(const RoomCommand& command) {
  return {.user_id = command.user_id.value,
          .user_name = command.user_name,
          .push_url = command.push_url};
}

auto FindMember(Gen1Model::ModelRoom& room, const UserId& user_id) {
  return std::ranges::find(room.members, user_id.value, &Gen1Model::Member::user_id);
}

Gen1Model::Outcome Fails(Errc code) { return {.failure = code, .happenings = {}}; }

}  // namespace

Gen1Model::Outcome Gen1Model::Apply(const RoomCommand& command) {
  if (command.action == Action::kCreate) return Create(command);

  const auto room = std::ranges::find(rooms_, command.room, &ModelRoom::key);
  if (command.action == Action::kLook) {
    return room == rooms_.end() ? Fails(Errc::kRoomNotFound) : Outcome{};
  }
  const bool leaves = command.action == Action::kDelete || command.action == Action::kExpire;
  if (room == rooms_.end() || room->dialect != command.dialect) {
    return Fails(leaves ? Errc::kPusherNotFound : Errc::kRoomNotFound);
  }
  if (leaves) return Delete(room, command);
  return command.action == Action::kAdd ? Add(room, command) : Destroy(room, command);
}

const Gen1Model::ModelRoom* Gen1Model::Find(const RoomKey& key) const {
  const auto room = std::ranges::find(rooms_, key, &ModelRoom::key);
  return room == rooms_.end() ? nullptr : &*room;
}

Gen1Model::Outcome Gen1Model::Create(const RoomCommand& command) {
  // The id is taken whatever the kind, but only under its own kind can it be one's own.
  const auto holder = std::ranges::find(
      rooms_, command.room.id, [](const ModelRoom& room) -> const RoomId& { return room.key.id; });
  if (holder != rooms_.end()) {
    const bool is_own = holder->key == command.room && holder->dialect == command.dialect &&
                        holder->creator == command.user_id.value;
    return is_own ? Add(holder, command) : Fails(Errc::kRoomExists);
  }
  if (rooms_.size() >= max_rooms_) return Fails(Errc::kTooManyRooms);
  rooms_.push_back({.key = command.room,
                    .dialect = command.dialect,
                    .creator = command.user_id.value,
                    .members = {MemberOf(command)}});
  return {.failure = {}, .happenings = {"room_created", "pusher_added"}};
}

Gen1Model::Outcome Gen1Model::Add(Place room, const RoomCommand& command) {
  const auto seat = FindMember(*room, command.user_id);
  if (seat != room->members.end()) {
    *seat = MemberOf(command);
    return {.failure = {}, .happenings = {"pusher_updated"}};
  }
  if (room->members.size() >= limits_.PushersIn(room->key.kind)) return Fails(Errc::kRoomFull);
  room->members.push_back(MemberOf(command));
  return {.failure = {}, .happenings = {"pusher_added"}};
}

Gen1Model::Outcome Gen1Model::Delete(Place room, const RoomCommand& command) {
  const auto seat = FindMember(*room, command.user_id);
  if (seat == room->members.end()) return Fails(Errc::kPusherNotFound);
  Outcome outcome{.failure = {}, .happenings = {"pusher_deleted"}};
  room->members.erase(seat);
  if (room->creator == command.user_id.value) End(room, outcome.happenings);
  return outcome;
}

Gen1Model::Outcome Gen1Model::Destroy(Place room, const RoomCommand& command) {
  if (room->creator != command.user_id.value) return Fails(Errc::kNotCreator);
  Outcome outcome;
  End(room, outcome.happenings);
  return outcome;
}

void Gen1Model::End(Place room, std::vector<std::string>& happenings) {
  happenings.insert(happenings.end(), room->members.size(), "pusher_deleted");
  happenings.emplace_back("room_destroyed");
  rooms_.erase(room);
}

}  // namespace rtcroom
