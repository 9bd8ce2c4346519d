#include "handlers/shared/protocol_handler.h"

#include <iterator>
#include <utility>

#include "daemon/base/log_scope.h"

namespace rtcroom {

void ProtocolHandler::Handle(HttpRequest& request, Responder& responder) {
  request.request_id = recorder_.NextId();
  Serve(request, responder, Look::kOnly);
}

void ProtocolHandler::Serve(HttpRequest& request, Responder& responder, Look look) {
  const LogScope scope(request.request_id);
  Call call{.http = request, .responder = responder, .look = look};
  std::optional<HttpReply> reply;
  try {
    cors_.AddOrigin(request.origin, call.headers);
    reply = Run(call);
  } catch (...) {
    if (!responder) return;  // whoever took it answers
    reply = RenderFault(call);
  }
  if (!reply) return;
  std::ranges::move(call.headers, std::back_inserter(reply->headers));
  recorder_.Record({.request_id = std::move(request.request_id),
                    .peer_address = std::move(request.peer_address),
                    .begun = request.begun},
                   call.label, reply->status);
  responder.Send(*std::move(reply));
}

}  // namespace rtcroom
