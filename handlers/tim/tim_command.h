// What the commands of today's IM SDKs get, and what they answer.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json.hpp>

#include "daemon/base/clock.h"
#include "daemon/base/json_text.h"
#include "daemon/base/result.h"
#include "daemon/channel/account_group_saver.h"
#include "daemon/channel/channel.h"
#include "daemon/channel/push_receivers.h"
#include "daemon/core/account_group_store.h"
#include "daemon/core/created_groups.h"
#include "daemon/core/message_store.h"
#include "daemon/core/read_position_store.h"
#include "daemon/core/room_service.h"
#include "daemon/http/http_handler.h"
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
inline constexpr int kUnknownCommand = 60002;
inline constexpr int kNotLoggedIn = 70001;
}  // namespace code

struct Failure {
  int code = 0;
  std::string info{};
  KickType kick = KickType::kOtherLogin;  ///< the reason of `code::kKicked`

  Failure(int failure_code, std::string_view text) : code(failure_code), info(text) {}
  /// NOLINTNEXTLINE(google-explicit-constructor): commands return what they called returned.
  Failure(const Error& error);
};

/// The members of a reply's body besides ActionStatus, ErrorCode and ErrorInfo; or a failure.
using Reply = std::variant<JsonText, Failure>;

/// What the commands use; it outlives them.
struct Context {
  Channel& channel;
  PushReceivers& receivers;  ///< the sockets of clients in each room
  MessageHistory& history;
  AccountGroupStore& groups;
  AccountGroupSaver& places;  ///< of logins in `groups`
  ReadPositionStore& reads;
  CreatedGroups& created;
  const Clock& clock;
  std::string sdk_app_id{};
  /// Creates groups and ends them; null: users may not. It waits for no IM service.
  RoomService* maker = nullptr;
};

/// A request of a login.
struct Request {
  const ChannelInstance& caller;
  const nlohmann::ordered_json& body;  ///< an object
  const std::string& address;          ///< of the client
  /// What is pushed to the caller; null: its login has not begun on the connection of the request.
  LoginPushes* pushes = nullptr;
};

using Handler = Reply (*)(const Request&, const Context&);

}  // namespace rtcroom::tim
