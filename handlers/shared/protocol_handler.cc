#include "handlers/shared/protocol_handler.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/base/exception_type.h"
#include "daemon/base/log_scope.h"

namespace rtcroom {
namespace {

constexpr int kServiceUnavailable = 503;

/// Adds the headers of a call to its reply, which mostly has none of its own.
void AddHeaders(Headers headers, HttpReply& reply) {
  if (reply.headers.empty()) return reply.headers.swap(headers);
  std::ranges::move(headers, std::back_inserter(reply.headers));
}

}  // namespace

HttpReply SendAway(HttpReply reply) {
  reply.status = kServiceUnavailable;
  reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

void ProtocolHandler::Handle(HttpRequest& request, Responder& responder) {
  if (deps_.recorder != nullptr) request.request_id = deps_.recorder->NextId();
  Serve(request, responder, FirstLook());
}

void ProtocolHandler::Serve(HttpRequest& request, Responder& responder, Look look) {
  const LogScope scope(request.request_id);
  Call call{.http = request, .responder = responder, .look = look};
  std::optional<HttpReply> reply;
  try {
    if (deps_.cors != nullptr) {
      call.headers.reserve(2);  // most have that many
      deps_.cors->AddOrigin(request.origin, call.headers);
    }
    reply = Begin(call);
    if (!reply) {
      reply = IsCutOff(deps_.node) ? SendAway(Fail(CutOffFromStore(), call)) : Run(call);
    }
  } catch (...) {
    if (!responder) return;  // whoever took it answers
    reply = Fail({Errc::kInternal, std::string(CurrentExceptionType())}, call);
  }
  if (!reply) return;
  AddHeaders(std::move(call.headers), *reply);
  if (deps_.recorder != nullptr) {
    deps_.recorder->Record({.request_id = std::move(request.request_id),
                            .peer_address = std::move(request.peer_address),
                            .begun = request.begun},
                           call.label, reply->status);
  }
  responder.Send(*std::move(reply));
}

PendingCall::PendingCall(Call& call, RequestRecorder& recorder, RequestCharge charge,
                         Duration duration, Render if_lost)
    : responder_(std::move(call.responder)),
      facts_{.request_id = call.http.request_id,
             .peer_address = call.http.peer_address,
             .begun = call.http.begun},
      label_(call.label),
      headers_(std::move(call.headers)),
      recorder_(recorder),
      charge_(std::move(charge)),
      duration_(duration),
      if_lost_(std::move(if_lost)) {}

PendingCall::~PendingCall() {
  try {
    if (if_lost_) Answer(if_lost_);
  } catch (...) {
    // Most likely out of memory: the responder answers as it ends.
  }
}

void PendingCall::Wait(PendingCalls& calls, MonotonicTime until, std::function<void()> end) {
  {
    const MutexLock lock(mutex_);  // from here on an answer waits for it
    if (is_answered_) return;
    if (const auto place = calls.Add(until, shared_from_this())) {
      calls_ = &calls;
      place_ = *place;
      end_ = std::move(end);
      responder_.OnClosed([call = weak_from_this()] {
        if (const std::shared_ptr<PendingCall> self = call.lock()) self->End();
      });
      return;
    }
  }
  end();
}

std::function<void()> PendingCall::TakeEnd() {
  const MutexLock lock(mutex_);
  if (end_) calls_->Remove(place_);
  return std::exchange(end_, nullptr);
}

void PendingCall::Answer(const Render& render) {
  if (is_answered_.exchange(true)) return;
  (void)TakeEnd();
  HttpReply reply = render(label_);
  charge_.ChargeReply(reply.body.size());
  AddHeaders(std::move(headers_), reply);
  if (duration_ == Duration::kCounted) {
    recorder_.Record(facts_, label_, reply.status);
  } else {
    recorder_.RecordPoll(facts_, label_, reply.status);
  }
  responder_.Send(std::move(reply));
}

}  // namespace rtcroom
