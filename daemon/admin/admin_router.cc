#include "daemon/admin/admin_router.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "daemon/admin/admin_reply.h"
#include "handlers/refusal.h"

namespace rtcroom {
namespace {

constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;

bool Takes(const AdminRoute& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

/// Labels a deferred reply with its route.
class Labelled : public PendingReply {
 public:
  Labelled(std::string_view endpoint, std::shared_ptr<PendingReply> next)
      : endpoint_(endpoint), next_(std::move(next)) {}

  void Send(HttpReply reply) override {
    reply.label.endpoint = endpoint_;
    next_->Send(std::move(reply));
  }
  std::shared_ptr<StreamedReply> Open(HttpReply head, StreamedReply::OnEnd on_end) override {
    head.label.endpoint = endpoint_;
    return next_->Open(std::move(head), std::move(on_end));
  }

 private:
  const std::string_view endpoint_;
  const std::shared_ptr<PendingReply> next_;  ///< shared, like every PendingReply
};

}  // namespace

std::optional<HttpReply> AdminRouter::Handle(const HttpRequest& request, const DeferReply& defer) {
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
  std::optional<HttpReply> reply;
  if (found->guard == AdminRoute::Guard::kConsole && !access_.has_token()) {
    reply = RefusalOf(kNotFound);
  } else if (found->guard == AdminRoute::Guard::kAccess && !access_.Admits(request)) {
    refused_.Note(request.peer_address);
    reply = AdminFailure({Errc::kUnauthorized, "Authorization: the token is missing or wrong"});
  } else {
    const auto defer_labelled = [&]() -> std::shared_ptr<PendingReply> {
      return std::make_shared<Labelled>(found->path, defer());
    };
    reply = found->handler(request, std::cref(defer_labelled));
  }
  if (reply) reply->label.endpoint = found->path;
  return reply;
}

}  // namespace rtcroom
