// Answers the commands of the message channel: path, method, caller, body, handler, CORS.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/auth/admission.h"
#include "daemon/base/result.h"
#include "daemon/http/http_handler.h"
#include "handlers/channel_commands.h"
#include "handlers/channel_socket.h"
#include "handlers/cors.h"
#include "handlers/request_charge.h"
#include "handlers/request_recorder.h"

namespace rtcroom {

class PushPoll;

struct ChannelRouterOptions {
  std::string prefix{};  ///< of the paths; empty: none
  std::vector<std::string> cors_origins = {"*"};
  std::uint32_t sdk_app_id = 0;  ///< the application that callers must name
};

/// Answers POST to `<prefix>/v4/<service>/<command>` and `<prefix>/v1/...`, with an object that has
/// an `ActionStatus` and HTTP status 200 whatever the request holds: clients look at nothing else,
/// and break on anything but an object. Other methods are answered with 405 (204 to OPTIONS).
///
/// Accounts over their rate are refused, and without a login addresses; polls of old clients wait
/// for a second instead, and logouts are free. While the server is cut off
/// from the others on its store, all are refused with HTTP status 503: another one serves them.
///
/// New clients have two paths of their own: `<prefix>/channel/ws` is upgraded to a WebSocket, and
/// `<prefix>/channel/poll` takes POST. A poll counts against its user, or against its address while
/// no login is proven; its failures are objects with an `error`.
///
/// @threads safe from any thread; a command on a worker blocks as long as a commit.
/// @source the contract of the channel, §2.
class ChannelRouter : public HttpHandler {
 public:
  /// All of it outlives the router, and the polls and sockets that it has begun.
  ChannelRouter(const ChannelContext& context, const SocketContext& sockets, Admission& admission,
                RequestRecorder& recorder, ChannelRouterOptions options);

  /// Whether a path is one of the channel, of a known command or not. Paths are exact.
  [[nodiscard]] bool Serves(std::string_view path) const;

  RequestPlan Resolve(HttpRequest& request) override;
  /// Throws nothing: an exception of a handler is answered as an internal error.
  void Handle(HttpRequest& request, Responder& responder) override;
  HttpReply Refuse(int status, std::string_view reason) override;

 private:
  /// The state of a request while it is handled.
  struct Call {
    HttpRequest& http;
    Responder& responder;
    const ChannelCommand* command = nullptr;  ///< null: unknown
    RequestLabel label{};
    Headers headers{};  ///< of the reply, besides its own
  };

  /// The paths of new clients.
  [[nodiscard]] bool IsSocket(std::string_view path) const {
    return path == prefix_ + "channel/ws";
  }
  [[nodiscard]] bool IsPoll(std::string_view path) const {
    return path == prefix_ + "channel/poll";
  }
  [[nodiscard]] const ChannelCommand* FindCommand(std::string_view path) const;
  /// Takes tokens of the address of a call without a login.
  [[nodiscard]] bool AdmitsAddress(const Call& call) const;
  /// Takes tokens of the caller's account, for its body, too; without a login of the address.
  /// @param identified  the outcome of `Identify`.
  /// @errors kTooManyRequests.
  [[nodiscard]] Status Admit(const Call& call, const ChannelRequest& request,
                             const Status& identified) const;
  /// Takes tokens of the poll's user, for its requests, rooms and body.
  [[nodiscard]] Status AdmitPoll(const Call& call, const PushPoll& poll) const;
  /// @return nullopt when a poll answers later.
  [[nodiscard]] std::optional<HttpReply> Dispatch(Call& call) const;
  [[nodiscard]] std::optional<HttpReply> Run(Call& call) const;
  /// @return nullopt when the connection was upgraded.
  [[nodiscard]] std::optional<HttpReply> OpenSocket(Call& call) const;
  [[nodiscard]] std::optional<HttpReply> BeginPoll(Call& call) const;
  /// Checks application and caller, as the command asks for.
  [[nodiscard]] Status Identify(const ChannelCommand& command, ChannelRequest& request) const;
  [[nodiscard]] static Status ReadBody(const Call& call, ChannelRequest& request);
  /// Takes over the responder of the call.
  /// @param payer       takes tokens for a long reply; nullopt: only the address does.
  /// @param may_repeat  when the server is cut off meanwhile, another one serves it.
  [[nodiscard]] PollReply MakePollReply(Call& call, std::string if_lost,
                                        std::optional<UserId> payer, bool may_repeat) const;

  const ChannelContext context_;
  const SocketContext sockets_;
  Admission& admission_;
  RequestRecorder& recorder_;
  const std::string prefix_;
  const std::string sdk_app_id_;
  const Cors cors_;
};

}  // namespace rtcroom
