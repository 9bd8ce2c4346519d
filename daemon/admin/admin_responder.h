// The right to answer one request of the admin listener.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/admin/admin_reply.h"
#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/http/responder.h"

namespace rtcroom {

/// Logs a reply, keeps caches and browsers from misusing it, and sends it. A request that changed
/// something is logged at info.
///
/// @threads as `Responder`.
class AdminResponder {
 public:
  struct Request {
    std::string id{};  ///< empty: it is not logged
    bool may_change = false;
    MonotonicTime begun{};
  };

  /// `clock` and `logger` outlive this.
  AdminResponder(Responder responder, Request request, const Clock& clock, Logger& logger)
      : responder_(std::move(responder)),
        request_(std::move(request)),
        clock_(&clock),
        logger_(&logger) {}

  /// @param endpoint  of static storage: the route, for the log.
  void SetEndpoint(std::string_view endpoint) { endpoint_ = endpoint; }

  /// It does what `Responder::Send` does.
  void Send(AdminReply reply);
  /// It does what `Responder::Open` does.
  std::shared_ptr<StreamedReply> Open(HttpReply head, StreamedReply::OnEnd on_end);

  /// The right to answer, unlogged; of no request when it was answered or moved.
  Responder Release() { return std::move(responder_); }

 private:
  void Log(RequestLabel label, int http_status) const;

  Responder responder_;
  Request request_;
  std::string_view endpoint_ = RequestLabel().endpoint;
  const Clock* clock_;
  Logger* logger_;
};

/// Adds the headers that a reply of the admin listener lacks: `no-store` and `nosniff`.
void Protect(HttpReply& reply);

}  // namespace rtcroom
