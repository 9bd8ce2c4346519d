#include "handlers/channel/stream_pushes.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/memory/memory_store.h"
#include "tests/support/fake_streams.h"
#include "tests/support/matchers.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

TEST(StreamPushes, TellEveryRoomOfAMemberOfTheStream) {
  const FakeStreams streams;
  StreamClaims claims(streams);
  MemoryStore store({}, "00000000000000aa", claims);
  std::vector<std::string> expected;
  for (const std::string id : {"r1", "r2"}) {
    ASSERT_OK(Apply(store, Creating(MakeRoom(RoomKind::kMulti, id, "alice"))));
    const RoomKey room = MakeKey(RoomKind::kMulti, id);
    expected.push_back(std::to_string(store.Load(room)->sequence) +
                       StreamPush(room, {"alice"}, true));
  }
  PushNotices notices;
  StreamPushes pushes(claims, notices);
  pushes.OnAir("alice", true);
  pushes.OnAir("nobody", true);
  std::vector<std::string> told;
  for (const PushNotice& notice : notices.Take()) {
    told.push_back(std::to_string(notice.room_number) + notice.object);
  }
  EXPECT_THAT(told, testing::UnorderedElementsAreArray(expected));
}

TEST(StreamPushes, NameTheRoomAndWhatHasHappened) {
  const RoomKey room = MakeKey(RoomKind::kMulti, "r1");
  EXPECT_EQ(StreamPush(room, {"zoe"}, false),
            R"({"stream":{"kind":"multi","roomID":"r1","userID":"zoe","on":false}})");
  EXPECT_EQ(WebEndedPush(room, "s", "worker"),
            R"({"web_ended":{"kind":"multi","roomID":"r1","session":"s","reason":"worker"}})");
}

}  // namespace
}  // namespace rtcroom
