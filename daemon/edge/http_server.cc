#include "daemon/edge/http_server.h"

#include <utility>

#include "daemon/edge/request_log.h"
#include "handlers/router.h"

namespace rtcroom {

HttpServer::HttpServer(HttpListenerOptions options, AnswerFunction answer, RequestIds& ids,
                       RequestObserver& observer, const Clock& clock, Logger& logger)
    : answer_(std::move(answer)),
      ids_(ids),
      observer_(observer),
      clock_(clock),
      logger_(logger),
      listener_(std::move(options), *this, clock, logger) {}

HttpReply HttpServer::Handle(HttpRequest request) {
  request.request_id = ids_.Next();
  const MonotonicTime begun = clock_.Monotonic();
  HttpReply reply = answer_(request);
  const std::chrono::nanoseconds duration = clock_.Monotonic() - begun;
  observer_.OnRequest(reply.label, reply.status, duration);
  LogRequest(logger_, request.request_id, reply.label, reply.status, duration);
  return reply;
}

HttpReply HttpServer::Refuse(int status, const std::string& reason) {
  HttpReply reply = Router::Refusal(status);
  reply.label.failure_detail = reason;
  observer_.OnRequest(reply.label, reply.status, {});
  LogRequest(logger_, ids_.Next(), reply.label, reply.status, {});
  return reply;
}

}  // namespace rtcroom
