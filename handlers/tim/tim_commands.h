// The table of the commands of today's IM SDKs.
#pragma once

#include <cstdint>
#include <string_view>

#include "handlers/tim/tim_handlers.h"

namespace rtcroom::tim {

/// Who carries out a command.
enum class CommandKind : std::uint8_t {
  kHandler,  ///< `SocketCommand::handler`
  kFixed,    ///< `SocketCommand::fixed`, for every request
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
  std::string_view label{};   ///< for log and metrics: "tim/" and the `servcmd`
  Handler handler = nullptr;  ///< of `kHandler`
  Lane lane = Lane::kInline;
  CommandKind kind = CommandKind::kHandler;
  /// The members of a reply as JSON; with a code of failure its text.
  std::string_view fixed{};
  int code = 0;

  [[nodiscard]] std::string_view servcmd() const { return label.substr(label.find('/') + 1); }
  [[nodiscard]] Reply FixedReply() const {
    if (code != 0) return Failure(code, fixed);
    return JsonText().Json(fixed);
  }

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

}  // namespace rtcroom::tim
