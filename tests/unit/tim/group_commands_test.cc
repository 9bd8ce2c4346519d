#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/tim_world.h"
#include "tests/unit/tim/recorded.h"

namespace rtcroom::tim {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

const RoomKey kLive = MakeKey(RoomKind::kLive, "live_1");

class GroupCommands : public testing::Test {
 protected:
  GroupCommands() {
    world.server.MakeRoom(kMeeting.kind, kMeeting.id.value);
    world.server.MakeRoom(kLive.kind, kLive.id.value);
  }
  TimWorld world;
};

TEST_F(GroupCommands, ListsTheMeetingsOfTheAccount) {
  world.Join(kMeeting, "alice");
  world.Join(kLive, "alice", true);
  world.WriteInRoom(kMeeting, "bob", seconds(5));
  const json reply = world.Call(GetJoinedGroups, "alice", {{"Limit", 50}, {"Offset", 0}});
  EXPECT_EQ(reply["TotalCount"], 1);
  ASSERT_EQ(reply["GroupIdList"].size(), 1u);
  const json& group = reply["GroupIdList"][0];
  EXPECT_THAT(Difference(json::parse(kRecordedGroup), group), IsEmpty());
  EXPECT_EQ(group["GroupId"], "meet_1");
  EXPECT_EQ(group["Type"], "ChatRoom");
  EXPECT_EQ(group["NextMsgSeq"], 2);
  EXPECT_EQ(group["LastMsgTime"], UnixSeconds(kNoon) + 5);
  EXPECT_EQ(group["SelfInfo"]["Role"], "Member");
  EXPECT_THAT(world.Call(GetJoinedGroups, "alice", {{"Offset", 9}})["GroupIdList"], IsEmpty());
  world.server.EndRoom(kMeeting.kind, kMeeting.id.value);
  EXPECT_EQ(world.Call(GetJoinedGroups, "alice", json::object())["TotalCount"], 0);
}

TEST_F(GroupCommands, GivesOwnGroupsToTheirMembersOnly) {
  world.Join(kLive, "alice", true);
  const json reply = world.Call(GetOwnGroupInfo, "alice",
                                {{"GroupIdList", {"live_1", "meet_1", "gone", "@TGS#"}}});
  const json& groups = reply["GroupInfo"];
  EXPECT_EQ(groups[0]["Type"], "AVChatRoom");
  EXPECT_EQ(groups[0]["MemberList"][0]["Member_Account"], "alice");
  EXPECT_EQ(groups[1]["ErrorCode"], 10007);
  EXPECT_EQ(groups[2]["ErrorCode"], 10010);
  EXPECT_EQ(groups[3]["ErrorCode"], 10010);
  const json others =
      world.Call(GetPublicGroupInfo, "bob", {{"GroupIdList", {{{"GroupId", "live_1"}}}}});
  EXPECT_EQ(others["GroupInfo"][0]["Owner_Account"], "creator");
  EXPECT_FALSE(others["GroupInfo"][0].contains("SelfInfo"));
}

TEST_F(GroupCommands, ListsMembersForMembers) {
  const auto client = world.server.LogIn("old");
  (void)world.server.Join(client, "meet_1");
  const json body = {{"GroupId", "meet_1"}, {"Limit", 15}, {"Offset", 0}};
  EXPECT_EQ(world.Call(GetGroupMembers, "alice", body)["code"], 10007);
  world.Join(kMeeting, "alice");
  const json reply = world.Call(GetGroupMembers, "alice", body);
  EXPECT_EQ(reply["MemberNum"], 1);
  EXPECT_EQ(reply["MemberList"][0]["Member_Account"], "old");
  EXPECT_THAT(Difference(json::parse(kRecordedMember), reply["MemberList"][0]), IsEmpty());
  EXPECT_EQ(world.Call(GetLiveMembers, "alice", body)["NextTimestamp"], 0);
  const json named =
      world.Call(GetNamedMembers, "alice",
                 {{"GroupId", "meet_1"}, {"Member_List_Account", {"old", "nobody", "alice"}}});
  ASSERT_EQ(named["MemberList"].size(), 2u);
  EXPECT_EQ(named["MemberList"][1]["JoinTime"], UnixSeconds(kNoon));
  EXPECT_EQ(world.Call(GetOnlineNumber, "alice", body),
            json({{"OnlineMemberNum", 1}, {"ExpireTime", 60}}));
}

TEST_F(GroupCommands, MakesAndEndsNone) {
  const auto create = [this](const char* account, const char* id) {
    return world.Call(CreateGroup, account, {{"Type", "AVChatRoom"}, {"GroupId", id}})["code"];
  };
  EXPECT_EQ(create("creator", "live_1"), 10025);
  EXPECT_EQ(create("alice", "live_1"), 10021);
  EXPECT_EQ(create("alice", "new_1"), 10007);
  EXPECT_EQ(world.Call(DestroyGroup, "creator", {{"GroupId", "live_1"}})["code"], 10007);
}

}  // namespace
}  // namespace rtcroom::tim
