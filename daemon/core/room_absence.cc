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
  std::string_view end{};  ///< end of the room, if that came after the event that is looked at

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

/// Looks for it in the events of a room before `before`, newest first.
/// @return nullopt when those that are read do not say.
Result<std::optional<std::string_view>> FindIn(EventLog& events, const RoomKey& room,
                                               std::optional<std::uint64_t> before, int most_reads,
                                               const auto& can_see, LeftRoom left) {
  // Most users left a moment ago; and whoever asks need not have been in the room.
  constexpr std::size_t kEventsPerRead = 50;
  for (int read = 0; read < most_reads; ++read) {
    const auto page = events.ReadRoomEvents(room, before, kEventsPerRead);
    if (!page) return page.error();
    for (const StoredEvent& stored : *page) {
      before = stored.position;
      if (!can_see(stored.event)) continue;
      if (const auto reason = std::visit(left, stored.event.payload)) return reason;
    }
    if (page->size() < kEventsPerRead) break;
  }
  return std::optional<std::string_view>();
}

/// Finds the last eviction or kick of the user, or end of the room, however many events followed
/// it.
Result<std::optional<std::string_view>> LookUp(EventLog& events, const MemberCommand& command,
                                               const auto& can_see) {
  const auto losses = events.ReadSeatLosses(command.room, command.user_id);
  if (!losses) return losses.error();
  for (const StoredEvent& loss : *losses) {
    if (!can_see(loss.event)) continue;
    LeftRoom left{.user_id = command.user_id};
    if (const auto reason = std::visit(left, loss.event.payload)) return reason;
    // The change that ended the room also removed its pushers, 64 at most.
    const auto found = FindIn(events, command.room, loss.position, 2, can_see, left);
    if (!found || *found) return found;
  }
  return std::optional<std::string_view>();
}

}  // namespace

Result<std::string_view> RoomService::ReasonOfAbsence(const MemberCommand& command) {
  constexpr int kMostReads = 4;
  if (events_ == nullptr) return std::string_view();
  const auto can_see = [&](const RoomEvent& event) {
    return options_.policy.CanSee(command.dialect, event.dialect);
  };
  auto found =
      FindIn(*events_, command.room, {}, kMostReads, can_see, {.user_id = command.user_id});
  if (found && !*found) found = LookUp(*events_, command, can_see);
  if (!found) return found.error();
  if (!*found) return std::string_view();
  return bans_.IsBanned(command.room, command.user_id) ? std::string_view("banned") : **found;
}

}  // namespace rtcroom
