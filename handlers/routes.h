// The table of endpoints, and how a request's protocol is found.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/core/ids.h"
#include "daemon/http/request_plan.h"
#include "handlers/endpoints.h"
#include "handlers/form.h"
#include "handlers/protocol.h"

namespace rtcroom {

/// Under which path segments an endpoint is found.
enum class RouteScope : std::uint8_t {
  kEveryRoomKind,  ///< `double_room`, `multi_room`, `live_room`
  kLiveRoom,       ///< `live_room` only
  kWebrtcRoom,     ///< `webrtc_room`, a service of its own
  kUtils,          ///< `utils`, which is no room kind
};

/// Which protocols have an endpoint, and how a request to it tells them apart (protocol C.1).
enum class RouteProtocol : std::uint8_t {
  kGen1,     ///< only gen-1 has it (rule 5)
  kGen2,     ///< only gen-2 has it (rules 3, 5)
  kWebrtc,   ///< webrtc_room has it (rule 2)
  kByQuery,  ///< both dialects: a `token` or `userID` key in the query, even empty, means gen-2
             ///< (6, 7)
  kByLogin,  ///< both: a `userSig` or `sdkAppID` key in the query means gen-2 (4)
  kAlike,    ///< both, and it is the same in both (3)
};

/// Whether a path is there at all.
enum class RouteSwitch : std::uint8_t {
  kAlwaysOn,
  kUtils,  ///< with `utils.enabled`; an unknown path otherwise
};

/// Whether a caller of gen-2 must have logged in.
enum class RouteLogin : std::uint8_t { kNeeded, kNotNeeded };

/// Whose tokens of the rate limits a call takes (protocol F.9).
enum class RouteTokens : std::uint8_t {
  kNone,            ///< to refuse one would evict an honest member behind a shared address
  kAddress,         ///< its address's, and those of a user who has proven that it is his
  kAddressAndUser,  ///< where nobody has, also those of the body's `userID` at that address
};

/// Whether its replies are for the caller alone, as tickets, tokens and signed URLs are.
enum class RouteCaching : std::uint8_t {
  kUnsaid,
  kNever,  ///< no cache on the way may keep them
};

struct Route {
  std::string_view endpoint{};       ///< the last path segment, in lower case
  std::string_view method = "POST";  ///< besides OPTIONS, which every path answers
  /// One of the three; with none the path does not exist.
  Handler handler = nullptr;
  AsyncHandler async = nullptr;
  SlicedHandler sliced = nullptr;
  RouteScope scope = RouteScope::kEveryRoomKind;
  RouteProtocol protocol = RouteProtocol::kByQuery;
  RouteLogin login = RouteLogin::kNeeded;
  RouteSwitch on = RouteSwitch::kAlwaysOn;
  RouteTokens tokens = RouteTokens::kAddress;
  RouteCaching caching = RouteCaching::kUnsaid;
  RequestPlan plan{};
};

/// Every route, in the order of the table.
std::span<const Route> AllRoutes();

/// The protocol that a request to `route` speaks, when its prefix does not pin one.
/// @source protocol C.1, rules 2 to 7.
Protocol ProtocolOf(const Route& route, const FormPairs& query);

/// Whether `route` exists in `protocol`.
bool Serves(const Route& route, Protocol protocol);

}  // namespace rtcroom
