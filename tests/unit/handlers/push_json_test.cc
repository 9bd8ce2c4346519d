#include "handlers/channel/push_json.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/messages.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::EndsWith;

const RoomKey kLiveRoom = MakeKey(RoomKind::kLive, "r1");

RoomEvent EventOf(std::uint64_t number, EventPayload payload) {
  return {.room = kLiveRoom, .room_sequence = number, .at = kNoon, .payload = std::move(payload)};
}

RoomObject Left(std::uint64_t number) {
  const StoredEvent event{.event = EventOf(number, AudienceDeleted{.user_id = {"u"}})};
  return {.event = std::make_shared<const StoredEvent>(event), .first = number};
}

TEST(PushJson, ARecoveredViewHasItsMembersInThisOrder) {
  JsonText out;
  WriteRecovered({.epoch = "00000000000000aa", .room_number = 7, .at = {.event = 5}},
                 {R"({"a":1})", R"({"b":2})"}, out);
  EXPECT_EQ(out.text(), R"("epoch":"00000000000000aa","cursor":"00000000000000aa-7-5-0",)"
                        R"("recovered":true,"events":[{"a":1},{"b":2}])");
}

TEST(PushJson, EachObjectHasTheCursorAfterIt) {
  StoredMessage message{.position = 1, .room_number = 7, .seq = 1};
  message.content = MakeMessage("ann", R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}])");
  RoomObject last = Left(5);
  last.audience_count = 300;
  const RoomPush push(
      {Left(4), {.message = std::make_shared<const StoredMessage>(message), .first = 1}, last});
  RoomCursor cursor{.epoch = "00000000000000aa", .room_number = 7, .at = {.event = 3}};
  EXPECT_THAT(ObjectsOf(push.PartFrom(cursor.at), kLiveRoom, cursor),
              ElementsAre(EndsWith(R"("left"},"cursor":"00000000000000aa-7-4-0"})"),
                          EndsWith(R"("hi"},"cursor":"00000000000000aa-7-4-1"})"),
                          EndsWith(R"("left"},"audience":{"audienceCount":300},)"
                                   R"("cursor":"00000000000000aa-7-5-1"})")));
  EXPECT_EQ(cursor.at, (RoomPosition{.event = 5, .message = 1}));
}

TEST(PushJson, HasTheChangesOfAListAndKeepsThem) {
  RoomListPush push{
      .kind = RoomKind::kMulti, .ended = {{"a"}, {"b"}}, .changed = {R"({"roomID":"c"})"}};
  const std::string& text = ListPush(push);
  EXPECT_EQ(text, R"({"list":{"kind":"multi","ended":["a","b"],"changed":[{"roomID":"c"}]}})");
  EXPECT_EQ(&ListPush(push), &text);
  RoomListPush lost{.kind = RoomKind::kLive, .is_lost = true};
  EXPECT_EQ(ListPush(lost), R"({"list":{"kind":"live","ended":[],"changed":[],"lost":true}})");
}

TEST(PushJson, TellsOfStreamsWhereTheyAreAskedForAndOfEndedSessions) {
  NoticePush off{{.fact = StreamNotice{.room = kLiveRoom, .user_id = {"zoe"}}}};
  EXPECT_EQ(NoticeObject(off, /*asks_streams=*/false), "");
  const std::string& text = NoticeObject(off, /*asks_streams=*/true);
  EXPECT_EQ(text, R"({"stream":{"kind":"live","roomID":"r1","userID":"zoe","on":false}})");
  EXPECT_EQ(&NoticeObject(off, /*asks_streams=*/true), &text) << "it is encoded once";
  NoticePush ended{
      {.fact = WebEndedNotice{.room = kLiveRoom, .session = "s", .reason = WebEndReason::kWorker}}};
  EXPECT_EQ(NoticeObject(ended, /*asks_streams=*/false),
            R"({"web_ended":{"kind":"live","roomID":"r1","session":"s","reason":"worker"}})");
  NoticePush member{{.fact = MemberNotice()}};
  EXPECT_EQ(NoticeObject(member, /*asks_streams=*/true), "")
      << "only clients of SDKs receive this notice";
}

TEST(PushJson, HasTheMembersOfEachEvent) {
  const auto member_of = [](EventPayload payload) {
    RoomCursor cursor{.epoch = "00000000000000aa", .room_number = 7};
    const std::string text = EventObject(EventOf(1, std::move(payload)), "", std::nullopt, cursor);
    const std::string_view head = R"({"roomID":"r1","kind":"live","time":1700000000000,)";
    const std::string_view end = R"(,"cursor":"00000000000000aa-7-1-0"})";
    EXPECT_TRUE(text.starts_with(head) && text.ends_with(end)) << text;
    return text.substr(head.size(), text.size() - head.size() - end.size());
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
