#include "daemon/cli/rooms_options.h"

#include <vector>

namespace rtcroom {

CLI::Option* AddKindOption(CLI::App& command, const char* name, std::string& kind) {
  std::vector<std::string> kinds;
  for (const RoomKind each : kAllRoomKinds) kinds.emplace_back(RoomKindName(each));
  return command.add_option(name, kind, "The kind of the room")->check(CLI::IsMember(kinds));
}

std::optional<RoomKind> KindNamed(const std::string& name) {
  for (const RoomKind kind : kAllRoomKinds) {
    if (RoomKindName(kind) == name) return kind;
  }
  return std::nullopt;
}

RoomsOptions::RoomsOptions(CLI::App& app)
    : rooms_(app.add_subcommand("rooms", "See and end rooms of the running server")),
      list_(AddCommand("list", "Print all rooms, oldest first")),
      show_(AddCommand("show", "Print one room and its pushers")),
      dismiss_(AddCommand("dismiss", "End a room of any creator")),
      kick_(AddCommand("kick", "Remove a pusher from a room")) {
  rooms_->require_subcommand(1);
  AddKindOption(*list_, "--kind", kind_);
  for (CLI::App* const command : {show_, dismiss_, kick_}) {
    AddKindOption(*command, "KIND", kind_)->required();
    command->add_option("ROOM_ID", room_id_, "The room")->required();
  }
  kick_->add_option("USER_ID", user_id_, "The pusher")->required();
  kick_->add_option("--ban", ban_, "Keep it out of the room for that long, such as 10m or 7d");
  for (CLI::App* const command : {list_, show_, kick_}) {
    command->add_flag("--json", json_, "Print JSON, one object a line");
  }
}

CLI::App* RoomsOptions::AddCommand(const char* name, const char* description) {
  CLI::App* const command = rooms_->add_subcommand(name, description);
  AddAccessOptions(*command, access_);
  return command;
}

RoomKey RoomsOptions::room() const {
  return {.kind = kind().value_or(RoomKind::kDouble), .id = {room_id_}};
}

int RoomsOptions::Run(const CliContext& context) const {
  if (list_->parsed()) {
    return RunRoomsList({.access = access_, .kind = kind(), .format = format()}, context);
  }
  if (show_->parsed()) {
    return RunRoomsShow({.access = access_, .room = room(), .format = format()}, context);
  }
  if (dismiss_->parsed()) {
    return RunRoomsDismiss({.access = access_, .room = room()}, context);
  }
  return RunRoomsKick(
      {.access = access_, .room = room(), .user_id = user_id_, .ban = ban_, .format = format()},
      context);
}

}  // namespace rtcroom
