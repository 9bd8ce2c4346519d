// The commands of today's IM SDKs: their table, and those that answer from what is stored, which
// have one file for each group.
#pragma once

#include <cstdint>
#include <string_view>

#include "handlers/tim/tim_command.h"

namespace rtcroom::tim {

/// Who carries out a command.
enum class CommandKind : std::uint8_t {
  kHandler,  ///< `SocketCommand::handler`
  kMessage,  ///< likewise: it sends one, and is refused where it comes too fast, while others wait
  kFixed,    ///< `SocketCommand::fixed`, for every request
  // The socket.
  kAlive,
  kAck,
  kLogIn,
  kLogOut,
};

struct SocketCommand {
  std::string_view label{};   ///< for log and metrics: "tim/" and the `servcmd`
  Handler handler = nullptr;  ///< of `kHandler` and `kMessage`
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

// start_commands.cc: what the SDK asks for at its start. All are inline.
Reply FetchConfig(const Request& request, const Context& context);
Reply GetProfiles(const Request& request, const Context& context);
Reply SetProfile(const Request& request, const Context& context);

// group_commands.cc: all read the store (`Lane::kRead`), but for the last two, which wait for a
// commit (`Lane::kWorker`).
Reply GetJoinedGroups(const Request& request, const Context& context);
Reply GetOwnGroupInfo(const Request& request, const Context& context);
Reply GetPublicGroupInfo(const Request& request, const Context& context);
Reply GetGroupMembers(const Request& request, const Context& context);
Reply GetNamedMembers(const Request& request, const Context& context);
Reply GetOnlineNumber(const Request& request, const Context& context);
Reply CreateGroup(const Request& request, const Context& context);
Reply DestroyGroup(const Request& request, const Context& context);

// message_commands.cc: all wait for a commit (`Lane::kWorker`).
Reply JoinGroup(const Request& request, const Context& context);
Reply QuitGroup(const Request& request, const Context& context);
Reply SendToGroup(const Request& request, const Context& context);
Reply SendDirect(const Request& request, const Context& context);

// history_commands.cc: all read the store.
Reply GetGroupHistory(const Request& request, const Context& context);
Reply GetDirectHistory(const Request& request, const Context& context);
Reply GetPeerReadTimes(const Request& request, const Context& context);

// conversation_commands.cc: the first two read the store, `Report…` and `ReadAll` wait for a commit
// (`Lane::kWorker`), `TellReceipts` reads the store; the others are inline.
Reply GetConversations(const Request& request, const Context& context);
Reply GetUnread(const Request& request, const Context& context);
/// For `openim.msgreaded`.
Reply ReportRead(const Request& request, const Context& context);
/// For `group_open_http_svc.msg_read_report`.
Reply ReportGroupRead(const Request& request, const Context& context);
Reply ReadAll(const Request& request, const Context& context);
Reply TellReceipts(const Request& request, const Context& context);
/// For `recentcontact.delete` and `batch_delete`: the SDK forgets them, until its next login.
Reply DeleteConversations(const Request& request, const Context& context);

}  // namespace rtcroom::tim
