// From a whole HTTP request to its reply: path, method, protocol, body, handler, CORS.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/auth/auth_mode.h"
#include "daemon/core/room_policy.h"
#include "handlers/cors.h"
#include "handlers/endpoints.h"
#include "handlers/gate.h"
#include "handlers/pending_reply.h"
#include "handlers/protocol.h"
#include "handlers/request.h"
#include "handlers/request_plan.h"
#include "handlers/routes.h"
#include "handlers/services.h"

namespace rtcroom {

struct RouterOptions {
  std::string prefix = "/weapp";  ///< webrtc_room is found under `/webrtc` and this, too
  std::string gen1_prefix{};  ///< requests under it speak gen-1, whatever they look like; "" = off
  std::string gen2_prefix{};  ///< likewise gen-2
  std::vector<std::string> cors_origins = {"*"};
  AuthMode auth_mode = AuthMode::kMixed;
  std::uint32_t sdk_app_id = 0;
  std::string account_type = "0";
  CustomSet custom_set = CustomSet::kMembers;
  bool gen1_login = false;    ///< as in `HandlerContext`
  bool trust_userid = false;  ///< likewise
  bool gen1_bind = false;     ///< a gen-1 pusher may call from the address that added it alone
};

/// Answers every request, whatever it holds, with JSON that has a `code` (204 to OPTIONS).
///
/// Paths are `<prefix>/<kind>/<endpoint>`, in any letter case, with slashes doubled or one at
/// the end as clients happen to glue them (protocol 0.2).
///
/// Callers who come too often are refused, but for the calls that keep a membership or end it,
/// and for those that their connection holds back instead (protocol F.9).
///
/// Must outlive the answers that its handlers give later.
///
/// @threads safe from any thread; blocks as long as the use case behind the endpoint does.
class Router {
 public:
  Router(const Services& services, RouterOptions options);

  /// How such a request is to run. Allocates nothing.
  /// @param raw_path  as it was sent, up to the `?`.
  [[nodiscard]] RequestPlan Plan(std::string_view method, std::string_view raw_path) const;

  /// How long a request that its plan calls paced is to be held back for its address's sake. Takes
  /// its token, so it is to be asked once for each.
  [[nodiscard]] std::chrono::nanoseconds Delay(std::string_view address) const;

  /// Throws nothing of a handler's: what it lets slip is answered as an internal error, and told
  /// to the log by the label.
  /// @return nothing when the reply goes to what `defer` gave, now or later.
  [[nodiscard]] std::optional<HttpReply> Handle(const HttpRequest& request,
                                                const DeferReply& defer) const;

  /// The reply to what the connection layer refuses by itself.
  /// @param origin  of the request, if that is known.
  [[nodiscard]] HttpReply Refuse(int status, std::string_view origin = {}) const;

  /// The same for a server without other origins: 4xx says code 1, 5xx code 6 (protocol 0.2).
  [[nodiscard]] static HttpReply Refusal(int status);

 private:
  /// A prefix under which the endpoints are found.
  struct Mount {
    std::vector<std::string> segments;
    std::optional<Protocol> pinned;
  };
  /// What a path names.
  struct Target {
    RoutedPath found;
    std::optional<Protocol> pinned;
  };

  void AddMount(std::string_view prefix, std::optional<Protocol> pinned);
  [[nodiscard]] std::optional<Target> FindTarget(std::string_view method,
                                                 std::string_view path) const;
  [[nodiscard]] RouteChoice ChoiceOf(std::string_view method, std::optional<Protocol> pinned) const;
  /// Takes a token of the address, and tells whether a handler may run.
  [[nodiscard]] bool Admits(const HttpRequest& request, const std::optional<Target>& target) const;
  /// @param headers  of the reply, also of one that comes later: gets those of the route.
  [[nodiscard]] std::optional<HttpReply> Dispatch(const HttpRequest& request,
                                                  const DeferReply& defer, RequestLabel& label,
                                                  Headers& headers) const;

  const HandlerContext context_;
  const Gate gate_;
  const Cors cors_;
  std::vector<Mount> mounts_;  ///< does not change after construction
};

}  // namespace rtcroom
