#include "handlers/channel/channel_door.h"

#include <utility>

#include "daemon/http/web_socket_handshake.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/shared/request_charge.h"

namespace rtcroom {
namespace {

constexpr int kSwitchingProtocols = 101;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;
constexpr int kTooManyRequests = 429;

HttpReply WithStatus(int status, HttpReply reply) {
  reply.status = status;
  return reply;
}

}  // namespace

HttpReply ChannelDoor::Fail(const Error& error, Call& call) const {
  return FailCommand(error, call.label);
}

HttpReply ChannelDoor::OnlyPost(HttpReply failure) {
  failure.headers.emplace_back("Allow", "POST, OPTIONS");
  return WithStatus(kMethodNotAllowed, std::move(failure));
}

std::optional<HttpReply> ChannelDoor::Begin(Call& call) {
  call.label.endpoint = LabelOf(call.http.path);
  call.headers.emplace_back("Cache-Control", "no-store");
  if (call.http.method != "OPTIONS") return std::nullopt;
  // It takes a token, too, but a refusal would cost as much.
  (void)AdmitAddress(admission_, call.http.peer_address, call.http.body.size());
  return Cors::Preflight();
}

std::optional<HttpReply> ChannelDoor::OpenSocket(Call& call, std::string_view subprotocol,
                                                 const Status& known,
                                                 const std::function<void(HttpReply)>& open) const {
  const HttpRequest& http = call.http;
  const Status admitted = AdmitAddress(admission_, http.peer_address, http.body.size());
  if (!admitted) return WithStatus(kTooManyRequests, Fail(admitted.error(), call));
  HttpReply reply = WebSocketHandshake(http, subprotocol);
  if (reply.status != kSwitchingProtocols) {
    reply.body = FailCommand({Errc::kBadRequest, {}}, kUnknownCommand, call.label).body;
    return reply;
  }
  if (!known) return WithStatus(kNotFound, Fail(known.error(), call));
  if (!http.origin.empty() && !cors().AllowsSocket(http.origin, http.upgrade->host)) {
    const Error refused{Errc::kBadRequest, "Origin: not one of server.cors_origins"};
    return WithStatus(kForbidden, Fail(refused, call));
  }
  recorder().Record(
      {.request_id = http.request_id, .peer_address = http.peer_address, .begun = http.begun},
      call.label, reply.status);
  open(std::move(reply));
  return std::nullopt;
}

}  // namespace rtcroom
