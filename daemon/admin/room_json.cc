#include "daemon/admin/room_json.h"

#include <optional>
#include <string_view>

namespace rtcroom {
namespace {

using nlohmann::json;

json LeaseJson(const std::optional<LeaseState>& lease) {
  if (!lease) return nullptr;
  return {{"ageMs", lease->age.count()}, {"remainingMs", lease->remaining.count()}};
}

/// Null where there are no custom fields.
json CustomJson(std::string_view text) {
  json custom = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!custom.is_object() || custom.empty()) return nullptr;
  return custom;
}

}  // namespace

json RoomJson(const Room& room, const LeaseTable& leases) {
  json pushers = json::array();
  for (const Pusher& pusher : room.pushers) {
    pushers.push_back({{"userID", pusher.user_id.value},
                       {"userName", pusher.user_name},
                       {"userAvatar", pusher.user_avatar},
                       {"joinedAtMs", pusher.added_at.time_since_epoch().count()},
                       {"lease", LeaseJson(leases.StateOf(room.key, pusher.user_id))}});
  }
  // A webrtc room has no dialect.
  const bool has_dialect = room.key.kind != RoomKind::kWebrtc;
  return {{"kind", RoomKindName(room.key.kind)},
          {"roomID", room.key.id.value},
          {"roomInfo", room.info},
          {"roomType", room.type},
          {"dialect", has_dialect ? DialectName(room.dialect) : std::string_view()},
          {"active", room.IsActive()},
          {"creator", room.creator.value},
          {"createdAtMs", room.created_at.time_since_epoch().count()},
          {"number", room.sequence},
          {"sequence", room.last_event},
          {"audienceCount", room.audience_count},
          {"custom", CustomJson(room.custom)},
          {"pushers", std::move(pushers)}};
}

}  // namespace rtcroom
