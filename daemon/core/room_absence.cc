// Why a user is no member any more: the part of `RoomService` that reads its history.
#include <cstddef>
#include <optional>
#include <string_view>
#include <variant>

#include "daemon/core/room_service.h"

namespace rtcroom {
namespace {

struct LeftRoom {
  const UserId& user_id;
  std::string_view end{};  ///< of the room, if it ended after the event that is looked at

  /// @return why the user left with this event; empty when it came with it; nullopt when the event
  ///         is about others.
  std::optional<std::string_view> operator()(const PusherDeleted& deleted) const {
    if (deleted.user_id != user_id) return std::nullopt;
    const bool with_room = deleted.reason == LeaveReason::kRoomDestroyed && !end.empty();
    return with_room ? end : LeaveReasonName(deleted.reason);
  }
  std::optional<std::string_view> operator()(const RoomDestroyed& destroyed) {
    end = EndReasonName(destroyed.reason);
    return std::nullopt;
  }
  std::optional<std::string_view> operator()(const PusherAdded& added) const {
    return OfArrival(added.user_id);
  }
  std::optional<std::string_view> operator()(const PusherUpdated& updated) const {
    return OfArrival(updated.user_id);
  }
  std::optional<std::string_view> operator()(const auto& /*other*/) const { return std::nullopt; }

 private:
  [[nodiscard]] std::optional<std::string_view> OfArrival(const UserId& arrived) const {
    if (arrived != user_id) return std::nullopt;
    return std::string_view();
  }
};

}  // namespace

Result<std::string_view> RoomService::ReasonOfAbsence(const MemberCommand& command) {
  constexpr std::size_t kMostEvents = 1000;
  if (bans_.IsBanned(command.room, command.user_id)) return std::string_view("banned");
  if (events_ == nullptr) return std::string_view();
  const auto events = events_->ReadRoomEvents(command.room, std::nullopt, kMostEvents);
  if (!events) return events.error();
  LeftRoom left{.user_id = command.user_id};
  for (const StoredEvent& stored : *events) {  // newest first
    if (!options_.policy.CanSee(command.dialect, stored.event.dialect)) continue;
    if (const auto reason = std::visit(left, stored.event.payload)) return *reason;
  }
  return std::string_view();
}

}  // namespace rtcroom
