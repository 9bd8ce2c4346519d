#include "daemon/core/room_deliveries.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/core/im_groups.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

const RoomId kGroup{"r"};

/// A change with these events, the first of which has that number.
RoomChange ChangeOf(std::vector<EventPayload> payloads, std::uint64_t first,
                    Dialect dialect = Dialect::kGen1, RoomKind kind = RoomKind::kMulti) {
  RoomChange change{.room = {.key = MakeKey(kind, kGroup.value), .dialect = dialect}};
  for (EventPayload& payload : payloads) {
    change.closed = std::holds_alternative<RoomDestroyed>(payload);
    change.events.push_back({.room = change.room.key,
                             .dialect = dialect,
                             .room_sequence = first++,
                             .at = kNoon,
                             .payload = std::move(payload)});
  }
  return change;
}

const DeliveryChange kNotice{.group = kGroup, .enqueue = DeliveryKind::kNotifyGroup};

TEST(RoomDeliveries, DropPendingDeliveriesWhenARoomBegins) {
  const DeliveryChange cancel{.group = kGroup, .drops_pending = true};
  for (const Dialect dialect : {Dialect::kGen1, Dialect::kGen2}) {
    EXPECT_EQ(DeliveryOf(ChangeOf({RoomCreated{}, PusherAdded{}}, 1, dialect)), cancel);
    EXPECT_EQ(DeliveryOf(ChangeOf({PusherAdded{}}, 3, dialect)), kNotice);
  }
  EXPECT_EQ(DeliveryOf(ChangeOf({RoomCreated{}}, 1, Dialect::kGen2)), cancel);
}

TEST(RoomDeliveries, NotifyOfTheFirstPusherOfAPreparedRoom) {
  EXPECT_EQ(DeliveryOf(ChangeOf({RoomActivated{}, PusherAdded{}}, 2, Dialect::kGen2)), kNotice);
}

TEST(RoomDeliveries, DoNotNotifyOfViewersAndCustomFields) {
  EXPECT_EQ(DeliveryOf(ChangeOf({AudienceAdded{}}, 5, Dialect::kGen2)), std::nullopt);
  EXPECT_EQ(DeliveryOf(ChangeOf({AudienceDeleted{}}, 5, Dialect::kGen2)), std::nullopt);
  EXPECT_EQ(DeliveryOf(ChangeOf({CustomChanged{}}, 5, Dialect::kGen2)), std::nullopt);
}

TEST(RoomDeliveries, NotifyOfARejoiningPusherInGen2Only) {
  EXPECT_EQ(DeliveryOf(ChangeOf({PusherUpdated{}}, 5, Dialect::kGen1)), std::nullopt);
  EXPECT_EQ(DeliveryOf(ChangeOf({PusherUpdated{}}, 5, Dialect::kGen2)), kNotice);
}

TEST(RoomDeliveries, NotifyOfAPusherThatLeaves) {
  for (const LeaveReason reason :
       {LeaveReason::kLeft, LeaveReason::kHeartbeatTimeout, LeaveReason::kKicked}) {
    EXPECT_EQ(DeliveryOf(ChangeOf({PusherDeleted{.reason = reason}}, 5)), kNotice);
  }
}

TEST(RoomDeliveries, ReplacePendingNoticesWithADestroyAtTheRoomEnd) {
  const DeliveryChange end{
      .group = kGroup, .drops_pending = true, .enqueue = DeliveryKind::kDestroyGroup};
  EXPECT_EQ(
      DeliveryOf(ChangeOf(
          {PusherDeleted{}, PusherDeleted{.reason = LeaveReason::kRoomDestroyed}, RoomDestroyed{}},
          5)),
      end);
  EXPECT_EQ(DeliveryOf(ChangeOf({RoomDestroyed{}}, 2, Dialect::kGen2)), end);
}

TEST(RoomDeliveries, ApplyToAllKindsExceptWebrtc) {
  for (const RoomKind kind : kAllRoomKinds) {
    EXPECT_EQ(HasGroup(kind), kind != RoomKind::kWebrtc);
    EXPECT_EQ(DeliveryOf(ChangeOf({PusherAdded{}}, 3, Dialect::kGen1, kind)).has_value(),
              HasGroup(kind));
  }
}

TEST(RoomDeliveries, AreEmptyForAChangeWithoutEvents) {
  EXPECT_EQ(DeliveryOf(ChangeOf({}, 1)), std::nullopt);
}

TEST(RoomDeliveries, KeepTheDeliverySetByAnEdit) {
  const DeliveryChange later{
      .group = kGroup, .drops_pending = true, .enqueue = DeliveryKind::kCreateGroup};
  const auto edit_with = [](const std::optional<DeliveryChange>& delivery) {
    return WithDeliveries([=](const Room* /*stored*/) -> Result<RoomChange> {
      RoomChange change = ChangeOf({RoomCreated{}, PusherAdded{}}, 1);
      change.delivery = delivery;
      return change;
    });
  };
  EXPECT_EQ(edit_with(later)(nullptr)->delivery, later);
  EXPECT_EQ(edit_with({})(nullptr)->delivery,
            (DeliveryChange{.group = kGroup, .drops_pending = true}));
  const auto failing = WithDeliveries([](const Room*) { return Error{Errc::kRoomFull, {}}; });
  EXPECT_EQ(failing(nullptr).error().code, Errc::kRoomFull);
}

}  // namespace
}  // namespace rtcroom
