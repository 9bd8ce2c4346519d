#include "daemon/admin/admin_router.h"

#include <string>

#include "daemon/admin/admin_reply.h"
#include "handlers/refusal.h"

namespace rtcroom {
namespace {

constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;

bool Takes(const AdminRoute& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

HttpReply Unauthorized() {
  HttpReply reply =
      AdminFailure({Errc::kUnauthorized, "Authorization: the token is missing or wrong"});
  reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  return reply;
}

}  // namespace

std::optional<HttpReply> AdminRouter::Handle(const HttpRequest& request,
                                             const DeferReply& defer) const {
  const AdminRoute* found = nullptr;
  std::string allowed;
  for (const AdminRoute& route : routes_) {
    if (route.path != request.path) continue;
    if (Takes(route, request.method)) found = &route;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  if (allowed.empty()) return RefusalOf(kNotFound);
  if (found == nullptr) {
    HttpReply reply = RefusalOf(kMethodNotAllowed);
    reply.headers.emplace_back("Allow", allowed);
    return reply;
  }
  switch (found->guard) {
    case AdminRoute::Guard::kAccess:
      if (!access_.Admits(request)) return Unauthorized();
      break;
    case AdminRoute::Guard::kConsole:
      if (!access_.has_token()) return RefusalOf(kNotFound);
      break;
  }
  return found->handler(request, defer);
}

}  // namespace rtcroom
