#include "handlers/routes.h"

namespace rtcroom {
namespace {

constexpr RequestPlan kInline{.lane = Lane::kInline};
constexpr RequestPlan kUrgent{.lane = Lane::kUrgent};
constexpr RequestPlan kPaced{.lane = Lane::kInline, .paced = true};

constexpr Route kRoutes[] = {
    {.endpoint = "get_im_login_info",
     .async = HandleGetImLoginInfo,
     .protocol = RouteProtocol::kGen1,
     .caching = RouteCaching::kNever},
    {.endpoint = "get_push_url",
     .handler = HandleGetPushUrl,
     .tokens = RouteTokens::kAddressAndUser,
     .caching = RouteCaching::kNever,
     .plan = kInline},
    {.endpoint = "create_room", .async = HandleCreateRoom, .tokens = RouteTokens::kAddressAndUser},
    {.endpoint = "destroy_room",
     .handler = HandleDestroyRoom,
     .tokens = RouteTokens::kNone,
     .plan = kUrgent},
    {.endpoint = "add_pusher", .async = HandleAddPusher, .tokens = RouteTokens::kAddressAndUser},
    {.endpoint = "delete_pusher",
     .handler = HandleDeletePusher,
     .tokens = RouteTokens::kNone,
     .plan = kUrgent},
    {.endpoint = "get_pushers", .handler = HandleGetPushers, .plan = kPaced},
    {.endpoint = "pusher_heartbeat",
     .handler = HandlePusherHeartbeat,
     .tokens = RouteTokens::kNone,
     .plan = kInline},
    {.endpoint = "get_room_list", .sliced = HandleGetRoomList, .plan = kInline},
    {.endpoint = "merge_stream",
     .handler = HandleMergeStream,
     .scope = RouteScope::kLiveRoom,
     .tokens = RouteTokens::kAddressAndUser,
     .plan = kInline},
    {.endpoint = "login",
     .handler = HandleLogin,
     .protocol = RouteProtocol::kByLogin,
     .login = RouteLogin::kNotNeeded,
     .caching = RouteCaching::kNever},
    {.endpoint = "logout", .handler = HandleLogout},

    {.endpoint = "set_custom_field",
     .handler = HandleSetCustomField,
     .scope = RouteScope::kLiveRoom,
     .protocol = RouteProtocol::kGen2},
    {.endpoint = "get_custom_info",
     .handler = HandleGetCustomInfo,
     .scope = RouteScope::kLiveRoom,
     .protocol = RouteProtocol::kGen2,
     .plan = kInline},
    {.endpoint = "add_audience",
     .handler = HandleAddAudience,
     .scope = RouteScope::kLiveRoom,
     .protocol = RouteProtocol::kGen2},
    {.endpoint = "delete_audience",
     .handler = HandleDeleteAudience,
     .scope = RouteScope::kLiveRoom,
     .protocol = RouteProtocol::kGen2},
    {.endpoint = "get_audiences",
     .handler = HandleGetAudiences,
     .scope = RouteScope::kLiveRoom,
     .protocol = RouteProtocol::kGen2,
     .plan = kInline},

    {.endpoint = "get_login_info",
     .handler = HandleWebrtcLoginInfo,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .caching = RouteCaching::kNever},
    {.endpoint = "create_room",
     .async = HandleWebrtcCreateRoom,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .tokens = RouteTokens::kAddressAndUser,
     .caching = RouteCaching::kNever},
    {.endpoint = "enter_room",
     .async = HandleWebrtcEnterRoom,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .tokens = RouteTokens::kAddressAndUser,
     .caching = RouteCaching::kNever},
    {.endpoint = "quit_room",
     .handler = HandleWebrtcQuitRoom,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .tokens = RouteTokens::kNone,
     .plan = kUrgent},
    {.endpoint = "heartbeat",
     .handler = HandleWebrtcHeartbeat,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .tokens = RouteTokens::kNone,
     .plan = kInline},
    {.endpoint = "get_room_list",
     .sliced = HandleWebrtcRoomList,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .plan = kInline},
    {.endpoint = "get_room_members",
     .handler = HandleWebrtcRoomMembers,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .plan = kInline},

    {.endpoint = "get_login_info",
     .method = "GET",
     .async = HandleGetLoginInfo,
     .scope = RouteScope::kUtils,
     .protocol = RouteProtocol::kGen2,
     .caching = RouteCaching::kNever},
    {.endpoint = "get_login_info",
     .handler = HandlePostLoginInfo,
     .scope = RouteScope::kUtils,
     .protocol = RouteProtocol::kGen1,
     .caching = RouteCaching::kNever,
     .plan = kInline},
    {.endpoint = "get_test_pushurl",
     .method = "GET",
     .handler = HandleGetTestPushUrl,
     .scope = RouteScope::kUtils,
     .protocol = RouteProtocol::kAlike,
     .on = RouteSwitch::kUtils,
     .caching = RouteCaching::kNever,
     .plan = kInline},
    {.endpoint = "get_test_rtmpaccurl",
     .method = "GET",
     .handler = HandleGetTestRtmpAccUrl,
     .scope = RouteScope::kUtils,
     .protocol = RouteProtocol::kAlike,
     .on = RouteSwitch::kUtils,
     .caching = RouteCaching::kNever,
     .plan = kInline},
    // These endpoints read from the disk.
    {.endpoint = "logfilelist",
     .method = "GET",
     .handler = HandleLogFileList,
     .scope = RouteScope::kUtils,
     .protocol = RouteProtocol::kAlike,
     .on = RouteSwitch::kUtils},
    {.endpoint = "getlogfile",
     .method = "GET",
     .handler = HandleGetLogFile,
     .scope = RouteScope::kUtils,
     .protocol = RouteProtocol::kAlike,
     .on = RouteSwitch::kUtils},
    {.endpoint = "check_config",
     .method = "GET",
     .async = HandleCheckConfig,
     .scope = RouteScope::kUtils,
     .protocol = RouteProtocol::kAlike,
     .on = RouteSwitch::kUtils,
     .plan = kInline},
};

Protocol Gen2IfEither(const FormPairs& query, std::string_view name, std::string_view other) {
  const bool found = FindFirst(query, name) != nullptr || FindFirst(query, other) != nullptr;
  return found ? Protocol::kGen2 : Protocol::kGen1;
}

}  // namespace

std::span<const Route> AllRoutes() { return kRoutes; }

Protocol ProtocolOf(const Route& route, const FormPairs& query) {
  switch (route.protocol) {
    case RouteProtocol::kGen1:
      return Protocol::kGen1;
    case RouteProtocol::kGen2:
      return Protocol::kGen2;
    case RouteProtocol::kWebrtc:
      return Protocol::kWebrtc;
    case RouteProtocol::kByQuery:
      return Gen2IfEither(query, "token", "userID");
    case RouteProtocol::kByLogin:
      return Gen2IfEither(query, "userSig", "sdkAppID");
    case RouteProtocol::kAlike:
      return Protocol::kGen1;
  }
  return Protocol::kGen1;
}

bool Serves(const Route& route, Protocol protocol) {
  switch (protocol) {
    case Protocol::kGen1:
      return route.protocol != RouteProtocol::kGen2 && route.protocol != RouteProtocol::kWebrtc;
    case Protocol::kGen2:
      return route.protocol != RouteProtocol::kGen1 && route.protocol != RouteProtocol::kWebrtc;
    case Protocol::kWebrtc:
      return route.protocol == RouteProtocol::kWebrtc;
  }
  return false;
}

}  // namespace rtcroom
