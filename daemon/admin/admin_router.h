// From a path of the operator's port to what answers it.
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

/// @return nothing when it deferred the reply.
using AdminHandler =
    std::function<std::optional<HttpReply>(const HttpRequest& request, const DeferReply& defer)>;

struct AdminRoute {
  enum class Guard : std::uint8_t {
    kAccess,   ///< only for those whom `AdminAccess` admits
    kConsole,  ///< for everybody, and not there at all while no token is set
  };

  std::string_view method = "GET";  ///< GET stands for HEAD, too
  std::string_view path = {};       ///< whole, as decoded; static storage
  Guard guard = Guard::kAccess;
  AdminHandler handler = {};
};

/// Replies say in their label which route they are of; the log is told of those who are refused
/// for want of the token.
///
/// @threads `Add` before requests come; `Handle` safe from any thread, as far as the handlers are.
class AdminRouter {
 public:
  /// All of it outlives it.
  AdminRouter(const AdminAccess& access, const Clock& clock, Logger& logger)
      : access_(access), refused_(clock, logger) {}

  void Add(AdminRoute route) { routes_.push_back(std::move(route)); }

  /// 404, 405 and 401 in JSON with a `code`, or what the route's handler says.
  [[nodiscard]] std::optional<HttpReply> Handle(const HttpRequest& request,
                                                const DeferReply& defer);

 private:
  const AdminAccess& access_;
  RefusedOperators refused_;
  std::vector<AdminRoute> routes_;
};

}  // namespace rtcroom
