// The commands `rooms ...`, `users ...` and `recordings ...`, with parsed options. Each returns the
// exit code: kExitUsage also for requests that the server rejects as invalid.
#pragma once

#include <optional>
#include <string>

#include "daemon/cli/cli.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/rooms_access.h"
#include "daemon/core/ids.h"

namespace rtcroom {

enum class RoomsFormat : std::uint8_t { kText, kJson };

struct RoomsListOptions {
  RoomsAccess access = {};
  std::optional<RoomKind> kind = {};
  RoomsFormat format = RoomsFormat::kText;  ///< in JSON, one room per line
};
int RunRoomsList(const RoomsListOptions& options, const CliContext& context);

struct RoomsShowOptions {
  RoomsAccess access = {};
  RoomKey room = {};
  RoomsFormat format = RoomsFormat::kText;
};
int RunRoomsShow(const RoomsShowOptions& options, const CliContext& context);

struct RoomsDismissOptions {
  RoomsAccess access = {};
  RoomKey room = {};
};
int RunRoomsDismiss(const RoomsDismissOptions& options, const CliContext& context);

struct RoomsKickOptions {
  RoomsAccess access = {};
  RoomKey room = {};
  std::string user_id = {};
  std::optional<std::string> ban = {};  ///< a duration as in the configuration: "10m", "7d"
  RoomsFormat format = RoomsFormat::kText;
};
int RunRoomsKick(const RoomsKickOptions& options, const CliContext& context);

struct UsersLogoutOptions {
  RoomsAccess access = {};
  std::string user_id = {};
};
int RunUsersLogout(const UsersLogoutOptions& options, const CliContext& context);

struct RecordingsListOptions {
  RoomsAccess access = {};
  std::optional<RoomKind> kind = {};
  std::string room_id = {};  ///< empty: all
  std::string user_id = {};  ///< empty: all
  RoomsFormat format = RoomsFormat::kText;
};
int RunRecordingsList(const RecordingsListOptions& options, const CliContext& context);

}  // namespace rtcroom
