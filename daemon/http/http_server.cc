#include "daemon/http/http_server.h"

#include <utility>

#include "daemon/base/log_scope.h"
#include "daemon/http/request_log.h"

namespace rtcroom {

/// Notes a later reply on its way to the connection.
class HttpServer::Observed : public PendingReply {
 public:
  Observed(HttpServer& server, std::shared_ptr<PendingReply> next, std::string request_id,
           std::string peer_address, MonotonicTime begun)
      : server_(server),
        next_(std::move(next)),
        request_id_(std::move(request_id)),
        peer_address_(std::move(peer_address)),
        begun_(begun) {}

  void Send(HttpReply reply) override {
    server_.Observe(request_id_, peer_address_, reply, begun_);
    next_->Send(std::move(reply));
  }
  void RunInSlices(std::function<bool()> slice) override { next_->RunInSlices(std::move(slice)); }

 private:
  HttpServer& server_;
  const std::shared_ptr<PendingReply> next_;  ///< shared as every PendingReply is
  const std::string request_id_;
  const std::string peer_address_;
  const MonotonicTime begun_;
};

HttpServer::HttpServer(HttpListenerOptions options, RequestAnswers answers, RequestIds& ids,
                       RequestObserver& observer, EdgeParts parts)
    : answers_(std::move(answers)),
      ids_(ids),
      observer_(observer),
      clock_(parts.clock),
      logger_(parts.logger),
      refused_(clock_, logger_),
      listener_(std::move(options), *this, parts) {}

RequestPlan HttpServer::Plan(std::string_view method, std::string_view raw_path) {
  return answers_.plan(method, raw_path);
}

std::optional<HttpReply> HttpServer::Handle(HttpRequest request, const DeferReply& defer) {
  request.request_id = ids_.Next();
  const LogScope scope(request.request_id);
  const auto defer_observed = [&]() -> std::shared_ptr<PendingReply> {
    return std::make_shared<Observed>(*this, defer(), request.request_id, request.peer_address,
                                      request.begun);
  };
  std::optional<HttpReply> reply = answers_.answer(request, std::cref(defer_observed));
  if (reply) Observe(request.request_id, request.peer_address, *reply, request.begun);
  return reply;
}

HttpReply HttpServer::Refuse(int status, const std::string& reason) {
  HttpReply reply = answers_.refuse(status);
  reply.label.failure_detail = reason;
  observer_.OnRequest(reply.label, reply.status, std::nullopt);
  LogRequest(logger_, ids_.Next(), reply.label, reply.status, {});
  return reply;
}

void HttpServer::Observe(const std::string& request_id, const std::string& peer_address,
                         const HttpReply& reply, MonotonicTime begun) {
  const std::chrono::nanoseconds duration = clock_.Monotonic() - begun;
  observer_.OnRequest(reply.label, reply.status, duration);
  LogRequest(logger_, request_id, reply.label, reply.status, duration);
  refused_.Note(request_id, peer_address, reply.label);
}

}  // namespace rtcroom
