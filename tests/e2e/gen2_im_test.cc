// Calls to the IM service for gen-2 and webrtc rooms (protocol B.4, B.6, B.8, F.2).
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/support/im_stand_in.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kNotice = R"({"cmd":"notifyPusherChange","data":""})";

class Gen2Im : public testing::Test {
 protected:
  explicit Gen2Im(Settings settings = {}) : server_({.settings = WithIm(std::move(settings))}) {}

  Gen2Client User(const std::string& user_id, std::string_view kind = "multi_room") {
    return LoggedIn(server_, user_id, kind);
  }
  /// All commands about a group, once `count` have been received.
  std::vector<GroupCommand> CommandsOf(const std::string& group, std::size_t count) {
    std::vector<GroupCommand> commands;
    EXPECT_TRUE(Eventually([&] {
      commands.clear();
      for (const ImCall& call : im_.calls()) {
        if (call.group == group) commands.push_back(call.command);
      }
      return commands.size() >= count;
    })) << group;
    return commands;
  }
  /// Waits until no group has pending calls: no further call follows.
  void AwaitQuiet() {
    EXPECT_TRUE(Eventually([this] {
      return MetricOf(server_, "rtcroomd_im_lag_events") == 0 &&
             MetricOf(server_, "rtcroomd_im_pending_groups") == 0;
    }));
  }

  ImStandIn im_;
  ServerProcess server_;

 private:
  [[nodiscard]] Settings WithIm(Settings settings) const {
    settings["im.enabled"] = true;
    settings["im.base_url"] = im_.base_url();
    return WithLogins(std::move(settings));
  }
};

class Gen2ImIdleRooms : public Gen2Im {
 protected:
  Gen2ImIdleRooms() : Gen2Im({{"room.inactive_ttl", "1s"}, {"room.sweep_period", "50ms"}}) {}
};

TEST_F(Gen2Im, CreatesTheGroupBeforeAnsweringAnyCreatingCall) {
  Gen2Client user = User("user");
  const ApiReply drawn = user.Call("create_room", PrepareBody("user"));
  ASSERT_EQ(drawn.code(), kOk) << drawn;
  EXPECT_TRUE(im_.HasGroup(drawn.Text("roomID")));
  ASSERT_EQ(user.Call("create_room", PrepareBody("user", "named")).code(), kOk);
  EXPECT_TRUE(im_.HasGroup("named"));
  ASSERT_EQ(user.Call("add_pusher", PusherBody("added", "user")).code(), kOk);
  EXPECT_TRUE(im_.HasGroup("added"));
  AwaitQuiet();
  EXPECT_THAT(im_.NoticesTo("added"), IsEmpty()) << "no other member is in the room";
  EXPECT_THAT(im_.NoticesTo("named"), IsEmpty());
}

TEST_F(Gen2Im, StoresNothingIfTheGroupCannotBeCreated) {
  Gen2Client user = User("user");
  im_.Behave(GroupCommand::kCreate, ImConduct::ErrorCode(10004));
  const ApiReply added = user.Call("add_pusher", PusherBody("r1", "user"));
  EXPECT_EQ(added.code(), kInternalFailure);
  EXPECT_EQ(added.Text("message"), "创建群组失败");
  const ApiReply created = user.Call("create_room", PrepareBody("user", "r1"));
  EXPECT_EQ(created.code(), kInternalFailure);
  EXPECT_EQ(created.Text("message"), "群组创建失败");
  EXPECT_EQ(user.Call("get_pushers", RoomBody("r1")).code(), kNoSuchRoom);
  EXPECT_EQ(user.Call("pusher_heartbeat", MemberBody("r1", "user")).code(), kNoSuchMember);
  EXPECT_THAT(RoomIds(user), IsEmpty());
  EXPECT_THAT(im_.groups(), IsEmpty());

  im_.Behave(GroupCommand::kCreate, std::nullopt);
  Gen2Client other = User("other", "double_room");
  EXPECT_EQ(other.Call("create_room", PrepareBody("other", "r1")).code(), kOk) << "the ID is free";
}

TEST_F(Gen2Im, NotifiesOfPushersButNotOfViewersAndFields) {
  Gen2Client host = User("host", "live_room");
  Gen2Client viewer = User("viewer", "live_room");
  ASSERT_EQ(host.Call("create_room", PrepareBody("host", "r1")).code(), kOk);
  ASSERT_EQ(host.Call("add_pusher", PusherBody("r1", "host")).code(), kOk);
  EXPECT_THAT(CommandsOf("r1", 2), ElementsAre(GroupCommand::kCreate, GroupCommand::kSystemNotice));
  AwaitQuiet();
  EXPECT_THAT(im_.NoticesTo("r1"), ElementsAre(kNotice)) << "one on activation";

  ASSERT_EQ(viewer.Call("add_audience", AudienceBody("r1", "viewer")).code(), kOk);
  ASSERT_EQ(viewer.Call("set_custom_field", CountBody("r1", "likes")).code(), kOk);
  ASSERT_EQ(host.Call("set_custom_field", SetBody("r1", "title", "x")).code(), kOk);
  ASSERT_EQ(viewer.Call("delete_pusher", MemberBody("r1", "viewer")).code(), kNoSuchMember);
  ASSERT_EQ(viewer.Call("delete_audience", MemberBody("r1", "viewer")).code(), kOk);
  ASSERT_EQ(host.Call("pusher_heartbeat", MemberBody("r1", "host")).code(), kOk);
  AwaitQuiet();
  EXPECT_THAT(im_.NoticesTo("r1"), ElementsAre(kNotice));

  ASSERT_EQ(host.Call("add_pusher", PusherBody("r1", "host")).code(), kOk);
  EXPECT_TRUE(Eventually([&] { return im_.NoticesTo("r1").size() == 2; }))
      << "a repeated add_pusher";
  ASSERT_EQ(viewer.Call("add_pusher", PusherBody("r1", "viewer")).code(), kOk);
  EXPECT_TRUE(Eventually([&] { return im_.NoticesTo("r1").size() == 3; })) << "link-mic";
  ASSERT_EQ(viewer.Call("delete_pusher", MemberBody("r1", "viewer")).code(), kOk);
  EXPECT_TRUE(Eventually([&] { return im_.NoticesTo("r1").size() == 4; }));
  ASSERT_EQ(host.Call("delete_pusher", MemberBody("r1", "host")).code(), kOk);
  EXPECT_TRUE(Eventually([&] { return !im_.HasGroup("r1"); }));
  AwaitQuiet();
  EXPECT_EQ(im_.NoticesTo("r1").size(), 4U);
  EXPECT_EQ(im_.CountCalls(GroupCommand::kDestroy), 1U);
  EXPECT_EQ(im_.bad_requests(), 0U);
}

TEST_F(Gen2Im, NotifiesOfACreatorLeavingButNotOfTheLastPusher) {
  Gen2Client first = User("first");
  Gen2Client second = User("second");
  ASSERT_EQ(first.Call("add_pusher", PusherBody("r1", "first")).code(), kOk);
  ASSERT_EQ(second.Call("add_pusher", PusherBody("r1", "second")).code(), kOk);
  ASSERT_TRUE(Eventually([&] { return im_.NoticesTo("r1").size() == 1; }));
  ASSERT_EQ(first.Call("delete_pusher", MemberBody("r1", "first")).code(), kOk);
  ASSERT_TRUE(Eventually([&] { return im_.NoticesTo("r1").size() == 2; }));
  EXPECT_TRUE(im_.HasGroup("r1"));
  ASSERT_EQ(second.Call("delete_pusher", MemberBody("r1", "second")).code(), kOk);
  EXPECT_TRUE(Eventually([&] { return !im_.HasGroup("r1"); }));
  EXPECT_THAT(CommandsOf("r1", 4),
              ElementsAre(GroupCommand::kCreate, GroupCommand::kSystemNotice,
                          GroupCommand::kSystemNotice, GroupCommand::kDestroy));
}

TEST_F(Gen2ImIdleRooms, DestroysTheGroupOfAnExpiredRoom) {
  Gen2Client user = User("user");
  ASSERT_EQ(user.Call("create_room", PrepareBody("user", "r1")).code(), kOk);
  EXPECT_THAT(CommandsOf("r1", 2), ElementsAre(GroupCommand::kCreate, GroupCommand::kDestroy));
  EXPECT_TRUE(Eventually([&] { return im_.groups().empty(); }));
}

TEST_F(Gen2Im, DestroysTheGroupOfADestroyedPreparedRoom) {
  Gen2Client user = User("user");
  ASSERT_EQ(user.Call("create_room", PrepareBody("user", "r1")).code(), kOk);
  ASSERT_EQ(user.Call("destroy_room", MemberBody("r1", "user")).code(), kOk);
  EXPECT_THAT(CommandsOf("r1", 2), ElementsAre(GroupCommand::kCreate, GroupCommand::kDestroy));
  EXPECT_TRUE(Eventually([&] { return im_.groups().empty(); }));
}

TEST_F(Gen2Im, MakesNoCallsForWebrtcRooms) {
  im_.GoDown();  // no call is missing either
  ApiClient api = server_.Https();
  const auto call = [&api](const char* endpoint, const nlohmann::json& body) {
    return api.Call("webrtc_room", endpoint, body);
  };
  const ApiReply made = call("create_room", {{"userID", "alice"}, {"roomInfo", "a room"}});
  ASSERT_EQ(made.code(), kOk) << made;
  const std::string room = made.Text("roomID");
  ASSERT_EQ(call("enter_room", MemberBody(room, "bobby")).code(), kOk);
  ASSERT_EQ(call("heartbeat", MemberBody(room, "bobby")).code(), kOk);
  ASSERT_EQ(call("quit_room", MemberBody(room, "alice")).code(), kOk);
  ASSERT_EQ(call("quit_room", MemberBody(room, "bobby")).code(), kOk);
  ASSERT_EQ(call("get_room_members", RoomBody(room)).code(), kNoSuchRoom);
  im_.GoUp();
  // A room whose group is created and destroyed after all that: only its calls reach the service.
  Gen2Client user = User("user");
  ASSERT_EQ(user.Call("add_pusher", PusherBody("r1", "user")).code(), kOk);
  ASSERT_EQ(user.Call("delete_pusher", MemberBody("r1", "user")).code(), kOk);
  EXPECT_THAT(CommandsOf("r1", 2), ElementsAre(GroupCommand::kCreate, GroupCommand::kDestroy));
  for (const ImCall& seen : im_.calls()) EXPECT_EQ(seen.group, "r1");
}

}  // namespace
}  // namespace rtcroom
