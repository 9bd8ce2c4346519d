#include "daemon/core/web_grants.h"

namespace rtcroom {
namespace {

Error NotAllowed(std::string_view why) { return {Errc::kNotAllowed, std::string(why)}; }

}  // namespace

std::string_view WebDirectionName(WebDirection direction) {
  return direction == WebDirection::kPublish ? "publish" : "play";
}

Result<RoomKey> WebRights::Check(const WebGrant& grant) const {
  return grant.direction == WebDirection::kPublish ? CheckPublish(grant) : CheckPlay(grant);
}

Result<RoomKey> WebRights::CheckPublish(const WebGrant& grant) const {
  const std::string& stream = grant.name.stream;
  const std::optional<TimePoint> revoked = revocations.RevokedUntil(stream);
  if (revoked && grant.signed_until <= *revoked) return NotAllowed("revoked");
  const auto& [bound, user_id] = grant.binding;
  std::optional<RoomKey> room;
  if (!bound.id.value.empty()) {
    if (claims.StreamOf(bound, user_id) == stream) room = bound;
  } else {
    for (const StreamClaims::Member& member : claims.MembersOf(stream)) {
      const bool is_meant = member.user_id == user_id && member.room.kind == bound.kind;
      if (is_meant && !room) room = member.room;
    }
  }
  if (!room) return NotAllowed("no pusher with that stream");
  if (bans.IsBanned(*room, user_id)) return NotAllowed("banned");
  return *room;
}

Result<RoomKey> WebRights::CheckPlay(const WebGrant& grant) const {
  const auto& [room, user_id] = grant.binding;
  if (bans.IsBanned(room, user_id)) return NotAllowed("banned");
  if (!claims.OwnStreamsIn(room).contains(grant.name.stream)) {
    return NotAllowed("no stream of that room");
  }
  if (claims.StreamOf(room, user_id)) return room;
  const Result<Room> stored = rooms.Load(room);
  if (stored && FindPusher(*stored, user_id) != nullptr) return room;
  const auto viewers = stored ? rooms.FindAudiences(room, {&user_id, 1})
                              : Result<std::vector<Audience>>(stored.error());
  const bool is_away = !viewers && viewers.error().code != Errc::kRoomNotFound;
  if (is_away) return viewers.error();
  const bool is_viewer = viewers && !viewers->empty();
  return is_viewer ? Result<RoomKey>(room) : NotAllowed("no member of the room");
}

}  // namespace rtcroom
