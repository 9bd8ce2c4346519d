// The table of endpoints, and the rules that determine a request's protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/core/ids.h"
#include "daemon/http/http_handler.h"
#include "handlers/endpoints.h"
#include "handlers/form.h"
#include "handlers/protocol.h"

namespace rtcroom {

/// The path segments under which an endpoint is mounted.
enum class RouteScope : std::uint8_t {
  kEveryRoomKind,  ///< `double_room`, `multi_room`, `live_room`
  kLiveRoom,       ///< `live_room` only
  kWebrtcRoom,     ///< `webrtc_room`, a separate service
  kUtils,          ///< `utils`, which is not a room kind
};

/// The protocols that have an endpoint, and the rule that selects one for a request (protocol C.1).
enum class RouteProtocol : std::uint8_t {
  kGen1,     ///< only gen-1 has it (rule 5)
  kGen2,     ///< only gen-2 has it (rules 3, 5)
  kWebrtc,   ///< webrtc_room has it (rule 2)
  kByQuery,  ///< both dialects: a `token` or `userID` key in the query, even empty, means gen-2
             ///< (6, 7)
  kByLogin,  ///< both: a `userSig` or `sdkAppID` key in the query means gen-2 (4)
  kAlike,    ///< both, with identical behavior (3)
};

/// Whether a path exists.
enum class RouteSwitch : std::uint8_t {
  kAlwaysOn,
  kUtils,  ///< with `utils.enabled`; an unknown path otherwise
};

/// Whether a gen-2 caller must be logged in.
enum class RouteLogin : std::uint8_t { kNeeded, kNotNeeded };

/// The rate-limit tokens that a call takes (protocol F.9).
enum class RouteTokens : std::uint8_t {
  kNone,            ///< a refusal would evict an honest member behind a shared address
  kAddress,         ///< of the address, and of the user where a token proves the caller
  kAddressAndUser,  ///< without a proven caller, also of the body's `userID` at that address
};

/// Whether caches may store the replies: not when they hold tickets, tokens or signed URLs.
enum class RouteCaching : std::uint8_t {
  kUnspecified,
  kNever,  ///< no cache may store them
};

struct Route {
  std::string_view endpoint{};       ///< the last path segment, in lower case
  std::string_view method = "POST";  ///< besides OPTIONS, which every path supports
  /// One of the three is set; with none the path does not exist.
  Handler handler = nullptr;
  AsyncHandler async = nullptr;
  SlicedHandler sliced = nullptr;
  RouteScope scope = RouteScope::kEveryRoomKind;
  RouteProtocol protocol = RouteProtocol::kByQuery;
  RouteLogin login = RouteLogin::kNeeded;
  RouteSwitch on = RouteSwitch::kAlwaysOn;
  RouteTokens tokens = RouteTokens::kAddress;
  RouteCaching caching = RouteCaching::kUnspecified;
  RequestPlan plan{};
};

/// Every route, in the order of the table.
std::span<const Route> AllRoutes();

/// The protocol of a request to `route`, when its prefix does not pin one.
/// @source protocol C.1, rules 2 to 7.
Protocol ProtocolOf(const Route& route, const FormPairs& query);

/// Whether `route` exists in `protocol`.
bool Serves(const Route& route, Protocol protocol);

}  // namespace rtcroom
