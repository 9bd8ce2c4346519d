// Both dialects on one server: the rooms that a caller sees (protocol C.3, F.10, 9).
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class BothDialects : public testing::Test {
 protected:
  explicit BothDialects(const char* interop = "isolated")
      : server_({.settings =
                     WithLogins({{"auth.interop", interop}, {"room.heartbeat_timeout", "1h"}})}) {}

  ApiReply Gen1(const char* endpoint, const nlohmann::json& body) {
    return gen1_.Call("multi_room", endpoint, body);
  }

  ServerProcess server_;
  ApiClient gen1_ = server_.Https();
  Gen2Client gen2_ = LoggedIn(server_, "bob", "multi_room");
};

using InteropIsolated = BothDialects;

class InteropShared : public BothDialects {
 protected:
  InteropShared() : BothDialects("shared") {}
};

TEST_F(InteropIsolated, HidesGen1RoomsFromGen2) {
  ASSERT_EQ(Gen1("create_room", CreateBody("alice", "r1")).code(), kOk);
  EXPECT_THAT(RoomIds(gen2_), IsEmpty());
  EXPECT_EQ(gen2_.Call("get_pushers", RoomBody("r1")).code(), kNoSuchRoom);
  for (const char* kind : {"multi_room", "double_room", "live_room"}) {
    const ApiReply created = gen2_.CallOf(kind, "create_room", PrepareBody("bob", "r1"));
    EXPECT_EQ(created.code(), kIdTaken) << kind << created;
    EXPECT_EQ(created.Text("roomID"), "r1");
    EXPECT_EQ(created.Text("message"), "房间已经存在");
    EXPECT_EQ(gen2_.CallOf(kind, "add_pusher", PusherBody("r1", "bob")).code(), kIdTaken) << kind;
  }
  // Its members are hidden as well, even by name.
  Gen2Client alice = LoggedIn(server_, "alice", "multi_room");
  EXPECT_EQ(alice.Call("pusher_heartbeat", MemberBody("r1", "alice")).code(), kNoSuchMember);
  EXPECT_EQ(alice.Call("delete_pusher", MemberBody("r1", "alice")).code(), kNoSuchMember);
  EXPECT_EQ(alice.Call("destroy_room", MemberBody("r1", "alice")).code(), kNoSuchRoom);
  EXPECT_THAT(PushersOf(gen1_, "multi_room", "r1"), ElementsAre("alice"));
}

TEST_F(InteropIsolated, HidesGen2RoomsFromGen1) {
  ASSERT_EQ(gen2_.Call("add_pusher", PusherBody("r1", "bob")).code(), kOk);
  ASSERT_EQ(gen2_.Call("create_room", PrepareBody("bob", "prepared")).code(), kOk);
  EXPECT_THAT(RoomIds(gen1_, "multi_room"), IsEmpty());
  for (const char* room : {"r1", "prepared"}) {
    EXPECT_EQ(Gen1("get_pushers", RoomBody(room)).code(), kNoSuchRoom) << room;
    EXPECT_EQ(Gen1("create_room", CreateBody("bob", room)).code(), kRoomTaken) << room;
    EXPECT_EQ(Gen1("add_pusher", PusherBody(room, "bob")).code(), kNoSuchRoom) << room;
    EXPECT_EQ(Gen1("delete_pusher", MemberBody(room, "bob")).code(), kNoSuchMember) << room;
    EXPECT_EQ(Gen1("pusher_heartbeat", MemberBody(room, "bob")).code(), kNoSuchMember) << room;
    EXPECT_EQ(Gen1("destroy_room", MemberBody(room, "bob")).code(), kNoSuchRoom) << room;
  }
  EXPECT_THAT(PushersOf(gen2_, "r1"), ElementsAre("bob"));
  EXPECT_EQ(gen2_.Call("add_pusher", PusherBody("prepared", "bob")).code(), kOk);
}

TEST_F(InteropIsolated, ListsOnlyRoomsOfTheOwnDialect) {
  for (const char* room : {"a1", "a2", "a3"}) {
    ASSERT_EQ(Gen1("create_room", CreateBody("alice", room)).code(), kOk);
    ASSERT_EQ(gen2_.Call("add_pusher", PusherBody("b" + std::string(room), "bob")).code(), kOk);
  }
  EXPECT_THAT(RoomIds(gen1_, "multi_room"), ElementsAre("a1", "a2", "a3"));
  EXPECT_THAT(RoomIds(gen2_), ElementsAre("ba1", "ba2", "ba3"));
  const ApiReply second = gen2_.Call("get_room_list", {{"index", "1"}, {"cnt", "1"}});
  ASSERT_EQ(second.json["rooms"].size(), 1U) << second;
  EXPECT_EQ(second.json["rooms"][0]["roomID"], "ba2")
      << "the index counts the rooms that the caller sees";
}

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
