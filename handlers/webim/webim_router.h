// Answers the message channel's commands of 2018: path, method, caller, body, handler.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "handlers/channel/channel_door.h"
#include "handlers/webim/webim_commands.h"

namespace rtcroom {

struct WebimRouterOptions {
  std::string prefix{};          ///< of the paths; empty: none
  std::uint32_t sdk_app_id = 0;  ///< the application that callers must name
};

/// Answers POST to `<prefix>/v4/<service>/<command>` and `<prefix>/v1/...`, with an object that has
/// an `ActionStatus` and HTTP status 200 whatever the request holds: clients look at nothing else,
/// and break on anything but an object. Other methods are answered with 405 (204 to OPTIONS).
///
/// Accounts over their rate are refused, and without a login addresses; polls wait for a second
/// instead, and logouts are free.
///
/// @threads safe from any thread; a command on a worker blocks as long as a commit.
/// @source docs/channel.md, 1.
class WebimRouter : public ChannelDoor {
 public:
  /// All of it outlives the router, and the polls that it has begun.
  WebimRouter(const ChannelContext& context, Admission& admission, const PipelineDeps& deps,
              WebimRouterOptions options);

  /// Whether the path is one of a command, known or not. Paths are exact.
  [[nodiscard]] bool Serves(const HttpRequest& request) const override;
  RequestPlan Resolve(HttpRequest& request) override;

 private:
  [[nodiscard]] std::string_view LabelOf(std::string_view path) const override;
  std::optional<HttpReply> Run(Call& call) override;

  /// Null for an unknown one.
  [[nodiscard]] const ChannelCommand* CommandAt(std::string_view path) const;
  /// Takes tokens of the caller's account, for its body, too; without a login of the address.
  /// @param identified  the outcome of `Identify`.
  /// @errors kTooManyRequests.
  [[nodiscard]] Status Admit(const HttpRequest& http, const ChannelCommand& command,
                             const ChannelRequest& request, const Status& identified) const;
  /// @return nullopt when a poll answers later.
  [[nodiscard]] std::optional<HttpReply> RunCommand(Call& call,
                                                    const ChannelCommand& command) const;
  /// Checks application and caller, as the command asks for.
  [[nodiscard]] Status Identify(const ChannelCommand& command, ChannelRequest& request) const;
  /// Takes over the responder of the call.
  /// @param payer  takes tokens for a long reply; nullopt: only the address does.
  [[nodiscard]] PollReply BeginPoll(Call& call, std::function<std::string()> if_lost,
                                    std::optional<UserId> payer) const;

  const ChannelContext context_;
  const std::string prefix_;
  const std::string sdk_app_id_;
};

}  // namespace rtcroom
