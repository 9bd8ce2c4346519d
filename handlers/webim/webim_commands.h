// The table of the message channel's commands.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/auth/admission.h"
#include "daemon/auth/user_sig_verifier.h"
#include "daemon/base/json_text.h"
#include "daemon/base/result.h"
#include "daemon/channel/channel.h"
#include "daemon/http/http_handler.h"
#include "handlers/shared/request_text.h"
#include "handlers/webim/webim_clients.h"

namespace rtcroom {

/// The objects that the commands use; they outlive them.
struct ChannelContext {
  Channel& channel;
  WebimClients& clients;
  /// The costs of the channel's clients, apart from the calls of the room API: of an account, and
  /// of an address as a ceiling.
  Admission& costs;
  const UserSigVerifier& verifier;
};

/// A request to a command.
struct ChannelRequest {
  FormPairs query{};
  nlohmann::ordered_json body = nlohmann::ordered_json::object();
  ChannelInstance caller{};  ///< without an account where it is unknown, and anyone may call
  std::string address{};     ///< of the client
  bool is_paused = false;    ///< of a poll: the caller has spent what it may

  [[nodiscard]] bool IsCallerKnown() const { return !caller.account.value.empty(); }
};

/// Takes over the right to answer the request, with a whole reply.
/// @param if_lost  makes the reply when the right ends unused.
using BeginPoll = std::function<PollReply(std::function<std::string()> if_lost)>;

/// @return the fields of the reply besides its status.
using CommandHandler = Result<JsonText> (*)(const ChannelRequest&, const ChannelContext&);
/// Answers later, unless it fails.
using PollHandler = Status (*)(const ChannelRequest&, const ChannelContext&, const BeginPoll&);

/// Checks before a command runs.
enum class CommandCaller : std::uint8_t {
  kAccount,  ///< application, login and body
  kLogin,    ///< application and body
  kAnyone,   ///< login, which may be wrong: the command never fails; a body that cannot be read is
             ///< empty
};

struct ChannelCommand {
  std::string_view path{};  ///< after the prefix: version, service and name
  CommandHandler handler = nullptr;
  PollHandler poll = nullptr;  ///< instead of `handler`
  std::string_view fields{};   ///< what every reply has; instead of both
  CommandCaller caller = CommandCaller::kAccount;
  Lane lane = Lane::kInline;
  bool takes_token = true;  ///< of its account; without one of its address

  /// Service and name, for log, metrics and codes.
  [[nodiscard]] std::string_view name() const { return path.substr(path.find('/') + 1); }
};

/// Every command that clients call; all others of the protocol are unknown.
/// @source docs/channel.md, 2.
std::span<const ChannelCommand> AllChannelCommands();

/// Null for an unknown one.
const ChannelCommand* FindChannelCommand(std::string_view path);

}  // namespace rtcroom
