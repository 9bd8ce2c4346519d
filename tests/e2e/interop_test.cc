// Both dialects in the same rooms (protocol C.3, F.10, 9). Where they are isolated:
// isolation_test.cc.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;

class InteropShared : public testing::Test {
 protected:
  ApiReply Gen1(const char* endpoint, const nlohmann::json& body) {
    return gen1_.Call("multi_room", endpoint, body);
  }

  ServerProcess server_{
      {.settings = WithLogins({{"auth.interop", "shared"}, {"room.heartbeat_timeout", "1h"}})}};
  ApiClient gen1_ = server_.Https();
  Gen2Client gen2_ = LoggedIn(server_, "bob", "multi_room");
};

TEST_F(InteropShared, ShowsRoomsOfBothDialectsInTheCallersFormat) {
  ASSERT_EQ(Gen1("create_room", CreateBody("alice", "r1")).code(), kOk);
  ASSERT_EQ(gen2_.Call("add_pusher", PusherBody("r2", "bob")).code(), kOk);
  EXPECT_THAT(RoomIds(gen1_, "multi_room"), ElementsAre("r1", "r2"));
  EXPECT_THAT(RoomIds(gen2_), ElementsAre("r1", "r2"));
  const ApiReply old_shape = Gen1("get_pushers", RoomBody("r2"));
  EXPECT_THAT(PusherIds(old_shape), ElementsAre("bob"));
  EXPECT_FALSE(old_shape.json.contains("custom")) << old_shape;
  const ApiReply new_shape = gen2_.Call("get_pushers", RoomBody("r1"));
  EXPECT_THAT(PusherIds(new_shape), ElementsAre("alice"));
  EXPECT_EQ(new_shape.Text("custom"), "{}") << new_shape;
  EXPECT_EQ(new_shape.Text("roomInfo"), "a room");
}

TEST_F(InteropShared, AllowsJoiningRoomsOfTheOtherDialect) {
  ASSERT_EQ(Gen1("create_room", CreateBody("alice", "r1")).code(), kOk);
  ASSERT_EQ(gen2_.Call("add_pusher", PusherBody("r1", "bob")).code(), kOk);
  EXPECT_THAT(PushersOf(gen1_, "multi_room", "r1"), ElementsAre("alice", "bob"));
  ASSERT_EQ(gen2_.Call("create_room", PrepareBody("bob", "r2")).code(), kOk);
  EXPECT_EQ(Gen1("create_room", CreateBody("alice", "r2")).code(), kRoomTaken);
  EXPECT_EQ(gen2_.Call("create_room", PrepareBody("bob", "r1")).code(), kIdTaken);
  ASSERT_EQ(Gen1("add_pusher", PusherBody("r2", "alice")).code(), kOk);
  EXPECT_EQ(CreatorOf(gen2_, "r2"), "alice");
}

TEST_F(InteropShared, EndsARoomByTheRulesOfItsDialect) {
  ASSERT_EQ(Gen1("create_room", CreateBody("alice", "old")).code(), kOk);
  ASSERT_EQ(gen2_.Call("add_pusher", PusherBody("old", "bob")).code(), kOk);
  ASSERT_EQ(gen2_.Call("add_pusher", PusherBody("new", "bob")).code(), kOk);
  ASSERT_EQ(Gen1("add_pusher", PusherBody("new", "alice")).code(), kOk);

  EXPECT_EQ(gen2_.Call("delete_pusher", MemberBody("new", "bob")).code(), kOk);
  EXPECT_THAT(PushersOf(gen1_, "multi_room", "new"), ElementsAre("alice"));
  EXPECT_EQ(CreatorOf(gen2_, "new"), "alice");
  EXPECT_EQ(Gen1("delete_pusher", MemberBody("old", "alice")).code(), kOk);
  EXPECT_EQ(gen2_.Call("get_pushers", RoomBody("old")).code(), kNoSuchRoom);
}

}  // namespace
}  // namespace rtcroom
