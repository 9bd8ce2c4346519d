#include "tests/support/room_commands.h"

#include <iterator>
#include <span>
#include <string_view>

#include "tests/support/fake_clock.h"
#include "tests/support/live_rooms.h"

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
    case Action::kDismiss:
      return "dismiss";
    case Action::kExpireInactive:
      return "expire inactive";
    case Action::kWatch:
      return "watch";
    case Action::kUnwatch:
      return "unwatch";
    case Action::kSetCustom:
      return "set custom";
    case Action::kCountCustom:
      return "count custom";
    case Action::kLook:
      return "look";
  }
  return "";
}

bool IsOfCustom(Action action) {
  return action == Action::kSetCustom || action == Action::kCountCustom;
}

bool IsOfViewers(Action action) {
  return action == Action::kWatch || action == Action::kUnwatch || IsOfCustom(action);
}

/// Additions are as likely as all actions that end a room or a stay, so that rooms fill.
Action DrawAction(RoomKind kind, std::mt19937_64& random) {
  using enum Action;
  constexpr Action kOfAll[] = {
      kCreate, kCreate, kCreate,         kAdd,     kAdd,    kAdd, kAdd, kAdd, kDelete, kDelete,
      kExpire, kLook,   kExpireInactive, kDestroy, kDismiss};
  constexpr Action kOfLive[] = {
      kCreate,     kCreate,    kAdd,         kAdd,         kAdd,
      kAdd,        kDelete,    kExpire,      kDestroy,     kExpireInactive,
      kWatch,      kWatch,     kWatch,       kWatch,       kUnwatch,
      kUnwatch,    kSetCustom, kCountCustom, kCountCustom, kCountCustom,
      kCountCustom};
  // No endpoint destroys these rooms, and they are never inactive.
  constexpr Action kOfWebrtc[] = {kCreate, kCreate, kAdd, kAdd, kAdd, kDelete, kDelete, kExpire};
  std::span<const Action> choices = kOfAll;
  if (kind == RoomKind::kLive) choices = kOfLive;
  if (kind == RoomKind::kWebrtc) choices = kOfWebrtc;
  return choices[random() % choices.size()];
}

/// Texts that a careless store would corrupt: they must be returned byte for byte.
std::string DrawText(std::mt19937_64& random) {
  constexpr std::string_view kChoices[] = {"",
                                           "Ann",
                                           "O'Hara; DROP TABLE rooms--",
                                           "\xE5\xBC\xA0\xE4\xB8\x89",
                                           "\xF0\x9F\x8E\xA5 \"x\"",
                                           " padded ",
                                           "%_\\",
                                           "1e5"};
  if (random() % 64 == 0) return std::string(random() % 1025, 'x');
  return std::string(kChoices[random() % std::size(kChoices)]);
}

std::string DrawType(std::mt19937_64& random) {
  constexpr std::string_view kChoices[] = {"", "a", "b", "O'a"};
  return std::string(kChoices[random() % std::size(kChoices)]);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const RoomCommand& command) {
  out << (command.with_last ? "  and " : "") << NameOf(command.action) << ' ' << command.room << ' '
      << command.dialect << ' ' << command.user_id;
  if (IsOfCustom(command.action)) out << " step " << command.step;
  if (command.action == Action::kWatch) out << " saying '" << command.info.substr(0, 20) << '\'';
  if (command.room.kind == RoomKind::kWebrtc && command.action == Action::kCreate) {
    out << " of type '" << command.type << '\'';
  }
  if (command.is_stale) out << " (stale)";
  return out;
}

Result<rules::CustomChange> EditCustom(std::string_view custom, unsigned step) {
  constexpr unsigned kRefused = 7;
  if (step == kRefused) return Error{Errc::kBadRequest, "no"};
  if (step == 0) return rules::CustomChange{.custom = std::string(custom)};
  const std::string name = "f" + std::to_string(step % 3);
  const unsigned before = nlohmann::json::parse(custom).value(name, 0U);
  return WithField(custom, name, std::to_string(before + step));
}

std::string MixedPlayUrl(const RoomKey& room, Dialect made_by, const UserId& creator,
                         const std::string& push_url) {
  const bool names_stream = made_by == Dialect::kGen2 && room.kind != RoomKind::kWebrtc;
  return "http://play/" + (names_stream ? push_url : creator.value);
}

RoomCommand RoomCommandSource::Next(std::mt19937_64& random) {
  passed_ += std::chrono::milliseconds(random() % 51);
  // Drawn one by one: the evaluation order of function arguments is unspecified.
  RoomCommand command;
  const std::size_t room = random() % pool_.rooms;
  RoomKind kind = pool_.kinds.at(room % pool_.kinds.size());
  if (random() % 8 == 0) kind = kAllRoomKinds[random() % std::size(kAllRoomKinds)];
  command.room = Room(room, kind);
  command.action = DrawAction(kind, random);
  const bool gen2_only = kind == RoomKind::kWebrtc || IsOfViewers(command.action);
  const bool gen2 = random() % 100 < pool_.gen2_percent || gen2_only;
  command.dialect = gen2 ? Dialect::kGen2 : Dialect::kGen1;
  command.user_id = {"user_" + std::to_string(random() % pool_.users)};
  command.user_name = DrawText(random);
  command.user_avatar = DrawText(random);
  command.push_url = "rtmp://push/" + std::to_string(random() % 1000);
  command.info = DrawText(random);
  if (kind == RoomKind::kWebrtc) command.type = DrawType(random);
  command.step = static_cast<unsigned>(random() % 8);
  command.is_stale = command.action == Action::kExpireInactive && random() % 4 == 0;
  command.with_last = random() % 2 == 0;
  command.at = kNoon + passed_;
  return command;
}

RoomKey RoomCommandSource::Room(std::size_t index, RoomKind kind) const {
  return {.kind = kind, .id = {pool_.room_prefix + std::to_string(index)}};
}

}  // namespace rtcroom
