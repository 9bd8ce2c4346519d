#include "daemon/http/admin_server.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "daemon/base/log_scope.h"
#include "daemon/http/request_log.h"
#include "handlers/router.h"

namespace rtcroom {
namespace {

HttpReply Json(int status, std::string body) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

/// Of what monitors ask.
bool IsWatched(std::string_view path) {
  return path == "/healthz" || path == "/readyz" || path == "/metrics";
}

bool IsReading(std::string_view method) { return method == "GET" || method == "HEAD"; }

void AddUnlessThere(HttpReply& reply, std::string_view name, std::string_view value) {
  const bool is_there = std::ranges::any_of(
      reply.headers, [name](const auto& header) { return header.first == name; });
  if (!is_there) reply.headers.emplace_back(name, value);
}

/// What it shows is of this moment, and nothing but what its type says.
void Protect(HttpReply& reply) {
  AddUnlessThere(reply, "Cache-Control", "no-store");
  AddUnlessThere(reply, "X-Content-Type-Options", "nosniff");
}

}  // namespace

/// Notes a later reply on its way to the connection.
class AdminServer::Observed : public PendingReply {
 public:
  Observed(AdminServer& server, std::shared_ptr<PendingReply> next, Asked asked)
      : server_(server), next_(std::move(next)), asked_(std::move(asked)) {}

  void Send(HttpReply reply) override {
    server_.Finish(asked_, reply);
    next_->Send(std::move(reply));
  }
  std::shared_ptr<StreamedReply> Open(HttpReply head, StreamedReply::OnEnd on_end) override {
    Protect(head);
    const RequestLabel label = head.label;
    std::shared_ptr<StreamedReply> stream = next_->Open(std::move(head), std::move(on_end));
    if (stream != nullptr) server_.Log(asked_, label, 200);
    return stream;
  }

 private:
  AdminServer& server_;
  const std::shared_ptr<PendingReply> next_;  ///< shared as every PendingReply is
  const Asked asked_;
};

AdminServer::AdminServer(HttpListenerOptions options, AdminSources sources, RequestIds& ids,
                         EdgeParts parts)
    : sources_(std::move(sources)),
      ids_(ids),
      clock_(parts.clock),
      logger_(parts.logger),
      readiness_(sources_.readiness, clock_),
      listener_(std::move(options), *this, parts) {}

RequestPlan AdminServer::Plan(std::string_view /*method*/, std::string_view raw_path) {
  // That the process is alive can be said even while a disk hangs, and with it all workers.
  if (raw_path == "/healthz") return {.lane = Lane::kInline};
  // Whoever watches over the server comes before who only looks.
  return {.lane = IsWatched(raw_path) ? Lane::kUrgent : Lane::kWorker};
}

std::optional<HttpReply> AdminServer::Handle(HttpRequest request, const DeferReply& defer) {
  const bool is_watched = IsWatched(request.path);
  if (!is_watched) request.request_id = ids_.Next();
  const LogScope scope(request.request_id);
  const Asked asked{.request_id = request.request_id,
                    .may_change = !IsReading(request.method),
                    .begun = request.begun};
  const auto defer_observed = [&]() -> std::shared_ptr<PendingReply> {
    return std::make_shared<Observed>(*this, defer(), asked);
  };
  std::optional<HttpReply> reply;
  if (is_watched) {
    reply = AnswerMonitor(request, std::cref(defer_observed));
  } else if (sources_.others) {
    reply = sources_.others(request, std::cref(defer_observed));
  } else {
    reply = Router::Refusal(404);
  }
  if (reply) Finish(asked, *reply);
  return reply;
}

std::optional<HttpReply> AdminServer::AnswerMonitor(const HttpRequest& request,
                                                    const DeferReply& defer) {
  if (!IsReading(request.method)) {
    HttpReply reply = Router::Refusal(405);
    reply.headers.emplace_back("Allow", "GET, HEAD");
    return reply;
  }
  if (request.path == "/healthz") return Json(200, R"({"code":0,"message":"alive"})");
  if (request.path == "/readyz") return readiness_.Answer(defer);
  HttpReply reply;
  reply.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  reply.body = sources_.metrics();
  return reply;
}

HttpReply AdminServer::Refuse(int status, const std::string& reason) {
  HttpReply reply = Router::Refusal(status);
  reply.label.failure_detail = reason;
  Finish({.request_id = ids_.Next(), .begun = clock_.Monotonic()}, reply);
  return reply;
}

void AdminServer::Finish(const Asked& asked, HttpReply& reply) {
  Protect(reply);
  Log(asked, reply.label, reply.status);
}

void AdminServer::Log(const Asked& asked, const RequestLabel& label, int http_status) {
  if (asked.request_id.empty()) return;
  const bool has_changed = asked.may_change && !label.failure;
  LogRequest(logger_, asked.request_id, label, http_status, clock_.Monotonic() - asked.begun,
             has_changed ? LogLevel::kInfo : LogLevel::kDebug);
}

}  // namespace rtcroom
