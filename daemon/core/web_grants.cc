#include "daemon/core/web_grants.h"

#include <algorithm>

namespace rtcroom {
namespace {

Error NotAllowed(std::string_view why) { return {Errc::kNotAllowed, std::string(why)}; }

}  // namespace

std::string_view WebDirectionName(WebDirection direction) {
  switch (direction) {
    case WebDirection::kPublish:
      return "publish";
    case WebDirection::kPlay:
      return "play";
  }
  return "";
}

Result<RoomKey> WebRights::Check(const WebGrant& grant) const {
  return grant.direction == WebDirection::kPublish ? CheckPublish(grant) : CheckPlay(grant);
}

Result<RoomKey> WebRights::CheckPublish(const WebGrant& grant) const {
  const std::string& stream = grant.name.stream;
  const std::optional<TimePoint> revoked = deps_.revocations.RevokedUntil(stream);
  if (revoked && grant.signed_until <= *revoked) return NotAllowed("revoked");
  const RoomKey& bound = grant.binding.room;
  for (const StreamClaims::Member& member :
       deps_.claims.MembersOf(stream, StreamClaims::kMostMembers)) {
    const bool is_meant = member.user_id == grant.binding.user_id &&
                          member.room.kind == bound.kind &&
                          (bound.id.value.empty() || member.room == bound);
    if (!is_meant) continue;
    if (deps_.bans.IsBanned(member.room, member.user_id)) return NotAllowed("banned");
    return member.room;
  }
  return NotAllowed("no pusher with that stream");
}

Result<RoomKey> WebRights::CheckPlay(const WebGrant& grant) const {
  const auto& [room, user_id] = grant.binding;
  if (deps_.bans.IsBanned(room, user_id)) return NotAllowed("banned");
  const auto members = deps_.claims.MembersOf(grant.name.stream, StreamClaims::kMostMembers);
  const bool is_of_room = std::ranges::any_of(members, [&](const StreamClaims::Member& member) {
    return member.room == room && IsOwnStream(grant.name.stream, member.user_id, deps_.streams);
  });
  if (!is_of_room) return NotAllowed("no stream of that room");
  if (deps_.claims.StreamOf(room, user_id)) return room;
  const Result<Room> stored = deps_.rooms.Load(room);
  if (!stored && stored.error().code != Errc::kRoomNotFound) return stored.error();
  const Result<bool> may_play = stored ? MayPlayIn(*stored, user_id, deps_.rooms) : false;
  if (!may_play) return may_play.error();
  return *may_play ? Result<RoomKey>(room) : NotAllowed("no member of the room");
}

Result<bool> MayPlayIn(const Room& room, const UserId& user_id, RoomStore& rooms) {
  if (FindPusher(room, user_id) != nullptr) return true;
  if (room.key.kind != RoomKind::kLive || room.audience_count == 0) return false;
  const Result<AudiencePage> viewers = rooms.LoadAudiences(room.key);
  if (!viewers && viewers.error().code == Errc::kRoomNotFound) return false;
  if (!viewers) return viewers.error();
  return std::ranges::find(viewers->audiences, user_id, &Audience::user_id) !=
         viewers->audiences.end();
}

}  // namespace rtcroom
