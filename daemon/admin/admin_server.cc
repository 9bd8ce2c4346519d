#include "daemon/admin/admin_server.h"

#include <string_view>
#include <utility>

#include "daemon/base/log_scope.h"

namespace rtcroom {
namespace {

/// Whether monitors poll the path.
bool IsMonitored(std::string_view path) {
  return path == "/healthz" || path == "/readyz" || path == "/servez" || path == "/metrics";
}

/// Any program of the machine can connect: connections that it leaves idle must not keep monitors
/// and media servers out.
HttpListenerOptions ReplacingIdle(HttpListenerOptions options) {
  options.connections.replaces_idle = true;
  return options;
}

bool IsReading(std::string_view method) { return method == "GET" || method == "HEAD"; }

}  // namespace

AdminServer::AdminServer(HttpListenerOptions options, ReadinessCheck& readiness,
                         AdminSources sources, RequestIds& ids, HttpListenerDeps deps)
    : readiness_(readiness),
      sources_(std::move(sources)),
      ids_(ids),
      clock_(deps.clock),
      logger_(deps.logger),
      listener_(ReplacingIdle(std::move(options)), *this, deps) {}

RequestPlan AdminServer::Resolve(HttpRequest& request) {
  // These two do not wait for the store, so they are answered even while all workers do.
  if (request.path == "/healthz" || request.path == "/servez") return {.lane = Lane::kInline};
  request.handler = FirstServing(sources_.callbacks, request);
  if (request.handler != nullptr) return request.handler->Resolve(request);
  // Requests of monitors have priority over those of operators.
  return {.lane = IsMonitored(request.path) ? Lane::kUrgent : Lane::kWorker};
}

void AdminServer::Handle(HttpRequest& request, Responder& responder) {
  if (request.handler != nullptr) return request.handler->Handle(request, responder);
  if (!IsMonitored(request.path)) request.request_id = ids_.Next();
  const LogScope scope(request.request_id);
  AdminResponder admin(
      std::move(responder),
      {.id = request.request_id, .may_change = !IsReading(request.method), .begun = request.begun},
      clock_, logger_);
  try {
    Answer(request, admin);
  } catch (...) {
    responder = admin.Release();  // the connection answers and has it logged
    throw;
  }
}

void AdminServer::Answer(const HttpRequest& request, AdminResponder& responder) {
  if (IsMonitored(request.path)) return AnswerMonitor(request, responder);
  if (sources_.others) return sources_.others(request, responder);
  responder.Send(AdminRefusal(404));
}

void AdminServer::AnswerMonitor(const HttpRequest& request, AdminResponder& responder) {
  if (!IsReading(request.method)) {
    AdminReply reply = AdminRefusal(405);
    reply.http.headers.emplace_back("Allow", "GET, HEAD");
    return responder.Send(std::move(reply));
  }
  if (request.path == "/readyz") return readiness_.AnswerReady(responder);
  if (request.path == "/servez") return readiness_.AnswerServing(responder);
  AdminReply reply;
  if (request.path == "/healthz") {
    reply.http.body = R"({"code":0,"message":"alive"})";
  } else {
    reply.http.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    reply.http.body = sources_.metrics();
  }
  responder.Send(std::move(reply));
}

HttpReply AdminServer::Refuse(int status, std::string_view reason) {
  AdminReply reply = AdminRefusal(status);
  reply.label.failure_detail = reason;
  Protect(reply.http);
  LogRequest(logger_, ids_.Next(), reply.label, status, {});
  return std::move(reply.http);
}

}  // namespace rtcroom
