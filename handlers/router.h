// From a whole HTTP request to its reply: path, method, dialect, body, handler, CORS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/auth_mode.h"
#include "handlers/cors.h"
#include "handlers/endpoints.h"
#include "handlers/request.h"
#include "handlers/routes.h"
#include "handlers/services.h"

namespace rtcroom {

struct RouterOptions {
  std::string prefix = "/weapp";
  std::string gen1_prefix{};  ///< requests under it speak gen-1, whatever they look like; "" = off
  std::string gen2_prefix{};  ///< likewise gen-2
  std::vector<std::string> cors_origins = {"*"};
  AuthMode auth_mode = AuthMode::kMixed;
  std::uint32_t sdk_app_id = 0;
  std::string account_type = "0";
};

/// Answers every request, whatever it holds, with JSON that has a `code` (204 to OPTIONS).
///
/// Paths are `<prefix>/<kind>/<endpoint>`, in any letter case, with slashes doubled or one at
/// the end as clients happen to glue them (protocol 0.2).
///
/// @threads safe from any thread; blocks as long as the use case behind the endpoint does.
class Router {
 public:
  Router(const Services& services, RouterOptions options);

  /// Throws nothing: what a handler lets slip is answered as an internal error, and told to the
  /// log by the label.
  [[nodiscard]] HttpReply Handle(const HttpRequest& request) const;

  /// The reply to what the connection layer refuses by itself: 4xx says code 1, 5xx code 6
  /// (protocol 0.2).
  [[nodiscard]] static HttpReply Refusal(int status);

 private:
  /// A prefix under which the endpoints are found.
  struct Mount {
    std::vector<std::string> segments;  ///< in lower case
    std::optional<Dialect> pinned;
  };
  /// What a path names.
  struct Target {
    RoutedPath found;
    std::optional<Dialect> pinned;
  };

  void AddMount(std::string_view prefix, std::optional<Dialect> pinned);
  [[nodiscard]] std::optional<Target> FindTarget(std::string_view path) const;
  [[nodiscard]] HttpReply Dispatch(const HttpRequest& request, RequestLabel& label) const;
  [[nodiscard]] Reply Serve(const HttpRequest& request, const RoutedPath& found,
                            Dialect dialect) const;

  const HandlerContext context_;
  const AuthMode auth_mode_;
  const Cors cors_;
  std::vector<Mount> mounts_;  ///< does not change after construction
};

}  // namespace rtcroom
