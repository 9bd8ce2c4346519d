// Answers new clients of the message channel: their socket and their poll.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "handlers/channel/channel_door.h"
#include "handlers/channel/channel_socket.h"

namespace rtcroom {

class PushPoll;

/// Upgrades `<prefix>/channel/ws` to a WebSocket, and answers POST to `<prefix>/channel/poll`. A
/// poll counts against its user, or against its address while no login is proven; its failures are
/// objects with an `error`.
///
/// @threads safe from any thread; a poll blocks as long as its requests do.
/// @source docs/channel-socket.md, 1 and 6.
class ChannelRouter : public ChannelDoor {
 public:
  /// All of it outlives the router, and the polls and sockets that it has begun.
  /// @param prefix  of the paths; empty: none.
  ChannelRouter(const SocketContext& sockets, Admission& admission, const PipelineDeps& deps,
                const std::string& prefix);

  [[nodiscard]] bool Serves(const HttpRequest& request) const override {
    return request.path == socket_path_ || request.path == poll_path_;
  }
  RequestPlan Resolve(HttpRequest& request) override;

 private:
  [[nodiscard]] std::string_view LabelOf(std::string_view path) const override;
  /// The failure has the form that the client of the call reads.
  [[nodiscard]] HttpReply Fail(const Error& error, Call& call) const override;
  std::optional<HttpReply> Run(Call& call) override;

  /// @return nullopt when the poll answers later.
  [[nodiscard]] std::optional<HttpReply> BeginPoll(Call& call) const;
  /// Takes tokens of the poll's user, for its requests, rooms and body.
  [[nodiscard]] Status AdmitPoll(const HttpRequest& http, const PushPoll& poll) const;

  const SocketContext sockets_;
  const std::string socket_path_;
  const std::string poll_path_;
};

}  // namespace rtcroom
