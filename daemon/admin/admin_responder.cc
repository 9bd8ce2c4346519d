#include "daemon/admin/admin_responder.h"

#include <algorithm>

#include "handlers/request_log.h"

namespace rtcroom {
namespace {

constexpr int kStreamStatus = 200;

void AddUnlessThere(HttpReply& reply, std::string_view name, std::string_view value) {
  const bool is_there = std::ranges::any_of(
      reply.headers, [name](const auto& header) { return header.first == name; });
  if (!is_there) reply.headers.emplace_back(name, value);
}

}  // namespace

void Protect(HttpReply& reply) {
  AddUnlessThere(reply, "Cache-Control", "no-store");
  AddUnlessThere(reply, "X-Content-Type-Options", "nosniff");
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
