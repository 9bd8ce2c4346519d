#include "daemon/channel/room_push.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/messages.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const RoomKey kLiveRoom = MakeKey(RoomKind::kLive, "r1");
constexpr std::uint64_t kLiveNumber = 7;

StoredEvent EventOf(std::uint64_t number, EventPayload payload) {
  return {
      .position = 100 + number,
      .room_number = kLiveNumber,
      .event = {
          .room = kLiveRoom, .room_sequence = number, .at = kNoon, .payload = std::move(payload)}};
}

StoredMessage MessageOf(std::uint64_t seq) {
  StoredMessage message{.position = seq, .room_number = kLiveNumber, .seq = seq};
  message.content = MakeMessage("ann", R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}])");
  return message;
}

RoomPush PushOf(std::vector<RoomObject> objects) {
  return {"00000000000000aa", kLiveNumber, std::move(objects)};
}
RoomObject Object(std::uint64_t number) {
  return MakeEventObject(EventOf(number, AudienceDeleted{.user_id = {"u"}}), nullptr);
}

int frames_encoded = 0;
std::string EncodeInBrackets(std::string_view text) {
  ++frames_encoded;
  return std::string("<").append(text).append(">");
}

TEST(RoomPush, EachObjectHasTheCursorAfterIt) {
  const RoomPush push = PushOf({Object(4), MakeMessageObject(kLiveRoom, MessageOf(1)), Object(5)});
  const RoomPush::Rendered rendered = push.Render({.event = 3, .message = 0});
  EXPECT_THAT(rendered.events, ElementsAre(HasSubstr(R"("cursor":"00000000000000aa-7-4-0"})"),
                                           HasSubstr(R"("cursor":"00000000000000aa-7-4-1"})"),
                                           HasSubstr(R"("cursor":"00000000000000aa-7-5-1"})")));
  EXPECT_EQ(rendered.at, (RoomPosition{.event = 5, .message = 1}));
  EXPECT_FALSE(rendered.has_gap);
  EXPECT_FALSE(rendered.has_ended);
}

TEST(RoomPush, AReceiverThatIsAheadGetsTheRestWithItsOwnCursors) {
  const RoomPush push = PushOf({Object(4), MakeMessageObject(kLiveRoom, MessageOf(1)), Object(5)});
  const RoomPush::Rendered rendered = push.Render({.event = 5, .message = 0});
  EXPECT_THAT(rendered.events, ElementsAre(HasSubstr(R"("cursor":"00000000000000aa-7-5-1"})")));
  EXPECT_THAT(push.Render({.event = 9, .message = 9}).events, IsEmpty());
}

TEST(RoomPush, AMissingEventIsFound) {
  const RoomPush::Rendered rendered = PushOf({Object(4), Object(6)}).Render({.event = 3});
  EXPECT_TRUE(rendered.has_gap);
  EXPECT_EQ(rendered.at.event, 4U);
  EXPECT_TRUE(PushOf({MakeMessageObject(kLiveRoom, MessageOf(2))}).Render({}).has_gap);
}

TEST(RoomPush, AnObjectThatStandsForSeveralEventsLeavesNoGap) {
  RoomObject object = Object(6);
  object.first = 4;
  const RoomPush push = PushOf({object, Object(7)});
  for (const std::uint64_t at : {3U, 4U, 5U}) {
    const RoomPush::Rendered rendered = push.Render({.event = at});
    EXPECT_FALSE(rendered.has_gap) << at;
    EXPECT_EQ(rendered.events.size(), 2U);
    EXPECT_EQ(rendered.at.event, 7U);
  }
  EXPECT_EQ(push.Render({.event = 6}).events.size(), 1U) << "the receiver knows it";
  EXPECT_TRUE(push.Render({.event = 2}).has_gap);
}

TEST(RoomPush, NothingFollowsTheEndOfTheRoom) {
  const RoomObject end = MakeEventObject(EventOf(5, RoomDestroyed{}), nullptr);
  const RoomPush push = PushOf({Object(4), end, MakeMessageObject(kLiveRoom, MessageOf(1))});
  const RoomPush::Rendered rendered = push.Render({.event = 3});
  EXPECT_TRUE(rendered.has_ended);
  EXPECT_EQ(rendered.events.size(), 2U);
}

TEST(RoomPush, IsEncodedOnceForAllReceiversAtOnePosition) {
  RoomPush push = PushOf({Object(4), Object(5)});
  frames_encoded = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(push.FrameFrom({.event = 3}, EncodeInBrackets).bytes, HasSubstr("}\n{\"event\":"));
  }
  EXPECT_EQ(frames_encoded, 1);
  EXPECT_EQ(push.FrameFrom({.event = 4}, EncodeInBrackets).at.event, 5U);
  EXPECT_EQ(frames_encoded, 2);
  EXPECT_EQ(push.FrameFrom({.event = 5}, EncodeInBrackets).bytes, "");
  EXPECT_EQ(frames_encoded, 2);
}

TEST(RoomPush, IsOneTextForAllPollsAtOnePosition) {
  RoomPush push = PushOf({Object(4), Object(5)});
  const RoomPush::View& view = push.ViewFrom({.event = 3});
  EXPECT_THAT(view.members,
              StartsWith(R"("epoch":"00000000000000aa","cursor":"00000000000000aa-7-5-0",)"
                         R"("recovered":true,"events":[{"roomID":"r1",)"));
  EXPECT_THAT(view.members, EndsWith("}]"));
  const char* const text = view.members.data();
  EXPECT_EQ(push.ViewFrom({.event = 3}).members.data(), text);
  EXPECT_THAT(push.ViewFrom({.event = 4}).members, Not(HasSubstr("-7-4-0")));
  EXPECT_EQ(push.ViewFrom({.event = 5}).members, "");
  EXPECT_FALSE(view.has_gap);
  EXPECT_TRUE(push.ViewFrom({.event = 2}).has_gap);
}

TEST(PushJson, HasTheMembersOfEachEvent) {
  const auto member_of = [](EventPayload payload) {
    const std::string text = MakeEventObject(EventOf(1, std::move(payload)), nullptr).text;
    const std::string_view head = R"({"roomID":"r1","kind":"live","time":1700000000000,)";
    EXPECT_TRUE(text.starts_with(head)) << text;
    return text.substr(head.size());
  };
  EXPECT_EQ(member_of(RoomCreated{.creator = {"c"}, .info = "i"}),
            R"("room_created":{"roomCreator":"c","roomInfo":"i"})");
  EXPECT_EQ(member_of(RoomActivated{.creator = {"c"}}), R"("room_activated":{"roomCreator":"c"})");
  EXPECT_EQ(
      member_of(PusherUpdated{.user_id = {"u"}, .user_name = "n", .user_avatar = "a"}),
      R"("pusher_updated":{"userID":"u","userName":"n","userAvatar":"a","accelerateURL":""})");
  EXPECT_EQ(member_of(PusherDeleted{
                .user_id = {"u"}, .reason = LeaveReason::kHeartbeatTimeout, .new_creator = {"v"}}),
            R"("pusher_deleted":{"userID":"u","reason":"heartbeat_timeout","newCreator":"v"})");
  EXPECT_EQ(member_of(AudienceAdded{.user_id = {"u"}, .user_info = "{}"}),
            R"("audience_added":{"userID":"u","userInfo":"{}"})");
  EXPECT_EQ(member_of(AudienceDeleted{.user_id = {"u"}, .audience_count = 200}),
            R"("audience_deleted":{"userID":"u","reason":"left"})");
  EXPECT_EQ(member_of(AudienceDeleted{.user_id = {"u"}, .audience_count = 201}),
            R"("audience":{"audienceCount":201})");
  EXPECT_EQ(member_of(AudienceAdded{.user_id = {"u"}, .user_info = "{}", .audience_count = 99999}),
            R"("audience":{"audienceCount":99999})");
  EXPECT_EQ(member_of(AudienceDeleted{
                .user_id = {"u"}, .reason = LeaveReason::kHeartbeatTimeout, .user_info = "{}"}),
            R"("audience_deleted":{"userID":"u","reason":"heartbeat_timeout"})");
  EXPECT_EQ(member_of(CustomChanged{.field = "\"f\"", .value = "[1,\n2]"}),
            R"("custom_changed":{"field":"f","value":[1, 2]})");
  EXPECT_EQ(member_of(RoomDestroyed{.reason = EndReason::kIdle}),
            R"("room_destroyed":{"reason":"idle"})");
}

}  // namespace
}  // namespace rtcroom
