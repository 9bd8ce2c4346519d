// Why a user is no member any more: the part of `RoomService` that reads its history.
#include <cstddef>
#include <cstdint>
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
  // Most users left a moment ago; and whoever asks need not have been in the room.
  constexpr std::size_t kEventsPerRead = 50;
  constexpr int kMostReads = 4;
  if (events_ == nullptr) return std::string_view();
  LeftRoom left{.user_id = command.user_id};
  std::optional<std::uint64_t> before;
  for (int read = 0; read < kMostReads; ++read) {
    const auto events = events_->ReadRoomEvents(command.room, before, kEventsPerRead);
    if (!events) return events.error();
    for (const StoredEvent& stored : *events) {  // newest first
      before = stored.position;
      if (!options_.policy.CanSee(command.dialect, stored.event.dialect)) continue;
      const auto reason = std::visit(left, stored.event.payload);
      if (!reason) continue;
      return bans_.IsBanned(command.room, command.user_id) ? std::string_view("banned") : *reason;
    }
    if (events->size() < kEventsPerRead) break;
  }
  return std::string_view();
}

}  // namespace rtcroom
