#include "tests/support/room_commands.h"

#include <iterator>
#include <string_view>
#include <utility>

#include "daemon/core/room_rules.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using Action = RoomCommand::Action;

std::string_view NameOf(Action action) {
  switch (action) {
    case Action::kCreate:
      return "create";
    case Action::kAdd:
      return "add";
    case Action::kDelete:
      return "delete";
    case Action::kExpire:
      return "expire";
    case Action::kDestroy:
      return "destroy";
    case Action::kLook:
      return "look";
  }
  return "";
}

/// Adding is as likely as all that ends a room or a stay, so that rooms fill.
Action DrawAction(std::mt19937_64& random) {
  constexpr Action kChoices[] = {Action::kCreate, Action::kCreate,  Action::kAdd,
                                 Action::kAdd,    Action::kAdd,     Action::kDelete,
                                 Action::kExpire, Action::kDestroy, Action::kLook};
  return kChoices[random() % std::size(kChoices)];
}

std::string MixedPlayUrlOf(const Pusher& creator) { return "http://play/" + creator.user_id.value; }

/// Texts that a careless store would trip over: they must come back byte for byte.
std::string DrawText(std::mt19937_64& random) {
  constexpr std::string_view kChoices[] = {"",
                                           "Ann",
                                           "O'Hara; DROP TABLE rooms--",
                                           "\xE5\xBC\xA0\xE4\xB8\x89",
                                           "\xF0\x9F\x8E\xA5 \"x\"",
                                           " padded ",
                                           "%_\\",
                                           "1e5"};
  const std::size_t choice = random() % (std::size(kChoices) + 1);
  if (choice == std::size(kChoices)) return std::string(random() % 1025, 'x');
  return std::string(kChoices[choice]);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const RoomCommand& command) {
  return out << NameOf(command.action) << ' ' << command.room << ' ' << command.dialect << ' '
             << command.user_id;
}

RoomUpdate ToUpdate(const RoomCommand& command, const RoomPolicy& policy) {
  const auto edit = [command, policy](const Room* stored) -> Result<RoomChange> {
    const Pusher pusher{.user_id = command.user_id,
                        .user_name = command.user_name,
                        .user_avatar = command.user_avatar,
                        .push_url = command.push_url,
                        .accelerate_url = "rtmp://play/" + command.user_id.value};
    switch (command.action) {
      case Action::kCreate: {
        const Room room{.key = command.room,
                        .dialect = command.dialect,
                        .info = command.user_avatar,
                        .mixed_play_url = MixedPlayUrlOf(pusher)};
        return rules::CreateRoom(stored, room, pusher, command.at);
      }
      case Action::kAdd:
        return rules::AddPusher(stored, command.dialect, pusher, MixedPlayUrlOf(pusher), policy,
                                command.at);
      case Action::kDelete:
        return rules::DeletePusher(stored, command.dialect, command.user_id, LeaveReason::kLeft,
                                   MixedPlayUrlOf, policy, command.at);
      case Action::kExpire:
        return rules::DeletePusher(stored, command.dialect, command.user_id,
                                   LeaveReason::kHeartbeatTimeout, MixedPlayUrlOf, policy,
                                   command.at);
      case Action::kDestroy:
        return rules::DestroyRoom(stored, command.dialect, command.user_id, policy, command.at);
      case Action::kLook:
        if (stored == nullptr) return Error{Errc::kRoomNotFound, {}};
        return RoomChange{.room = *stored};
    }
    return Error{Errc::kInternal, {}};
  };
  return {.key = command.room, .edit = edit};
}

RoomCommand RoomCommandSource::Next(std::mt19937_64& random) {
  passed_ += std::chrono::milliseconds(random() % 51);
  const bool gen2 = pool_.one_in_gen2 != 0 && random() % pool_.one_in_gen2 == 0;
  // Drawn one by one: the order in which function arguments are evaluated is the compiler's.
  RoomCommand command;
  command.action = DrawAction(random);
  const std::size_t room = random() % pool_.rooms;
  command.room = Room(room, kAllRoomKinds[random() % std::size(kAllRoomKinds)]);
  command.dialect = gen2 ? Dialect::kGen2 : Dialect::kGen1;
  command.user_id = {"user_" + std::to_string(random() % pool_.users)};
  command.user_name = DrawText(random);
  command.user_avatar = DrawText(random);
  command.push_url = "rtmp://push/" + std::to_string(random());
  command.at = kNoon + passed_;
  return command;
}

RoomKey RoomCommandSource::Room(std::size_t index, RoomKind kind) const {
  return {.kind = kind, .id = {pool_.room_prefix + std::to_string(index)}};
}

}  // namespace rtcroom
