#include "daemon/channel/stream_notices.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_streams.h"
#include "tests/support/matchers.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

TEST(StreamNotices, TellEveryRoomOfAMemberOfTheStream) {
  const FakeStreams streams;
  StreamClaims claims(streams);
  TempStore store({}, "00000000000000aa", claims);
  std::vector<PushNotice> expected;
  for (const std::string id : {"r1", "r2"}) {
    ASSERT_OK(Apply(store, Creating(MakeRoom(RoomKind::kMulti, id, "alice"))));
    const RoomKey room = MakeKey(RoomKind::kMulti, id);
    expected.push_back({.room_number = store.rooms().Load(room)->sequence,
                        .fact = StreamNotice{.room = room, .user_id = {"alice"}, .is_on = true}});
  }
  PushNotices notices;
  StreamNotices on_air(claims, notices);
  on_air.OnAir("alice", true);
  on_air.OnAir("nobody", true);
  EXPECT_THAT(notices.Take(), testing::UnorderedElementsAreArray(expected));
}

}  // namespace
}  // namespace rtcroom
