// Routes requests on the admin listener to their handlers.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "daemon/admin/admin_access.h"
#include "daemon/admin/admin_responder.h"
#include "daemon/base/clock.h"
#include "daemon/base/log_ration.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/http/message.h"

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
};

/// The log names the route of each request, and, at the rate of a `LogRation`, the addresses
/// refused for lack of the token: guesses cannot fill it.
///
/// @threads `Add` before requests arrive; `Handle` safe from any thread, as far as the handlers
///          are.
class AdminRouter {
 public:
  /// All arguments must outlive the router.
  AdminRouter(const AdminAccess& access, const Clock& clock, Logger& logger)
      : access_(access), clock_(clock), logger_(logger) {}

  void Add(AdminRoute route) { routes_.push_back(std::move(route)); }

  /// Answers 404, 405 and 401 in JSON with a `code`; else calls the handler of the route.
  void Handle(const HttpRequest& request, AdminResponder& responder);

 private:
  void LogRefusal(std::string_view peer_address) EXCLUDES(mutex_);

  const AdminAccess& access_;
  const Clock& clock_;
  Logger& logger_;
  Mutex mutex_;
  LogRation refusals_ GUARDED_BY(mutex_);
  std::vector<AdminRoute> routes_;
};

}  // namespace rtcroom
