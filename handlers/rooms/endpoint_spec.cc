#include "handlers/rooms/endpoint_spec.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

using namespace field;

constexpr RequestPlan kInline{.lane = Lane::kInline};
constexpr RequestPlan kUrgent{.lane = Lane::kUrgent};
constexpr RequestPlan kRead{.lane = Lane::kRead};
constexpr RequestPlan kPacedRead{.lane = Lane::kRead, .paced = true};

constexpr FieldSpec kRoomFields[] = {kRoomId};
constexpr FieldSpec kMemberFields[] = {kRoomId, kUserId};
constexpr FieldSpec kBeatFields[] = {kRoomId, kUserId, kClient};
constexpr FieldSpec kLeaveFields[] = {kRoomId, kUserId, kClient, kStay};
constexpr FieldSpec kLoginFields[] = {kUserIdPrefix, kCode, kImUserId};
constexpr FieldSpec kPushUrlFields[] = {kUserId, kRoomHint};
constexpr FieldSpec kPlayUrlFields[] = {kRoomId, kUserId, kOf};
constexpr FieldSpec kGen1CreateFields[] = {Optional(kRoomId), kUserId,   kUserName, kUserAvatar,
                                           kPushUrl,          kRoomName, kClient};
constexpr FieldSpec kGen2CreateFields[] = {Optional(kRoomId), kUserId, kRoomInfo, kClient};
constexpr FieldSpec kGen1JoinFields[] = {
    kRoomId, kUserId, kUserName, kUserAvatar, kPushUrl, Optional(kRoomName), kClient};
constexpr FieldSpec kGen2JoinFields[] = {
    kRoomId, kUserId, kUserName, kUserAvatar, kPushUrl, Optional(kRoomInfo), kClient};
constexpr FieldSpec kPageFields[] = {kIndex, kCnt};
constexpr FieldSpec kMergeFields[] = {kRoomId, kUserId, kMergeParams};
constexpr FieldSpec kGen1LoginQuery[] = {InQuery({.name = "userID"})};
constexpr FieldSpec kGen2LoginQuery[] = {InQuery({.name = "sdkAppID"}),
                                         InQuery({.name = "accountType"}),
                                         InQuery({.name = "userID"}), InQuery({.name = "userSig"})};

constexpr FieldSpec kCustomFields[] = {kRoomId, kFieldName, kOperation, kValue};
constexpr FieldSpec kAudienceFields[] = {kRoomId, kUserId, kUserInfo, kClient};

constexpr FieldSpec kTrustedUserFields[] = {Optional(kTrtcUserId)};
constexpr FieldSpec kWebrtcRoomFields[] = {kTrtcRoomId};
constexpr FieldSpec kWebrtcMemberFields[] = {kTrtcRoomId, kTrtcUserId};
constexpr FieldSpec kWebrtcCreateFields[] = {kTrtcUserId, kNickName, kRoomType, kRoomInfo};
constexpr FieldSpec kWebrtcEnterFields[] = {kTrtcRoomId, kTrtcUserId, kNickName};
constexpr FieldSpec kWebrtcPageFields[] = {kIndex, kCount, kRoomType};

constexpr FieldSpec kLoginInfoQuery[] = {InQuery(kCode), InQuery(Optional({.name = "userID"}))};
constexpr FieldSpec kSignFields[] = {kTime, kUserId};
constexpr FieldSpec kLogFileQuery[] = {InQuery({.name = "file"})};

constexpr EndpointSpec kEndpoints[] = {
    {.endpoint = "get_im_login_info",
     .async = HandleGetImLoginInfo,
     .protocol = RouteProtocol::kGen1,
     .caching = RouteCaching::kNever,
     .fields = kLoginFields},
    {.endpoint = "get_push_url",
     .handler = HandleGetPushUrl,
     .tokens = RouteTokens::kAddressAndUser,
     .caching = RouteCaching::kNever,
     .fields = kPushUrlFields,
     .plan = kInline},
    {.endpoint = "get_whip_url",
     .handler = HandleGetWhipUrl,
     .tokens = RouteTokens::kAddressAndUser,
     .caching = RouteCaching::kNever,
     .fields = kPushUrlFields,
     .plan = kInline},
    {.endpoint = "get_whep_url",
     .handler = HandleGetWhepUrl,
     .tokens = RouteTokens::kAddressAndUser,
     .caching = RouteCaching::kNever,
     .fields = kPlayUrlFields,
     .plan = kRead},
    {.endpoint = "create_room",
     .async = HandleCreateRoom,
     .tokens = RouteTokens::kAddressAndUser,
     .fields = kGen1CreateFields,
     .gen2_fields = kGen2CreateFields},
    {.endpoint = "destroy_room",
     .handler = HandleDestroyRoom,
     .tokens = RouteTokens::kNone,
     .fields = kMemberFields,
     .plan = kUrgent},
    {.endpoint = "add_pusher",
     .async = HandleAddPusher,
     .tokens = RouteTokens::kAddressAndUser,
     .fields = kGen1JoinFields,
     .gen2_fields = kGen2JoinFields},
    {.endpoint = "delete_pusher",
     .handler = HandleDeletePusher,
     .tokens = RouteTokens::kNone,
     .fields = kLeaveFields,
     .plan = kUrgent},
    {.endpoint = "get_pushers",
     .handler = HandleGetPushers,
     .fields = kRoomFields,
     .plan = kPacedRead},
    {.endpoint = "pusher_heartbeat",
     .handler = HandlePusherHeartbeat,
     .explain_missing = ExplainMissingPusher,
     .tokens = RouteTokens::kNone,
     .fields = kBeatFields,
     .plan = kInline},
    {.endpoint = "get_room_list",
     .sliced = HandleGetRoomList,
     .fields = kPageFields,
     .plan = kRead},
    {.endpoint = "merge_stream",
     .async = HandleMergeStream,
     .scope = RouteScope::kLiveRoom,
     .tokens = RouteTokens::kAddressAndUser,
     .fields = kMergeFields},
    {.endpoint = "login",
     .handler = HandleLogin,
     .protocol = RouteProtocol::kByLogin,
     .login = RouteLogin::kNotNeeded,
     .caching = RouteCaching::kNever,
     .fields = kGen1LoginQuery,
     .gen2_fields = kGen2LoginQuery},
    {.endpoint = "logout", .handler = HandleLogout},

    {.endpoint = "set_custom_field",
     .handler = HandleSetCustomField,
     .scope = RouteScope::kLiveRoom,
     .protocol = RouteProtocol::kGen2,
     .fields = kCustomFields},
    {.endpoint = "get_custom_info",
     .handler = HandleGetCustomInfo,
     .scope = RouteScope::kLiveRoom,
     .protocol = RouteProtocol::kGen2,
     .fields = kRoomFields,
     .plan = kRead},
    {.endpoint = "add_audience",
     .handler = HandleAddAudience,
     .scope = RouteScope::kLiveRoom,
     .protocol = RouteProtocol::kGen2,
     .fields = kAudienceFields},
    {.endpoint = "audience_heartbeat",
     .handler = HandleAudienceHeartbeat,
     .scope = RouteScope::kLiveRoom,
     .protocol = RouteProtocol::kGen2,
     .tokens = RouteTokens::kNone,
     .fields = kBeatFields,
     .plan = kInline},
    {.endpoint = "delete_audience",
     .handler = HandleDeleteAudience,
     .scope = RouteScope::kLiveRoom,
     .protocol = RouteProtocol::kGen2,
     .fields = kLeaveFields},
    {.endpoint = "get_audiences",
     .handler = HandleGetAudiences,
     .scope = RouteScope::kLiveRoom,
     .protocol = RouteProtocol::kGen2,
     .fields = kRoomFields,
     .plan = kRead},

    {.endpoint = "get_login_info",
     .handler = HandleWebrtcLoginInfo,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .caching = RouteCaching::kNever,
     .fields = kTrustedUserFields},
    {.endpoint = "create_room",
     .async = HandleWebrtcCreateRoom,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .tokens = RouteTokens::kAddressAndUser,
     .caching = RouteCaching::kNever,
     .fields = kWebrtcCreateFields},
    {.endpoint = "enter_room",
     .async = HandleWebrtcEnterRoom,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .tokens = RouteTokens::kAddressAndUser,
     .caching = RouteCaching::kNever,
     .fields = kWebrtcEnterFields},
    {.endpoint = "quit_room",
     .handler = HandleWebrtcQuitRoom,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .tokens = RouteTokens::kNone,
     .fields = kWebrtcMemberFields,
     .plan = kUrgent},
    {.endpoint = "heartbeat",
     .handler = HandleWebrtcHeartbeat,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .tokens = RouteTokens::kNone,
     .fields = kWebrtcMemberFields,
     .plan = kInline},
    {.endpoint = "get_room_list",
     .sliced = HandleWebrtcRoomList,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .fields = kWebrtcPageFields,
     .plan = kRead},
    {.endpoint = "get_room_members",
     .handler = HandleWebrtcRoomMembers,
     .scope = RouteScope::kWebrtcRoom,
     .protocol = RouteProtocol::kWebrtc,
     .fields = kWebrtcRoomFields,
     .plan = kRead},

    {.endpoint = "get_login_info",
     .method = "GET",
     .async = HandleGetLoginInfo,
     .scope = RouteScope::kUtils,
     .protocol = RouteProtocol::kGen2,
     .caching = RouteCaching::kNever,
     .fields = kLoginInfoQuery},
    {.endpoint = "get_login_info",
     .handler = HandlePostLoginInfo,
     .scope = RouteScope::kUtils,
     .protocol = RouteProtocol::kGen1,
     .caching = RouteCaching::kNever,
     .fields = kSignFields,
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
     .on = RouteSwitch::kUtils,
     .fields = kLogFileQuery},
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

/// Above the maximum path length of the listeners.
constexpr std::size_t kMaxPathBytes = 1024;

struct Area {
  std::string_view segment;
  std::optional<RoomKind> kind;
};

constexpr auto kAreas = std::to_array<Area>({
    {"double_room", RoomKind::kDouble},
    {"multi_room", RoomKind::kMulti},
    {"live_room", RoomKind::kLive},
    {"webrtc_room", RoomKind::kWebrtc},
    {"utils", std::nullopt},
});

bool IsUnder(RouteScope scope, std::optional<RoomKind> kind) {
  switch (scope) {
    case RouteScope::kEveryRoomKind:
      return kind && kind != RoomKind::kWebrtc;
    case RouteScope::kLiveRoom:
      return kind == RoomKind::kLive;
    case RouteScope::kWebrtcRoom:
      return kind == RoomKind::kWebrtc;
    case RouteScope::kUtils:
      return !kind;
  }
  return false;
}

/// The path in lower case, with one slash before each segment and none at its end.
/// @param buffer  holds the result.
/// @return empty when the buffer is too small.
std::string_view Normalized(std::string_view path, std::span<char> buffer) {
  std::size_t size = 0;
  bool after_slash = true;
  if (path.size() >= buffer.size()) return {};
  for (const char c : path) {
    if (c == '/') {
      after_slash = true;
      continue;
    }
    if (std::exchange(after_slash, false)) buffer[size++] = '/';
    buffer[size++] = ToLower(c);
  }
  return {buffer.data(), size};
}

}  // namespace

std::span<const EndpointSpec> AllEndpoints() { return kEndpoints; }

std::span<const FieldSpec> RequestFields(const EndpointSpec& endpoint, Protocol protocol) {
  const bool has_others = protocol == Protocol::kGen2 && !endpoint.gen2_fields.empty();
  return has_others ? endpoint.gen2_fields : endpoint.fields;
}

Protocol ProtocolOf(const EndpointSpec& route, const FormPairs& query) {
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

bool Serves(const EndpointSpec& route, Protocol protocol) {
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

RouteTable::RouteTable(const std::vector<RouteMount>& mounts) {
  for (const RouteMount& mount : mounts) Add(mount);
}

void RouteTable::Add(const RouteMount& mount) {
  std::string buffer(mount.prefix.size() + 2, '\0');
  const std::string prefix(Normalized(mount.prefix, buffer));
  decltype(paths_) paths;
  for (const EndpointSpec& route : AllEndpoints()) {
    if (mount.pinned && !Serves(route, *mount.pinned)) continue;
    for (const Area& area : kAreas) {
      if (!IsUnder(route.scope, area.kind)) continue;
      std::string path = prefix;
      path.append("/").append(area.segment).append("/").append(route.endpoint);
      paths[std::move(path)].push_back(
          {.route = &route, .kind = area.kind, .pinned = mount.pinned});
    }
  }
  paths_.merge(paths);  // keeps existing paths
}

const RouteTable::Entries* RouteTable::EntriesOf(std::string_view path) const {
  std::array<char, kMaxPathBytes> buffer;
  const auto found = paths_.find(Normalized(path, buffer));
  return found == paths_.end() ? nullptr : &found->second;
}

const RouteEntry* RouteTable::Find(std::string_view method, std::string_view path) const {
  const Entries* const entries = EntriesOf(path);
  if (entries == nullptr) return nullptr;
  const auto with_method = std::ranges::find_if(
      *entries, [method](const RouteEntry& entry) { return entry.route->method == method; });
  return with_method == entries->end() ? &entries->front() : &*with_method;
}

std::string RouteTable::AllowedMethods(std::string_view path) const {
  std::string methods;
  if (const Entries* const entries = EntriesOf(path)) {
    for (const RouteEntry& entry : *entries) methods.append(entry.route->method).append(", ");
  }
  return methods + "OPTIONS";
}

}  // namespace rtcroom
