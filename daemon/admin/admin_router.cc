#include "daemon/admin/admin_router.h"

#include <string>
#include <utility>

#include "daemon/admin/admin_reply.h"

namespace rtcroom {
namespace {

constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;

bool Takes(const AdminRoute& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

}  // namespace

void AdminRouter::Handle(const HttpRequest& request, AdminResponder& responder) {
  const AdminRoute* found = nullptr;
  std::string allowed;
  for (const AdminRoute& route : routes_) {
    if (route.path != request.path) continue;
    if (Takes(route, request.method)) found = &route;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  if (allowed.empty()) return responder.Send(AdminRefusal(kNotFound));
  if (found == nullptr) {
    AdminReply reply = AdminRefusal(kMethodNotAllowed);
    reply.http.headers.emplace_back("Allow", allowed);
    return responder.Send(std::move(reply));
  }
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
