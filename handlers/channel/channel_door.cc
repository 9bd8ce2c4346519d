#include "handlers/channel/channel_door.h"

#include <string>
#include <utility>

#include "daemon/base/exception_type.h"
#include "daemon/http/web_socket_handshake.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/shared/request_charge.h"

namespace rtcroom {
namespace {

constexpr int kSwitchingProtocols = 101;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kTooManyRequests = 429;

HttpReply WithStatus(int status, HttpReply reply) {
  reply.status = status;
  return reply;
}

}  // namespace

HttpReply ChannelDoor::Fail(const Error& error, RequestLabel& label) const {
  return FailCommand(error, label);
}

HttpReply ChannelDoor::RenderFault(Call& call) const {
  return Fail({Errc::kInternal, std::string(CurrentExceptionType())}, call.label);
}

std::optional<HttpReply> ChannelDoor::Run(Call& call) {
  call.label.endpoint = LabelOf(call.http.path);
  call.headers.emplace_back("Cache-Control", "no-store");
  if (node_ != nullptr && node_->IsCutOff() && call.http.method != "OPTIONS") {
    return SendAway(Fail({Errc::kStoreBusy, "cut off from the store"}, call.label));
  }
  return Answer(call);
}

std::optional<HttpReply> ChannelDoor::OpenSocket(Call& call, std::string_view subprotocol,
                                                 const Status& known,
                                                 const std::function<void(HttpReply)>& open) const {
  const HttpRequest& http = call.http;
  const Status admitted = AdmitAddress(admission_, http.peer_address, http.body.size());
  if (http.method == "OPTIONS") return Cors::Preflight();
  if (!admitted) return WithStatus(kTooManyRequests, Fail(admitted.error(), call.label));
  HttpReply reply = WebSocketHandshake(http, subprotocol);
  if (reply.status != kSwitchingProtocols) {
    reply.body = FailCommand({Errc::kBadRequest, {}}, kUnknownCommand, call.label).body;
    return reply;
  }
  if (!known) return WithStatus(kNotFound, Fail(known.error(), call.label));
  if (!http.origin.empty() && !cors().AllowsSocket(http.origin, http.upgrade->host)) {
    const Error refused{Errc::kBadRequest, "Origin: not one of server.cors_origins"};
    return WithStatus(kForbidden, Fail(refused, call.label));
  }
  recorder().Record(
      {.request_id = http.request_id, .peer_address = http.peer_address, .begun = http.begun},
      call.label, reply.status);
  open(std::move(reply));
  return std::nullopt;
}

}  // namespace rtcroom
