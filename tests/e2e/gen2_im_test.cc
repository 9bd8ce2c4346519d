// Calls to the IM service for gen-2 rooms (protocol B.4, B.6, F.2).
#include <string>
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

class Gen2Im : public testing::Test {
 protected:
  explicit Gen2Im(Settings settings = {}) : server_({.settings = WithIm(std::move(settings))}) {}

  Gen2Client User(const std::string& user_id) { return LoggedIn(server_, user_id, "multi_room"); }
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

}  // namespace
}  // namespace rtcroom
