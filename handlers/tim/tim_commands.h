// The commands of today's IM SDKs: what they get and what they answer, their table, and those that
// answer from what is stored, which have one file for each group.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/auth/user_sig_verifier.h"
#include "daemon/base/json_text.h"
#include "daemon/base/result.h"
#include "daemon/channel/account_group_saver.h"
#include "daemon/channel/channel.h"
#include "daemon/core/account_store.h"
#include "daemon/core/created_groups.h"
#include "daemon/core/message_store.h"
#include "daemon/core/room_service.h"
#include "daemon/http/http_handler.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/channel/request_socket.h"
#include "handlers/tim/tim_json.h"

namespace rtcroom::tim {

class LoginPushes;

/// Codes of failures that the SDK hands to the application, besides those of `ChannelCodeOf`.
namespace code {
inline constexpr int kKicked = 1002;
inline constexpr int kAlreadyMember = 10013;
/// createGroup is refused with this code, since the newest SDK takes 10007 for a success there.
inline constexpr int kMayNotCreate = 10016;
/// The SDK asks again for fewer, but for the fewest that it asks for.
inline constexpr int kReplyTooLong = 10018;
inline constexpr int kTakenByAnother = 10021;
inline constexpr int kTooManyGroups = 10036;
inline constexpr int kNotLoggedIn = 70001;
}  // namespace code

struct Failure {
  int code = 0;
  std::string info{};
  /// The reason of `code::kKicked`; nullopt if the SDK has already been notified.
  std::optional<KickType> kick = KickType::kOtherLogin;

  Failure(int failure_code, std::string_view text) : code(failure_code), info(text) {}
  /// NOLINTNEXTLINE(google-explicit-constructor): commands return what they called returned.
  Failure(const Error& error);
};

/// The members of a reply's body besides ActionStatus, ErrorCode and ErrorInfo; or a failure.
using Reply = std::variant<JsonText, Failure>;

/// The reply of a command that has nothing to say.
inline Reply Done(const Status& outcome) { return outcome ? Reply() : outcome.error(); }

/// The objects that the commands, the sockets and the pushes use; they outlive them.
struct Context {
  RequestSocketDeps socket;
  Channel& channel;
  MessageStore& history;
  AccountStore& accounts;
  AccountGroupSaver& places;  ///< of logins in `accounts`
  CreatedGroups& created;
  const UserSigVerifier& verifier;
  std::string sdk_app_id{};
  /// Creates groups and ends them; null: users may not. It waits for no IM service.
  RoomService* maker = nullptr;
};

/// A request of a login.
struct Request {
  const ChannelInstance& caller;
  ChannelFields& fields;
  const std::string& address;  ///< of the client
  /// The pushes to the caller; null: its login has not begun on the connection of the request.
  LoginPushes* pushes = nullptr;
};

using HandlerFunction = Reply(const Request& request, const Context& context);
using Handler = HandlerFunction*;

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

// tim_commands.cc: the configuration of the SDK, and names and pictures of accounts.
HandlerFunction FetchConfig, GetProfiles, SetProfile;

// group_commands.cc
HandlerFunction GetJoinedGroups, GetOwnGroupInfo, GetPublicGroupInfo, GetGroupMembers,
    GetNamedMembers, GetOnlineNumber, CreateGroup, DestroyGroup;

// message_commands.cc
HandlerFunction JoinGroup, QuitGroup, SendToGroup, SendDirect;

// history_commands.cc
HandlerFunction GetGroupHistory, GetDirectHistory, GetPeerReadTimes;

// conversation_commands.cc
HandlerFunction GetConversations, GetUnread, ReadAll, TellReceipts;
/// The commands `openim.msgreaded` and `group_open_http_svc.msg_read_report`.
HandlerFunction ReportRead, ReportGroupRead;
/// The commands `recentcontact.delete` and `batch_delete`: the SDK forgets them, until its next
/// login.
HandlerFunction DeleteConversations;

}  // namespace rtcroom::tim
