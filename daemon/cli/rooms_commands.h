// The commands `rooms ...`, their options already read. Each returns the exit code: kExitUsage
// also for what the server finds wrong with a request.
#pragma once

#include <optional>
#include <string>

#include "daemon/cli/cli.h"
#include "daemon/cli/commands.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Where the server is and how to speak to it; what is left out is taken from the section `grpc`
/// of the configuration. The token comes from there alone.
struct RoomsAccess {
  ConfigPath config = {};
  std::optional<std::string> target = {};  ///< `host:port` or `unix:PATH`
  // Paths of PEM files; any of them asks for TLS.
  std::optional<std::string> ca = {};
  std::optional<std::string> cert = {};
  std::optional<std::string> key = {};
};

enum class RoomsFormat : std::uint8_t { kText, kJson };

struct RoomsListOptions {
  RoomsAccess access = {};
  std::optional<RoomKind> kind = {};
  RoomsFormat format = RoomsFormat::kText;  ///< in JSON, each room has its line
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

}  // namespace rtcroom
