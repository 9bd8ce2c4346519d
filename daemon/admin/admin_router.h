// Routes requests on the operator's port to their handlers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/admin/admin_access.h"
#include "daemon/admin/refused_operators.h"
#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "handlers/pending_reply.h"
#include "handlers/request.h"

namespace rtcroom {

/// @return nullopt when it deferred the reply.
using AdminHandler =
    std::function<std::optional<HttpReply>(const HttpRequest& request, const DeferReply& defer)>;

struct AdminRoute {
  enum class Guard : std::uint8_t {
    kAccess,   ///< requires admission by `AdminAccess`
    kConsole,  ///< open to all; does not exist while no token is set
  };

  std::string_view method = "GET";  ///< GET also serves HEAD
  std::string_view path = {};       ///< complete, as decoded; static storage
  Guard guard = Guard::kAccess;
  AdminHandler handler = {};
};

/// Labels replies with their route; logs requests that are refused for lack of the token.
///
/// @threads `Add` before requests arrive; `Handle` safe from any thread, as far as the handlers
///          are.
class AdminRouter {
 public:
  /// All arguments must outlive the router.
  AdminRouter(const AdminAccess& access, const Clock& clock, Logger& logger)
      : access_(access), refused_(clock, logger) {}

  void Add(AdminRoute route) { routes_.push_back(std::move(route)); }

  /// 404, 405 and 401 in JSON with a `code`, or the reply of the route's handler.
  [[nodiscard]] std::optional<HttpReply> Handle(const HttpRequest& request,
                                                const DeferReply& defer);

 private:
  const AdminAccess& access_;
  RefusedOperators refused_;
  std::vector<AdminRoute> routes_;
};

}  // namespace rtcroom
