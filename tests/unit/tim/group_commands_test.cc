#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/base/address_key.h"
#include "daemon/core/room_quota.h"
#include "tests/support/matchers.h"
#include "tests/support/tim_world.h"

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
  EXPECT_EQ(group["GroupId"], "meet_1");
  EXPECT_EQ(group["Type"], "ChatRoom");
  EXPECT_EQ(group["NextMsgSeq"], 2);
  EXPECT_EQ(group["LastMsgTime"], UnixSeconds(kNoon) + 5);
  EXPECT_EQ(group["SelfInfo"]["Role"], "Member");
  EXPECT_THAT(world.Call(GetJoinedGroups, "alice", {{"Offset", 9}})["GroupIdList"], IsEmpty());
  world.server.EndRoom(kMeeting.kind, kMeeting.id.value);
  EXPECT_EQ(world.Call(GetJoinedGroups, "alice", json::object())["TotalCount"], 0);
}

TEST_F(GroupCommands, ListsJoinedGroupsInPagesThatAreWhole) {
  const std::string name(1000, 'x');
  for (int i = 0; i < 70; ++i) {
    Room room = MakeRoom(RoomKind::kMulti, "long_" + std::to_string(i), "creator");
    room.info = name;
    (void)world.server.store.rooms().Update(Creating(room));
    world.Join(room.key, "alice");
  }
  const auto list = [this](int limit, int offset) {
    return world.Call(GetJoinedGroups, "alice", {{"Limit", limit}, {"Offset", offset}});
  };
  EXPECT_EQ(list(200, 0)["code"], 10018) << "the SDK asks for 50 then";
  const json first = list(50, 0);
  EXPECT_EQ(first["TotalCount"], 70);
  EXPECT_EQ(first["GroupIdList"].size(), 50u);
  EXPECT_EQ(list(50, 50)["GroupIdList"].size(), 20u);
}

TEST_F(GroupCommands, CountsTheMeetingsThatAreReached) {
  const RoomKey other = MakeKey(RoomKind::kMulti, "meet_2");
  world.server.MakeRoom(other.kind, other.id.value);
  world.Join(kMeeting, "alice");
  world.Join(other, "alice");
  (void)world.server.bans.Put(
      {.room = kMeeting, .user_id = {"alice"}, .until = kNoon + std::chrono::hours(1)});
  const json reply = world.Call(GetJoinedGroups, "alice", {{"Limit", 1}, {"Offset", 0}});
  EXPECT_EQ(reply["TotalCount"], 1);
  EXPECT_EQ(reply["GroupIdList"][0]["GroupId"], "meet_2") << "the page begins with it";
}

TEST_F(GroupCommands, IsNotInAMeetingByTheRowOfALoginAlone) {
  world.Join(kMeeting, "alice", true);
  EXPECT_EQ(world.Call(GetGroupHistory, "alice", {{"GroupId", "meet_1"}})["code"], 10007);
  EXPECT_EQ(world.Call(GetGroupMembers, "alice", {{"GroupId", "meet_1"}})["code"], 10007);
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
  world.Join(kMeeting, "away");
  const json reply = world.Call(GetGroupMembers, "alice", body);
  EXPECT_EQ(reply["MemberNum"], 3);
  const json& list = reply["MemberList"];
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[1]["Member_Account"], "away") << "without a connection to this server";
  EXPECT_EQ(list[1]["JoinTime"], UnixSeconds(kNoon));
  EXPECT_EQ(list[2]["Member_Account"], "old");
  const json second =
      world.Call(GetGroupMembers, "alice", {{"GroupId", "meet_1"}, {"Limit", 1}, {"Offset", 1}});
  EXPECT_EQ(second["MemberList"], json::array({list[1]}));
  EXPECT_THAT(
      world.Call(GetGroupMembers, "alice", {{"GroupId", "meet_1"}, {"Offset", 9}})["MemberList"],
      IsEmpty());
  EXPECT_EQ(world.Call(GetGroupMembers, "alice", body)["NextTimestamp"], 0);
  const json named = world.Call(
      GetNamedMembers, "alice",
      {{"GroupId", "meet_1"}, {"Member_List_Account", {"old", "nobody", "alice", "away"}}});
  ASSERT_EQ(named["MemberList"].size(), 3u);
  EXPECT_EQ(named["MemberList"][1]["JoinTime"], UnixSeconds(kNoon));
  EXPECT_EQ(world.Call(GetOnlineNumber, "alice", body),
            json({{"OnlineMemberNum", 1}, {"ExpireTime", 60}}));
}

TEST_F(GroupCommands, TellsWhoseAGroupIsThatExists) {
  const auto create = [this](const char* account, const char* id) {
    return world.Call(CreateGroup, account, {{"Type", "AVChatRoom"}, {"GroupId", id}})["code"];
  };
  EXPECT_EQ(create("creator", "live_1"), 10025);
  EXPECT_EQ(create("alice", "live_1"), 10021);
  EXPECT_EQ(create("alice", "new_1"), 10016);
  EXPECT_EQ(world.Call(DestroyGroup, "creator", {{"GroupId", "live_1"}})["code"], 10007);
}

/// Where users may create groups.
class CreatedGroupCommands : public GroupCommands {
 protected:
  CreatedGroupCommands() { context.maker = &world.maker; }

  json Call(Handler handler, const char* account, const json& body) {
    const auto ordered = nlohmann::ordered_json::parse(body.dump());
    ChannelFields fields(ordered);
    const Reply reply = handler(
        {.caller = world.CallerOf(account), .fields = fields, .address = world.address}, context);
    world.server.Follow();
    if (const auto* const failure = std::get_if<Failure>(&reply)) {
      return {{"code", failure->code}, {"info", failure->info}};
    }
    return json::parse("{" + std::string(std::get<JsonText>(reply).text()) + "}");
  }
  json Create(const json& body, const char* account = "alice") {
    json request = {{"Type", "AVChatRoom"}};
    request.update(body);
    return Call(CreateGroup, account, request);
  }

  Context context = world.context;
};

TEST_F(CreatedGroupCommands, MakeAHiddenLiveRoomOfTheCaller) {
  const json fields = {{{"Key", "partyBeginTime"}, {"Value", "1627700000"}},
                       {{"Key", "seats"}, {"Value", 4}}};
  EXPECT_EQ(Create({{"GroupId", "party"}, {"Name", "n"}, {"AppDefinedData", fields}}),
            json({{"GroupId", "party"}, {"HugeGroupFlag", 1}}));
  const Room room = *world.server.store.rooms().Load(MakeKey(RoomKind::kLive, "party"));
  EXPECT_EQ(room.creator, UserId{"alice"});
  EXPECT_EQ(room.dialect, Dialect::kGen2);
  EXPECT_EQ(room.custom, R"({"partyBeginTime":"1627700000","seats":4})");
  EXPECT_FALSE(room.IsActive());
  const json facts = Call(GetPublicGroupInfo, "bob", {{"GroupIdList", {"party"}}});
  const json& group = facts["GroupInfo"][0];
  EXPECT_EQ(group["Name"], "n");
  EXPECT_EQ(group["Type"], "AVChatRoom");
  EXPECT_EQ(group["Owner_Account"], "alice");
  EXPECT_EQ(group["AppDefinedData"][0], fields[0]);
  const json own = Call(GetOwnGroupInfo, "alice", {{"GroupIdList", {"party"}}});
  EXPECT_EQ(own["GroupInfo"][0]["SelfInfo"]["Role"], "Owner");
  EXPECT_EQ(Create(json::object())["GroupId"], "room_00000001_0000");
}

TEST_F(CreatedGroupCommands, EndByTheirCreatorsOnly) {
  Create({{"GroupId", "party"}});
  EXPECT_EQ(Call(DestroyGroup, "bob", {{"GroupId", "party"}})["code"], 10007);
  EXPECT_EQ(Call(DestroyGroup, "creator", {{"GroupId", "live_1"}})["code"], 10007);
  EXPECT_EQ(Call(DestroyGroup, "alice", {{"GroupId", "party"}}), json::object());
  EXPECT_EQ(Call(DestroyGroup, "alice", {{"GroupId", "party"}})["code"], 10010);
}

TEST_F(CreatedGroupCommands, AreBounded) {
  EXPECT_EQ(Create({{"Type", "ChatRoom"}})["code"], 10016);
  const std::string most(1024, 'x');
  const auto refusal = [this](const json& body) { return Create(body)["info"]; };
  EXPECT_EQ(refusal({{"GroupId", "a/b"}}), "GroupId: cannot be a group's");
  EXPECT_EQ(refusal({{"Name", most + "x"}}), "Name: too long");
  const json field = {{"Key", "k"}, {"Value", "v"}};
  EXPECT_EQ(refusal({{"AppDefinedData", std::vector(33, field)}}),
            "AppDefinedData: too many elements");
  EXPECT_EQ(refusal({{"AppDefinedData", {1}}}), "AppDefinedData: an element is not an object");
  EXPECT_EQ(refusal({{"AppDefinedData", {{{"Value", "v"}}}}}), "AppDefinedData: Key: missing");
  for (const json& value : {json(most), json(nullptr), json::array()}) {
    EXPECT_EQ(refusal({{"AppDefinedData", {{{"Key", "k"}, {"Value", value}}}}}),
              "AppDefinedData: Value: not a string, number or boolean of 1,024 bytes");
  }
  for (std::size_t i = 0; i < CreatedGroups::kMostOfAccount; ++i) {
    EXPECT_TRUE(Create(json::object()).contains("GroupId"));
  }
  EXPECT_EQ(Create(json::object())["code"], 10036);
  EXPECT_TRUE(Create(json::object(), "bob").contains("GroupId"));
}

TEST_F(CreatedGroupCommands, AreRefusedBeyondTheRoomsOfAUserOrAnAddress) {
  RoomQuota quota(world.server.random);
  RoomService maker({.store = world.server.store.rooms(),
                     .ban_store = world.server.store.bans(),
                     .bans = world.server.bans,
                     .leases = world.leases,
                     .streams = world.server.streams,
                     .clock = world.server.clock,
                     .ids = world.ids,
                     .quota = &quota},
                    {}, world.server.logger);
  context.maker = &maker;
  const auto taken = quota.Take({.address = AddressKey(world.address), .user = UserId{"alice"}},
                                kLive, {"alice"}, /*is_seated=*/false);
  ASSERT_OK(taken);
  quota.SetLimits({.per_address = 0, .per_user = 1});
  EXPECT_EQ(Create(json::object())["code"], 10036);
  EXPECT_TRUE(Create(json::object(), "bob").contains("GroupId"));
  quota.SetLimits({.per_address = 1, .per_user = 0});
  EXPECT_EQ(Create(json::object(), "bob")["code"], 10036);
}

TEST_F(CreatedGroupCommands, AreRefusedToWhoMayNotBeInThem) {
  (void)world.server.bans.Put({.room = MakeKey(RoomKind::kLive, "party"),
                               .user_id = {"alice"},
                               .until = kNoon + std::chrono::hours(1)});
  EXPECT_EQ(Create({{"GroupId", "party"}})["code"], 10016);
  EXPECT_TRUE(Create({{"GroupId", "party"}}, "bob").contains("GroupId"));
  ChannelInstance anonymous = world.CallerOf("alice");
  anonymous.reach = RoomReach::kGen1;
  const nlohmann::ordered_json body = {{"Type", "AVChatRoom"}};
  ChannelFields fields(body);
  const Reply reply =
      CreateGroup({.caller = anonymous, .fields = fields, .address = world.address}, context);
  EXPECT_EQ(std::get<Failure>(reply).code, 10016);
}

}  // namespace
}  // namespace rtcroom::tim
