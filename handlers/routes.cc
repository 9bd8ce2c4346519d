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
     .later = HandleGetLoginInfo,
     .scope = RouteScope::kUtils,
     .dialect = RouteDialect::kGen2},
    {.endpoint = "get_login_info",
     .handler = HandlePostLoginInfo,
     .scope = RouteScope::kUtils,
     .dialect = RouteDialect::kGen1,
     .plan = kInline},
    {.endpoint = "get_test_pushurl",
     .method = "GET",
     .handler = HandleGetTestPushUrl,
     .scope = RouteScope::kUtils,
     .dialect = RouteDialect::kAlike,
     .on = RouteSwitch::kUtils,
     .plan = kInline},
    {.endpoint = "get_test_rtmpaccurl",
     .method = "GET",
     .handler = HandleGetTestRtmpAccUrl,
     .scope = RouteScope::kUtils,
     .dialect = RouteDialect::kAlike,
     .on = RouteSwitch::kUtils,
     .plan = kInline},
    // They read the disk.
    {.endpoint = "logfilelist",
     .method = "GET",
     .handler = HandleLogFileList,
     .scope = RouteScope::kUtils,
     .dialect = RouteDialect::kAlike,
     .on = RouteSwitch::kUtils},
    {.endpoint = "getlogfile",
     .method = "GET",
     .handler = HandleGetLogFile,
     .scope = RouteScope::kUtils,
     .dialect = RouteDialect::kAlike,
     .on = RouteSwitch::kUtils},
    {.endpoint = "check_config",
     .method = "GET",
     .later = HandleCheckConfig,
     .scope = RouteScope::kUtils,
     .dialect = RouteDialect::kAlike,
     .on = RouteSwitch::kUtils,
     .plan = kInline},
};

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

bool IsThere(const Route& route, const RouteChoice& choice) {
  if (route.on == RouteSwitch::kUtils && !choice.with_utils) return false;
  return !choice.pinned || Serves(route, *choice.pinned);
}

Dialect Gen2IfEither(const FormPairs& query, std::string_view name, std::string_view other) {
  const bool found = FindFirst(query, name) != nullptr || FindFirst(query, other) != nullptr;
  return found ? Dialect::kGen2 : Dialect::kGen1;
}

}  // namespace

std::span<const Route> AllRoutes() { return kRoutes; }

std::optional<RoutedPath> FindRoute(std::string_view area, std::string_view endpoint,
                                    const RouteChoice& choice) {
  const std::optional<RoomKind> kind = RoomKindOf(area);
  std::optional<RoutedPath> found;
  for (const Route& route : kRoutes) {
    if (!EqualsIgnoringCase(endpoint, route.endpoint) || !IsUnder(route.scope, area, kind)) {
      continue;
    }
    if (!IsThere(route, choice)) continue;
    if (!found || route.method == choice.method) found = RoutedPath{.route = &route, .kind = kind};
  }
  return found;
}

std::string AllowedMethods(const RoutedPath& found, const RouteChoice& choice) {
  std::string methods;
  for (const Route& route : kRoutes) {
    const bool same = route.endpoint == found.route->endpoint && route.scope == found.route->scope;
    if (same && IsThere(route, choice)) methods.append(route.method).append(", ");
  }
  return methods + "OPTIONS";
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
    case RouteDialect::kAlike:
      return Dialect::kGen1;
  }
  return Dialect::kGen1;
}

bool Serves(const Route& route, Dialect dialect) {
  switch (dialect) {
    case Dialect::kGen1:
      return route.dialect != RouteDialect::kGen2 &&
             (route.handler != nullptr || route.later != nullptr);
    case Dialect::kGen2:
      return route.dialect != RouteDialect::kGen1;
  }
  return false;
}

}  // namespace rtcroom
