#include "handlers/routes.h"

#include "handlers/text.h"

namespace rtcroom {
namespace {

constexpr RequestPlan kInline{.lane = Lane::kInline};
constexpr RequestPlan kUrgent{.lane = Lane::kUrgent};

constexpr Route kRoutes[] = {
    {.endpoint = "get_im_login_info",
     .later = HandleGetImLoginInfo,
     .dialect = RouteDialect::kGen1},
    {.endpoint = "get_push_url",
     .handler = HandleGetPushUrl,
     .tokens = RouteTokens::kAddressAndUser,
     .plan = kInline},
    {.endpoint = "create_room", .later = HandleCreateRoom, .tokens = RouteTokens::kAddressAndUser},
    {.endpoint = "destroy_room",
     .handler = HandleDestroyRoom,
     .tokens = RouteTokens::kNone,
     .plan = kUrgent},
    {.endpoint = "add_pusher", .handler = HandleAddPusher, .tokens = RouteTokens::kAddressAndUser},
    {.endpoint = "delete_pusher",
     .handler = HandleDeletePusher,
     .tokens = RouteTokens::kNone,
     .plan = kUrgent},
    {.endpoint = "get_pushers",
     .handler = HandleGetPushers,
     .plan = {.lane = Lane::kInline, .paced = true}},
    {.endpoint = "pusher_heartbeat",
     .handler = HandlePusherHeartbeat,
     .tokens = RouteTokens::kNone,
     .plan = kInline},
    {.endpoint = "get_room_list", .handler = HandleGetRoomList, .plan = kInline},
    {.endpoint = "merge_stream",
     .handler = HandleMergeStream,
     .scope = RouteScope::kLiveRoom,
     .tokens = RouteTokens::kAddressAndUser,
     .plan = kInline},
    // What has no handler is refused at once.
    {.endpoint = "login", .dialect = RouteDialect::kByLogin, .plan = kInline},
    {.endpoint = "logout", .plan = kInline},
    {.endpoint = "set_custom_field",
     .scope = RouteScope::kLiveRoom,
     .dialect = RouteDialect::kGen2,
     .plan = kInline},
    {.endpoint = "get_custom_info",
     .scope = RouteScope::kLiveRoom,
     .dialect = RouteDialect::kGen2,
     .plan = kInline},
    {.endpoint = "add_audience",
     .scope = RouteScope::kLiveRoom,
     .dialect = RouteDialect::kGen2,
     .plan = kInline},
    {.endpoint = "delete_audience",
     .scope = RouteScope::kLiveRoom,
     .dialect = RouteDialect::kGen2,
     .plan = kInline},
    {.endpoint = "get_audiences",
     .scope = RouteScope::kLiveRoom,
     .dialect = RouteDialect::kGen2,
     .plan = kInline},
    {.endpoint = "get_login_info",
     .method = "GET",
     .scope = RouteScope::kUtils,
     .dialect = RouteDialect::kGen2,
     .plan = kInline},
};

/// A handler is told the room kind of the path, and the paths of utils have none. (Whether a
/// function pointer is null is no constant expression under the sanitizers, so its dialect tells.)
constexpr bool EveryHandlerHasARoomKind() {
  for (const Route& route : kRoutes) {
    if (route.dialect != RouteDialect::kGen2 && route.scope == RouteScope::kUtils) return false;
  }
  return true;
}
static_assert(EveryHandlerHasARoomKind());

std::optional<RoomKind> RoomKindOf(std::string_view area) {
  if (EqualsIgnoringCase(area, "double_room")) return RoomKind::kDouble;
  if (EqualsIgnoringCase(area, "multi_room")) return RoomKind::kMulti;
  if (EqualsIgnoringCase(area, "live_room")) return RoomKind::kLive;
  return std::nullopt;
}

bool IsUnder(RouteScope scope, std::string_view area, std::optional<RoomKind> kind) {
  switch (scope) {
    case RouteScope::kEveryRoomKind:
      return kind.has_value();
    case RouteScope::kLiveRoom:
      return kind == RoomKind::kLive;
    case RouteScope::kUtils:
      return EqualsIgnoringCase(area, "utils");
  }
  return false;
}

Dialect Gen2IfEither(const FormPairs& query, std::string_view name, std::string_view other) {
  const bool found = FindFirst(query, name) != nullptr || FindFirst(query, other) != nullptr;
  return found ? Dialect::kGen2 : Dialect::kGen1;
}

}  // namespace

std::span<const Route> AllRoutes() { return kRoutes; }

std::optional<RoutedPath> FindRoute(std::string_view area, std::string_view endpoint) {
  const std::optional<RoomKind> kind = RoomKindOf(area);
  for (const Route& route : kRoutes) {
    if (EqualsIgnoringCase(endpoint, route.endpoint) && IsUnder(route.scope, area, kind)) {
      return RoutedPath{.route = &route, .kind = kind};
    }
  }
  return std::nullopt;
}

Dialect DialectOf(const Route& route, const FormPairs& query) {
  switch (route.dialect) {
    case RouteDialect::kGen1:
      return Dialect::kGen1;
    case RouteDialect::kGen2:
      return Dialect::kGen2;
    case RouteDialect::kByQuery:
      return Gen2IfEither(query, "token", "userID");
    case RouteDialect::kByLogin:
      return Gen2IfEither(query, "userSig", "sdkAppID");
  }
  return Dialect::kGen1;
}

bool Serves(const Route& route, Dialect dialect) {
  switch (dialect) {
    case Dialect::kGen1:
      return route.handler != nullptr || route.later != nullptr;
    case Dialect::kGen2:
      return route.dialect != RouteDialect::kGen1;
  }
  return false;
}

}  // namespace rtcroom
