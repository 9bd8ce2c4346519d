#include "daemon/core/stream_revocations.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "daemon/core/removals.h"

namespace rtcroom {
namespace {

/// Claims of other users do not count: the stream would be theirs to keep on air, or to end.
bool IsInAnotherRoom(const UserId& user_id, const std::string& stream, const RoomKey& room,
                     const StreamClaims& claims) {
  return std::ranges::any_of(claims.MembersOf(stream), [&](const StreamClaims::Member& member) {
    return member.user_id == user_id && member.room != room;
  });
}

void AddRevocations(const Room& before, const RevocationRule& rule, RoomChange& change) {
  const bool is_dismissed = std::ranges::any_of(change.events, IsDismissal);
  for (const RoomEvent& event : change.events) {
    const auto* const deleted = std::get_if<PusherDeleted>(&event.payload);
    if (deleted == nullptr) continue;
    const bool is_removed = deleted->reason == LeaveReason::kKicked || is_dismissed;
    const Pusher* const pusher = FindPusher(before, deleted->user_id);
    if (!is_removed || pusher == nullptr) continue;
    std::string stream =
        StreamOf(before.dialect, pusher->user_id, StreamInPushUrl(pusher->push_url), rule.streams);
    const bool is_own = !stream.empty() && IsOwnStream(stream, pusher->user_id, rule.streams);
    if (!is_own || IsInAnotherRoom(pusher->user_id, stream, before.key, rule.claims)) continue;
    change.revocations.push_back({.stream = std::move(stream), .until = rule.until});
  }
}

}  // namespace

RoomEdit WithRevocations(RoomEdit edit, const RevocationRule& rule) {
  return [edit = std::move(edit), rule](const Room* stored) {
    Result<RoomChange> change = edit(stored);
    const bool has_streams = stored != nullptr && stored->key.kind != RoomKind::kWebrtc;
    if (change && has_streams) AddRevocations(*stored, rule, *change);
    return change;
  };
}

}  // namespace rtcroom
