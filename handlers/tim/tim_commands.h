// The table of the commands of today's IM SDKs.
#pragma once

#include <cstdint>
#include <string_view>

#include "handlers/tim/tim_handlers.h"

namespace rtcroom::tim {

/// Who carries out a command.
enum class CommandKind : std::uint8_t {
  kHandler,  ///< `SocketCommand::handler`
  kFixed,    ///< `SocketCommand::fixed`
  // The socket: these begin and end logins, and change what is pushed.
  kAlive,
  kAck,
  kLogIn,
  kLogOut,
  kJoinGroup,
  kQuitGroup,
  kSendToGroup,
  kSendDirect,
};

struct SocketCommand {
  std::string_view name{};    ///< as `servcmd`
  Handler handler = nullptr;  ///< of `kHandler`
  Lane lane = Lane::kInline;
  CommandKind kind = CommandKind::kHandler;
  const FixedReply* fixed = nullptr;

  /// Whether it sends a message: it is refused where it comes too fast, while others wait.
  [[nodiscard]] bool IsMessage() const {
    return kind == CommandKind::kSendToGroup || kind == CommandKind::kSendDirect;
  }
  /// Whether the reply depends on what is in the body.
  [[nodiscard]] bool ReadsBody() const {
    return kind != CommandKind::kAlive && kind != CommandKind::kFixed;
  }
  /// Whether it needs no login, and takes nothing of what a client may spend.
  [[nodiscard]] bool IsFree() const {
    return kind == CommandKind::kAlive || kind == CommandKind::kAck;
  }
};

/// Null for an unknown one.
const SocketCommand* FindCommand(std::string_view servcmd);
/// The name for log and metrics, in static storage: `tim/<servcmd>` of a known command.
std::string_view LabelOf(const SocketCommand* command);

}  // namespace rtcroom::tim
