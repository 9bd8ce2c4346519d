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

/// Of webrtc rooms.
RoomChange WebrtcChangeOf(std::vector<EventPayload> payloads) {
  return ChangeOf(std::move(payloads), 5, Dialect::kGen1, RoomKind::kWebrtc);
}

TEST(TrtcDeliveries, RemoveThoseWhoWereKickedOrEvicted) {
  for (const LeaveReason reason :
       {LeaveReason::kKicked, LeaveReason::kHeartbeatTimeout, LeaveReason::kStreamInterrupted}) {
    EXPECT_EQ(
        TrtcDeliveryOf(WebrtcChangeOf({PusherDeleted{.user_id = {"alice"}, .reason = reason}})),
        (DeliveryChange{.group = {"r alice"}, .enqueue = DeliveryKind::kRemoveUser}));
  }
}

TEST(TrtcDeliveries, DismissRoomsThatEndThatWay) {
  const DeliveryChange end{.group = kGroup, .enqueue = DeliveryKind::kDismissRoom};
  EXPECT_EQ(TrtcDeliveryOf(WebrtcChangeOf({PusherDeleted{.reason = LeaveReason::kKicked},
                                           RoomDestroyed{.reason = EndReason::kLastLeft}})),
            end);
  EXPECT_EQ(TrtcDeliveryOf(WebrtcChangeOf({PusherDeleted{.reason = LeaveReason::kRoomDestroyed},
                                           RoomDestroyed{.reason = EndReason::kDismissed}})),
            end);
}

TEST(TrtcDeliveries, LeaveThoseWhoLeaveThemselvesAndOtherKindsAlone) {
  EXPECT_EQ(TrtcDeliveryOf(WebrtcChangeOf({RoomCreated{}, PusherAdded{}})), std::nullopt);
  EXPECT_EQ(TrtcDeliveryOf(WebrtcChangeOf({PusherDeleted{.reason = LeaveReason::kLeft},
                                           RoomDestroyed{.reason = EndReason::kLastLeft}})),
            std::nullopt);
  for (const RoomKind kind : {RoomKind::kDouble, RoomKind::kMulti, RoomKind::kLive}) {
    EXPECT_EQ(TrtcDeliveryOf(ChangeOf({PusherDeleted{.reason = LeaveReason::kKicked}}, 5,
                                      Dialect::kGen1, kind)),
              std::nullopt);
  }
}

TEST(TrtcDeliveries, AreAddedForTheServicesThatAreCalled) {
  const auto edited = [](RoomKind kind, const DeliveryServices& services) {
    return WithDeliveries(
               [kind](const Room* /*stored*/) -> Result<RoomChange> {
                 return ChangeOf({PusherDeleted{.reason = LeaveReason::kKicked}}, 5, Dialect::kGen1,
                                 kind);
               },
               services)(nullptr)
        ->delivery;
  };
  EXPECT_TRUE(edited(RoomKind::kWebrtc, {.trtc = true}).has_value());
  EXPECT_TRUE(edited(RoomKind::kWebrtc, {.im = true, .trtc = true}).has_value());
  EXPECT_FALSE(edited(RoomKind::kWebrtc, {.im = true}).has_value());
  EXPECT_FALSE(edited(RoomKind::kMulti, {.trtc = true}).has_value());
  EXPECT_TRUE(edited(RoomKind::kMulti, {.im = true, .trtc = true}).has_value());
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
