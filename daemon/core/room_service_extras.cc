// The use cases of rooms: custom fields and audiences.
#include <utility>

#include "daemon/core/room_rules.h"
#include "daemon/core/room_service.h"

namespace rtcroom {

Result<std::string> RoomService::SetCustom(const SetCustomCommand& command) {
  const TimePoint now = clock_.Now();
  const MemberCommand& member = command.member;
  Result<RoomChange> change = Update(member.room, [&](const Room* stored) {
    return rules::ChangeCustom(stored, member.dialect, member.user_id, command.right, command.edit,
                               options_.policy, now);
  });
  if (!change) return change.error();
  return std::move(change->room.custom);
}

Status RoomService::AddAudience(const AddAudienceCommand& command) {
  const TimePoint now = clock_.Now();
  const MemberCommand& member = command.member;
  const Audience viewer{.user_id = member.user_id, .user_info = command.user_info};
  const Result<RoomChange> change =
      Update({.key = member.room,
              .edit =
                  [&](const Room* stored) {
                    return rules::AddAudience(stored, member.dialect, viewer, options_.policy, now);
                  },
              .audience = member.user_id});
  if (change) return {};
  return change.error();
}

Status RoomService::DeleteAudience(const MemberCommand& command) {
  const TimePoint now = clock_.Now();
  const Result<RoomChange> change =
      Update({.key = command.room,
              .edit =
                  [&](const Room* stored) {
                    return rules::DeleteAudience(stored, command.dialect, command.user_id,
                                                 options_.policy, now);
                  },
              .audience = command.user_id});
  if (change || change.error().code == Errc::kRoomNotFound) return {};
  return change.error();
}

Result<std::vector<Audience>> RoomService::LoadAudiences(const RoomKey& key, Dialect dialect) {
  Result<AudiencePage> page = store_.LoadAudiences(key);
  if (!page && page.error().code != Errc::kRoomNotFound) return page.error();
  const bool is_visible = page && page->is_active && options_.policy.CanSee(dialect, page->dialect);
  if (!is_visible) return std::vector<Audience>();
  return std::move(page->audiences);
}

}  // namespace rtcroom
