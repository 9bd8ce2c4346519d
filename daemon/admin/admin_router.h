// Answers the requests of operators and monitors: path, method, token, handler.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/admin/admin_access.h"
#include "daemon/admin/admin_responder.h"
#include "daemon/base/clock.h"
#include "daemon/base/log_ration.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/http/http_handler.h"
#include "daemon/http/message.h"
#include "handlers/shared/protocol_handler.h"
#include "handlers/shared/request_recorder.h"

namespace rtcroom {

/// Answers through `responder`, now, or later after it has moved it away.
using AdminHandler = std::function<void(const HttpRequest& request, AdminResponder& responder)>;

struct AdminRoute {
  enum class Guard : std::uint8_t {
    kAccess,   ///< requires admission by `AdminAccess`
    kConsole,  ///< open to all; does not exist while no token is set
    kOpen,     ///< open to all
  };

  std::string_view method = "GET";  ///< GET also serves HEAD
  std::string_view path = {};       ///< complete, as decoded; static storage
  Guard guard = Guard::kAccess;
  AdminHandler handler = {};
  /// Another one is for a monitor, whose frequent requests are neither numbered nor logged.
  Lane lane = Lane::kWorker;
};

/// Requests are numbered with those of clients, and logged like these with their route; those that
/// changed something are logged at info. The addresses refused for lack of the token are logged at
/// the rate of a `LogRation`: guesses cannot fill the log.
///
/// @threads `Add` before requests arrive; all others safe from any thread, as far as the handlers
///          are.
class AdminRouter : public ProtocolHandler {
 public:
  /// All arguments must outlive the router.
  AdminRouter(const AdminAccess& access, RequestIds& ids, const Clock& clock, Logger& logger)
      : access_(access), ids_(ids), clock_(clock), logger_(logger) {}

  void Add(AdminRoute route) { routes_.push_back(std::move(route)); }

  /// It numbers the request, too, unless it is of a monitor.
  RequestPlan Resolve(HttpRequest& request) override;

  /// Answers 404, 405 and 401 in JSON with a `code`; else calls the handler of the route.
  void Answer(const HttpRequest& request, AdminResponder& responder);

  /// It does what `HttpHandler::Refuse` asks for.
  HttpReply Refuse(int status, std::string_view reason) const;

 private:
  std::optional<HttpReply> Run(Call& call) override;
  [[nodiscard]] HttpReply Fail(const Error& error, Call& /*call*/) const override {
    return Refuse(500, "exception " + error.detail);
  }

  /// The reply to a request that has no route.
  [[nodiscard]] AdminReply ReplyWithoutRoute(std::string_view path) const;
  void LogRefusal(std::string_view peer_address) EXCLUDES(mutex_);

  const AdminAccess& access_;
  RequestIds& ids_;
  const Clock& clock_;
  Logger& logger_;
  Mutex mutex_;
  LogRation refusals_ GUARDED_BY(mutex_);
  std::vector<AdminRoute> routes_;
};

}  // namespace rtcroom
