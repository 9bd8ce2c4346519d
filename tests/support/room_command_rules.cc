#include <utility>

#include "daemon/core/room_rules.h"
#include "tests/support/room_commands.h"

namespace rtcroom {
namespace {

using Action = RoomCommand::Action;

Pusher PusherOf(const RoomCommand& command) {
  return {.user_id = command.user_id,
          .user_name = command.user_name,
          .user_avatar = command.user_avatar,
          .push_url = command.push_url,
          .accelerate_url = "rtmp://play/" + command.user_id.value};
}

std::string MixedPlayUrlOfCommand(const RoomCommand& command, const Room* stored) {
  return MixedPlayUrl(command.room, stored == nullptr ? command.dialect : stored->dialect,
                      command.user_id, command.push_url);
}

Room SpecOf(const RoomCommand& command) {
  return {.key = command.room,
          .dialect = command.dialect,
          .creator = command.user_id,
          .info = command.info,
          .type = command.type};
}

Result<RoomChange> MakeActive(const RoomCommand& command, const Room* stored) {
  Room room = SpecOf(command);
  room.mixed_play_url = MixedPlayUrlOfCommand(command, nullptr);
  return rules::CreateRoom(stored, room, PusherOf(command), command.at);
}

Result<RoomChange> Create(const RoomCommand& command, const Room* stored) {
  if (StartsActive(command.room.kind, command.dialect)) return MakeActive(command, stored);
  return rules::PrepareRoom(stored, SpecOf(command), command.at);
}

Result<RoomChange> Add(const RoomCommand& command, const RoomPolicy& policy, const Room* stored) {
  const bool makes_room = AddMakesRoom(command.room.kind, command.dialect);
  if (makes_room && stored == nullptr) return MakeActive(command, stored);
  if (makes_room && !policy.CanSee(command.dialect, stored->dialect)) {
    return Error{Errc::kRoomExists, {}};
  }
  return rules::AddPusher(stored, command.dialect, PusherOf(command),
                          MixedPlayUrlOfCommand(command, stored), policy, command.at);
}

Result<RoomChange> Delete(const RoomCommand& command, const RoomPolicy& policy,
                          const Room* stored) {
  const auto mixed_play_url = [&](const Pusher& creator) {
    return MixedPlayUrl(stored->key, stored->dialect, creator.user_id, creator.push_url);
  };
  if (command.action == Action::kDelete) {
    return rules::DeletePusher(stored, command.dialect, command.user_id, LeaveReason::kLeft,
                               mixed_play_url, policy, command.at);
  }
  // A sweep sees rooms of both dialects.
  const Dialect of_room = stored == nullptr ? command.dialect : stored->dialect;
  return rules::DeletePusher(stored, of_room, command.user_id, LeaveReason::kHeartbeatTimeout,
                             mixed_play_url, policy, command.at);
}

Result<RoomChange> ExpireInactive(const RoomCommand& command, const Room* stored) {
  const std::uint64_t sequence = stored == nullptr ? 0 : stored->sequence;
  return rules::ExpireInactiveRoom(stored, command.is_stale ? sequence - 1 : sequence, command.at);
}

Result<RoomChange> ChangeCustom(const RoomCommand& command, const RoomPolicy& policy,
                                const Room* stored) {
  const bool for_members =
      command.action == Action::kSetCustom && policy.custom_set == CustomSet::kMembers;
  const auto edit = [&](std::string_view custom) { return EditCustom(custom, command.step); };
  return rules::ChangeCustom(
      stored, command.dialect, command.user_id,
      for_members ? rules::CustomRight::kMembers : rules::CustomRight::kAnyone, edit, policy,
      command.at);
}

Result<RoomChange> Apply(const RoomCommand& command, const RoomPolicy& policy, const Room* stored) {
  switch (command.action) {
    case Action::kCreate:
      return Create(command, stored);
    case Action::kAdd:
      return Add(command, policy, stored);
    case Action::kDelete:
    case Action::kExpire:
      return Delete(command, policy, stored);
    case Action::kDestroy:
      return rules::DestroyRoom(stored, command.dialect, command.user_id, policy, command.at);
    case Action::kDismiss:
      return rules::DismissRoom(stored, command.at);
    case Action::kExpireInactive:
      return ExpireInactive(command, stored);
    case Action::kWatch:
      return rules::AddAudience(stored, command.dialect,
                                {.user_id = command.user_id, .user_info = command.info}, policy,
                                command.at);
    case Action::kUnwatch:
      return rules::DeleteAudience(stored, command.dialect, command.user_id, LeaveReason::kLeft,
                                   policy, command.at);
    case Action::kSetCustom:
    case Action::kCountCustom:
      return ChangeCustom(command, policy, stored);
    case Action::kLook:
      if (stored == nullptr) return Error{Errc::kRoomNotFound, {}};
      return RoomChange{.room = *stored};
  }
  return Error{Errc::kInternal, {}};
}

}  // namespace

RoomUpdate ToUpdate(const RoomCommand& command, const RoomPolicy& policy) {
  RoomUpdate update{.key = command.room, .edit = [command, policy](const Room* stored) {
                      return Apply(command, policy, stored);
                    }};
  const bool of_viewer = command.action == Action::kWatch || command.action == Action::kUnwatch;
  if (of_viewer) update.audience = command.user_id;
  return update;
}

}  // namespace rtcroom
