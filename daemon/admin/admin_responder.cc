#include "daemon/admin/admin_responder.h"

#include <utility>

#include "handlers/shared/request_recorder.h"

namespace rtcroom {
namespace {

constexpr int kStreamStatus = 200;

}  // namespace

void Protect(HttpReply& reply) {
  for (const auto& [name, value] :
       {std::pair("Cache-Control", "no-store"), std::pair("X-Content-Type-Options", "nosniff")}) {
    if (!HasHeader(reply.headers, name)) reply.headers.emplace_back(name, value);
  }
}

void AdminResponder::Send(AdminReply reply) {
  if (!responder_) return;
  Protect(reply.http);
  Log(std::move(reply.label), reply.http.status);
  responder_.Send(std::move(reply.http));
}

std::shared_ptr<StreamedReply> AdminResponder::Open(HttpReply head, StreamedReply::OnEnd on_end) {
  Protect(head);
  std::shared_ptr<StreamedReply> stream = responder_.Open(std::move(head), std::move(on_end));
  Log({}, kStreamStatus);
  return stream;
}

void AdminResponder::Log(RequestLabel label, int http_status) const {
  if (request_.id.empty()) return;
  label.endpoint = endpoint_;
  const bool has_changed = request_.may_change && !label.failure;
  LogRequest(*logger_, request_.id, label, http_status, clock_->Monotonic() - request_.begun,
             has_changed ? LogLevel::kInfo : LogLevel::kDebug);
}

}  // namespace rtcroom
