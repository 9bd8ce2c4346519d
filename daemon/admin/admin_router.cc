#include "daemon/admin/admin_router.h"

#include <algorithm>
#include <string>

#include "daemon/admin/admin_reply.h"

namespace rtcroom {
namespace {

constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;

bool Takes(const AdminRoute& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

}  // namespace

RequestPlan AdminRouter::Resolve(HttpRequest& request) {
  const auto found = std::ranges::find(routes_, request.path, &AdminRoute::path);
  const Lane lane = found == routes_.end() ? Lane::kWorker : found->lane;
  if (lane == Lane::kWorker) request.request_id = ids_.Next();
  return {.lane = lane};
}

std::optional<HttpReply> AdminRouter::Run(Call& call) {
  const HttpRequest& http = call.http;
  const bool is_reading = http.method == "GET" || http.method == "HEAD";
  AdminResponder responder(std::move(call.responder),
                           {.id = http.request_id, .may_change = !is_reading, .begun = http.begun},
                           clock_, logger_);
  try {
    Answer(http, responder);
  } catch (...) {
    call.responder = responder.Release();
    throw;
  }
  return std::nullopt;
}

HttpReply AdminRouter::Refuse(int status, std::string_view reason) const {
  AdminReply reply = AdminRefusal(status);
  reply.label.failure_detail = reason;
  Protect(reply.http);
  LogRequest(logger_, ids_.Next(), reply.label, status, {});
  return std::move(reply.http);
}

AdminReply AdminRouter::ReplyWithoutRoute(std::string_view path) const {
  std::string allowed;
  for (const AdminRoute& route : routes_) {
    if (route.path != path) continue;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  if (allowed.empty()) return AdminRefusal(kNotFound);
  AdminReply reply = AdminRefusal(kMethodNotAllowed);
  reply.http.headers.emplace_back("Allow", std::move(allowed));
  return reply;
}

void AdminRouter::Answer(const HttpRequest& request, AdminResponder& responder) {
  const auto found = std::ranges::find_if(routes_, [&](const AdminRoute& route) {
    return route.path == request.path && Takes(route, request.method);
  });
  if (found == routes_.end()) return responder.Send(ReplyWithoutRoute(request.path));
  responder.SetEndpoint(found->path);
  if (found->guard == AdminRoute::Guard::kConsole && !access_.has_token()) {
    return responder.Send(AdminRefusal(kNotFound, "console: off; set admin.token to switch it on"));
  }
  if (found->guard == AdminRoute::Guard::kAccess && !access_.Admits(request)) {
    LogRefusal(request.peer_address);
    return responder.Send(
        AdminFailure({Errc::kUnauthorized, "Authorization: the token is missing or wrong"}));
  }
  found->handler(request, responder);
}

void AdminRouter::LogRefusal(std::string_view peer_address) {
  const MonotonicTime now = clock_.Monotonic();
  std::uint64_t times = 0;
  {
    const MutexLock lock(mutex_);
    times = refusals_.Count(now);
  }
  if (times > 0) logger_.Warn("admin_refused", {{"peer", peer_address}, {"times", times}});
}

}  // namespace rtcroom
