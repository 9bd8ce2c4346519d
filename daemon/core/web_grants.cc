#include "daemon/core/web_grants.h"

#include <algorithm>

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
  const RoomKey& bound = grant.binding.room;
  for (const StreamClaims::Member& member : claims.MembersOf(stream)) {
    const bool is_meant = member.user_id == grant.binding.user_id &&
                          member.room.kind == bound.kind &&
                          (bound.id.value.empty() || member.room == bound);
    if (!is_meant) continue;
    if (bans.IsBanned(member.room, member.user_id)) return NotAllowed("banned");
    return member.room;
  }
  return NotAllowed("no pusher with that stream");
}

Result<RoomKey> WebRights::CheckPlay(const WebGrant& grant) const {
  const auto& [room, user_id] = grant.binding;
  if (bans.IsBanned(room, user_id)) return NotAllowed("banned");
  const auto members = claims.MembersOf(grant.name.stream);
  const bool is_of_room = std::ranges::any_of(members, [&](const StreamClaims::Member& member) {
    return member.room == room && IsOwnStream(grant.name.stream, member.user_id, streams);
  });
  if (!is_of_room) return NotAllowed("no stream of that room");
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
