#include "daemon/grpc/event_messages.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

RoomEvent Happened(EventPayload payload) {
  return {.room = MakeKey(RoomKind::kLive, "r1"),
          .dialect = Dialect::kGen2,
          .room_sequence = 7,
          .at = kNoon + std::chrono::milliseconds(5),
          .payload = std::move(payload)};
}

v1::Event MessageOf(EventPayload payload) {
  return EventMessage(Happened(std::move(payload)), "00112233aabbccdd", "00112233aabbccdd-42");
}

TEST(EventMessages, ContainRoomTimeSequenceAndCursor) {
  const v1::Event event = MessageOf(PusherDeleted{.user_id = {"u1"}});
  EXPECT_EQ(event.epoch(), "00112233aabbccdd");
  EXPECT_EQ(event.cursor(), "00112233aabbccdd-42");
  EXPECT_EQ(event.sequence(), 7U);
  EXPECT_EQ(event.time().seconds(), 1'700'000'000);
  EXPECT_EQ(event.time().nanos(), 5'000'000);
  EXPECT_EQ(event.room().kind(), v1::ROOM_KIND_LIVE);
  EXPECT_EQ(event.room().room_id(), "r1");
  EXPECT_EQ(event.dialect(), v1::DIALECT_GEN2);
}

TEST(EventMessages, ConvertRoomCreated) {
  const v1::Event event = MessageOf(RoomCreated{.creator = {"host"}, .info = "a name"});
  ASSERT_EQ(event.change_case(), v1::Event::kRoomCreated);
  EXPECT_EQ(event.room_created().creator(), "host");
  EXPECT_EQ(event.room_created().room_info(), "a name");
}

TEST(EventMessages, ConvertPusherAdded) {
  const v1::Event event =
      MessageOf(PusherAdded{.user_id = {"u1"}, .user_name = "Ann", .user_avatar = "https://a/1"});
  ASSERT_EQ(event.change_case(), v1::Event::kPusherAdded);
  EXPECT_EQ(event.pusher_added().pusher().user_id(), "u1");
  EXPECT_EQ(event.pusher_added().pusher().user_name(), "Ann");
  EXPECT_EQ(event.pusher_added().pusher().user_avatar(), "https://a/1");
}

TEST(EventMessages, ConvertPusherUpdated) {
  const v1::Event event =
      MessageOf(PusherUpdated{.user_id = {"u1"}, .user_name = "Ann", .user_avatar = ""});
  ASSERT_EQ(event.change_case(), v1::Event::kPusherUpdated);
  EXPECT_EQ(event.pusher_updated().pusher().user_id(), "u1");
  EXPECT_EQ(event.pusher_updated().pusher().user_name(), "Ann");
}

TEST(EventMessages, ConvertTheReasonOfPusherDeleted) {
  const auto reason_of = [](LeaveReason reason) {
    const v1::Event event = MessageOf(PusherDeleted{.user_id = {"u1"}, .reason = reason});
    EXPECT_EQ(event.pusher_deleted().user_id(), "u1");
    return event.pusher_deleted().reason();
  };
  EXPECT_EQ(reason_of(LeaveReason::kLeft), v1::PusherDeleted::REASON_LEFT);
  EXPECT_EQ(reason_of(LeaveReason::kHeartbeatTimeout), v1::PusherDeleted::REASON_HEARTBEAT_TIMEOUT);
  EXPECT_EQ(reason_of(LeaveReason::kKicked), v1::PusherDeleted::REASON_KICKED);
  EXPECT_EQ(reason_of(LeaveReason::kRoomDestroyed), v1::PusherDeleted::REASON_ROOM_DESTROYED);
}

TEST(EventMessages, ConvertTheReasonOfRoomDestroyed) {
  const auto reason_of = [](EndReason reason) {
    return MessageOf(RoomDestroyed{.reason = reason}).room_destroyed().reason();
  };
  EXPECT_EQ(reason_of(EndReason::kDestroyed), v1::RoomDestroyed::REASON_DESTROYED);
  EXPECT_EQ(reason_of(EndReason::kCreatorLeft), v1::RoomDestroyed::REASON_CREATOR_LEFT);
  EXPECT_EQ(reason_of(EndReason::kLastLeft), v1::RoomDestroyed::REASON_LAST_LEFT);
  EXPECT_EQ(reason_of(EndReason::kIdle), v1::RoomDestroyed::REASON_IDLE);
  EXPECT_EQ(reason_of(EndReason::kDismissed), v1::RoomDestroyed::REASON_DISMISSED);
}

TEST(EventMessages, ConvertEachRoomKind) {
  for (const RoomKind kind : kAllRoomKinds) EXPECT_EQ(KindOf(KindMessage(kind)), kind);
  EXPECT_EQ(KindOf(v1::ROOM_KIND_UNSPECIFIED), std::nullopt);
  EXPECT_EQ(KindOf(static_cast<v1::RoomKind>(99)), std::nullopt);
}

TEST(EventMessages, ConvertActivationViewerAndFieldEvents) {
  EXPECT_EQ(MessageOf(RoomActivated{.creator = {"u1"}}).room_activated().creator(), "u1");
  const v1::Event added = MessageOf(AudienceAdded{.user_id = {"u1"}, .user_info = "i"});
  EXPECT_EQ(added.audience_added().audience().user_id(), "u1");
  EXPECT_EQ(added.audience_added().audience().user_info(), "i");
  const v1::Event viewer_left = MessageOf(AudienceDeleted{.user_id = {"u1"}});
  EXPECT_EQ(viewer_left.audience_deleted().user_id(), "u1");
  EXPECT_EQ(viewer_left.audience_deleted().reason(), v1::AudienceDeleted::REASON_LEFT);
  const v1::Event lapsed =
      MessageOf(AudienceDeleted{.user_id = {"u1"}, .reason = LeaveReason::kHeartbeatTimeout});
  EXPECT_EQ(lapsed.audience_deleted().reason(), v1::AudienceDeleted::REASON_HEARTBEAT_TIMEOUT);
  const v1::CustomChanged changed =
      MessageOf(CustomChanged{.field = R"("likes")", .value = "7"}).custom_changed();
  EXPECT_EQ(changed.changed(), R"({"likes":7})");
  EXPECT_EQ(changed.custom(), "") << "not all fields";
  const v1::CustomChanged old =
      MessageOf(CustomChanged{.value = R"({"likes":7})"}).custom_changed();
  EXPECT_EQ(old.custom(), R"({"likes":7})");
  EXPECT_EQ(old.changed(), "");
  const PusherDeleted left{.user_id = {"u1"}, .reason = LeaveReason::kLeft, .new_creator = {"u2"}};
  EXPECT_EQ(MessageOf(left).pusher_deleted().new_creator(), "u2");
}

TEST(EventMessages, HaveNonNegativeNanosecondsBefore1970) {
  const auto time = TimeMessage(TimePoint(std::chrono::milliseconds(-1)));
  EXPECT_EQ(time.seconds(), -1);
  EXPECT_EQ(time.nanos(), 999'000'000);
}

Room RoomOfTwo() {
  Room room = MakeRoom(RoomKind::kMulti, "r1", "host");
  room.pushers = {MakePusher("host"), MakePusher("guest")};
  room.last_event = 9;
  return room;
}

TEST(EventMessages, ConvertARoomWithPushersInJoinOrder) {
  const v1::Room message = RoomMessage(RoomOfTwo());
  EXPECT_EQ(message.room().kind(), v1::ROOM_KIND_MULTI);
  EXPECT_EQ(message.room().room_id(), "r1");
  EXPECT_EQ(message.dialect(), v1::DIALECT_GEN1);
  EXPECT_EQ(message.creator(), "host");
  EXPECT_EQ(message.room_info(), "info of r1");
  EXPECT_EQ(message.created_at().seconds(), 1'700'000'000);
  EXPECT_EQ(message.sequence(), 9U);
  ASSERT_EQ(message.pushers_size(), 2);
  EXPECT_EQ(message.pushers(0).user_id(), "host");
  EXPECT_EQ(message.pushers(1).user_id(), "guest");
  EXPECT_EQ(message.pushers(1).user_name(), "name of guest");
  EXPECT_EQ(message.pushers(1).user_avatar(), "https://avatars.example/guest");
  EXPECT_EQ(message.pushers(1).added_at().seconds(), 1'700'000'000);
}

TEST(EventMessages, ContainNoStreamUrls) {
  const std::string bytes = RoomMessage(RoomOfTwo()).SerializeAsString();
  EXPECT_THAT(bytes, HasSubstr("https://avatars.example/guest"));
  EXPECT_THAT(bytes, Not(HasSubstr("push.example")));
  EXPECT_THAT(bytes, Not(HasSubstr("play.example")));
  EXPECT_THAT(bytes, Not(HasSubstr("txSecret")));
}

}  // namespace
}  // namespace rtcroom
