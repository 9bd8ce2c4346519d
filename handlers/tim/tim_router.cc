#include "handlers/tim/tim_router.h"

#include <memory>
#include <utility>

#include "daemon/base/exception_type.h"
#include "daemon/http/web_socket_handshake.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/shared/form.h"
#include "handlers/shared/request_charge.h"

namespace rtcroom::tim {
namespace {

constexpr int kSwitchingProtocols = 101;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kTooManyRequests = 429;

HttpReply Refuse(int status, const Error& error, RequestLabel& label) {
  HttpReply reply = FailCommand(error, label);
  reply.status = status;
  return reply;
}

}  // namespace

TimRouter::TimRouter(const SocketDeps& deps, Admission& admission, const Cors& cors,
                     const std::string& prefix)
    : ProtocolHandler(deps.recorder, cors),
      deps_(deps),
      admission_(admission),
      binary_path_(prefix + "/binfo"),
      text_path_(prefix + "/info") {}

HttpReply TimRouter::RenderFault(Call& call) const {
  return FailCommand({Errc::kInternal, std::string(CurrentExceptionType())}, call.label);
}

std::optional<HttpReply> TimRouter::Run(Call& call) {
  const HttpRequest& http = call.http;
  const bool is_binary = http.path == binary_path_;
  call.label.endpoint = is_binary ? "tim/binfo" : "tim/info";
  call.headers.emplace_back("Cache-Control", "no-store");
  if (deps_.node != nullptr && deps_.node->IsCutOff() && http.method != "OPTIONS") {
    return SendAway(FailCommand({Errc::kStoreBusy, "cut off from the store"}, call.label));
  }
  const Status admitted = AdmitAddress(admission_, http.peer_address, http.body.size());
  if (http.method == "OPTIONS") return Cors::Preflight();
  if (!admitted) return Refuse(kTooManyRequests, admitted.error(), call.label);
  HttpReply reply = WebSocketHandshake(http, {});
  if (reply.status != kSwitchingProtocols) {
    reply.body = FailCommand({Errc::kBadRequest, {}}, kUnknownCommand, call.label).body;
    return reply;
  }
  if (FirstOrEmpty(ParseForm(http.query), "sdkappid") != deps_.commands.sdk_app_id) {
    return Refuse(kNotFound, {Errc::kUnknownApp, "sdkappid: another"}, call.label);
  }
  if (!http.origin.empty() && !cors().AllowsSocket(http.origin, http.upgrade->host)) {
    const Error refused{Errc::kBadRequest, "Origin: not one of server.cors_origins"};
    return Refuse(kForbidden, refused, call.label);
  }
  recorder().Record(
      {.request_id = http.request_id, .peer_address = http.peer_address, .begun = http.begun},
      call.label, reply.status);
  // Owned by the connection, and by the table of those that get time.
  const auto socket = std::make_shared<TimSocket>(
      deps_, is_binary ? WebSocket::Frames::kBinary : WebSocket::Frames::kText, http.peer_address);
  socket->Open(std::move(reply), call.responder);
  return std::nullopt;
}

}  // namespace rtcroom::tim
