// What one node does, the others know.
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/node_fixture.h"
#include "tests/e2e/channel_caller.h"
#include "tests/e2e/channel_phone.h"

namespace rtcroom {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Sharing = Nodes;

TEST_F(Sharing, ARoomIsTheSameAtAllNodes) {
  Add(3, {});
  ASSERT_EQ(Call(0, "create_room", CreateBody("alice", "r1")), kOk);
  ASSERT_EQ(Call(1, "add_pusher", PusherBody("r1", "bob")), kOk);
  EXPECT_THAT(PushersAt(2, "r1"), ElementsAre("alice", "bob"));
  EXPECT_EQ(Call(2, "create_room", CreateBody("carol", "r1")), kRoomTaken);
  ASSERT_EQ(Call(2, "delete_pusher", MemberBody("r1", "bob")), kOk);
  EXPECT_THAT(PushersAt(0, "r1"), ElementsAre("alice"));
  ASSERT_EQ(Call(1, "destroy_room", MemberBody("r1", "alice")), kOk);
  EXPECT_EQ(Call(0, "add_pusher", PusherBody("r1", "dave")), kNoSuchRoom);
  ApiClient client = node(0).Https();
  EXPECT_TRUE(Eventually([&] { return RoomIds(client, "multi_room").empty(); }));
}

TEST_F(Sharing, EachNodeListsAllOfThemAndKnowsItself) {
  const std::string token = "a token of the operator";
  Add(2, {{"admin.token", token}});
  std::set<std::uint64_t> own;
  for (std::size_t at = 0; at < 2; ++at) {
    const ApiReply reply =
        node(at).Admin().Send({.method = "GET",
                               .target = "/console/api/nodes",
                               .headers = {{"Authorization", "Bearer " + token}}});
    ASSERT_EQ(reply.code(), 0) << reply;
    EXPECT_TRUE(reply.json.at("shared").get<bool>());
    EXPECT_EQ(reply.json.at("problem"), nullptr);
    ASSERT_EQ(reply.json.at("nodes").size(), 2U);
    for (const nlohmann::json& listed : reply.json.at("nodes")) {
      if (listed.at("self").get<bool>()) own.insert(listed.at("node").get<std::uint64_t>());
    }
  }
  EXPECT_EQ(own.size(), 2U) << "each another one";
}

TEST_F(Sharing, NodesThatAreConfiguredOtherwiseAreNamed) {
  constexpr std::string_view kWarning = "nodes_configured_otherwise";
  const std::string token = "0123456789abcdef";
  Add(2, {{"admin.token", token}});
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(Eventually([&] { return MetricOf(node(i), "rtcroomd_nodes") == 2; }));
    EXPECT_THAT(node(i).Log(), Not(HasSubstr(std::string(kWarning))));
  }
  std::string config = ReadWholeFile(node(1).config_file());
  config.replace(config.find(token), token.size(), "fedcba9876543210");
  std::ofstream(node(1).config_file()) << config;
  node(1).Signal(SIGHUP);
  EXPECT_TRUE(node(0).WaitForLog(kWarning));
  EXPECT_TRUE(node(1).WaitForLog(kWarning));
  EXPECT_THAT(node(0).Log(), Not(HasSubstr(token)));
}

TEST_F(Sharing, ALoginIsGoodAtAllNodesAndEndsTheEarlierOne) {
  Add(2, {});
  Gen2Client first(node(0).Https(), "alice", "multi_room");
  ASSERT_EQ(first.Login().code(), kOk);
  Gen2Client there(node(1).Https(), "alice", "multi_room", first.token());
  ASSERT_EQ(there.Call("get_room_list", ListBody()).code(), kOk) << "at once";
  Gen2Client second(node(1).Https(), "alice", "multi_room");
  ASSERT_EQ(second.Login().code(), kOk);
  EXPECT_TRUE(
      Eventually([&] { return first.Call("get_room_list", ListBody()).code() == kNotAuthorized; }));
  ASSERT_EQ(second.Logout().code(), kOk);
  Gen2Client again(node(0).Https(), "alice", "multi_room", second.token());
  EXPECT_TRUE(
      Eventually([&] { return again.Call("get_room_list", ListBody()).code() == kNotAuthorized; }));
}

TEST_F(Sharing, AMemberThatHasJustJoinedMayBeatAtAnyNode) {
  Add(2, {});
  for (int i = 0; i < 20; ++i) {
    const std::string room = "r" + std::to_string(i);
    ASSERT_EQ(Call(0, "create_room", CreateBody("alice", room)), kOk);
    ASSERT_EQ(Call(1, "pusher_heartbeat", MemberBody(room, "alice")), kOk) << "at once";
  }
  EXPECT_EQ(Call(1, "pusher_heartbeat", MemberBody("r1", "bob")), kNoSuchMember);
}

TEST_F(Sharing, TextsAndNoticesReachTheMembersAtOtherNodes) {
  const Settings settings = {{"channel.enabled", true}, {"auth.trust_imuserid", true}};
  Add(2, settings);
  ASSERT_EQ(Call(0, "create_room", CreateBody("alice", "r1")), kOk);
  const auto phone = [&](std::size_t at, const std::string& account) {
    const ApiReply login = node(at).Https().Call("multi_room", "get_im_login_info",
                                                 {{"userIDPrefix", "pc"}, {"imuserid", account}});
    return std::make_unique<ChannelPhone>(
        [this, at] { return node(at).Https(); },
        ChannelUser{.account = login.Text("userID"), .ticket = login.Text("userSig")});
  };
  const auto alice = phone(0, "alice");
  const auto bob = phone(1, "bob");
  for (ChannelPhone* const one : {alice.get(), bob.get()}) {
    ASSERT_EQ(one->LogIn(), 0);
    ASSERT_EQ(one->Join("r1"), 0);
  }
  ASSERT_EQ(alice->SendText("r1", "hello"), 0);
  EXPECT_TRUE(Eventually([&] { return !bob->texts().empty() && bob->texts()[0].text == "hello"; }));
  ASSERT_EQ(bob->SendDirect("alice", "for you"), 0);
  EXPECT_TRUE(Eventually([&] { return !alice->directs().empty(); }));
  ASSERT_EQ(Call(0, "add_pusher", PusherBody("r1", "carol")), kOk);
  EXPECT_TRUE(Eventually([&] { return !bob->notices().empty(); }));
  // A newer login of the account, at another node.
  const auto elsewhere = phone(0, "bob");
  ASSERT_EQ(elsewhere->LogIn(), 0);
  EXPECT_TRUE(Eventually([&] { return bob->is_kicked(); }));
}

TEST_F(Sharing, AnOldKeyLeadsNobodyBackAtAnotherNodeWhoHasLeft) {
  Add(2, {{"channel.enabled", true},
          {"channel.join", "members"},
          {"channel.hold", "5s"},
          {"auth.trust_imuserid", true}});
  ASSERT_EQ(Call(0, "create_room", CreateBody("host", "r1")), kOk);
  ASSERT_EQ(Call(0, "add_pusher", PusherBody("r1", "alice")), kOk);
  const auto user = [&](const std::string& account) {
    const ApiReply reply = node(0).Https().Call("multi_room", "get_im_login_info",
                                                {{"userIDPrefix", "pc"}, {"imuserid", account}});
    return ChannelUser{.account = reply.Text("userID"), .ticket = reply.Text("userSig")};
  };
  const auto at = [this](std::size_t index) {
    return [this, index] { return node(index).Https(); };
  };
  ChannelCaller host(at(0), user("host"));
  ChannelCaller alice(at(0), user("alice"));
  for (ChannelCaller* const one : {&host, &alice}) ASSERT_EQ(ErrorCodeOf(one->LogIn().json), 0);
  const std::string key = alice.Join("r1");
  ASSERT_NE(key, "");
  ASSERT_NE(host.Join("r1"), "");
  ASSERT_EQ(Call(1, "delete_pusher", MemberBody("r1", "alice")), kOk);
  EXPECT_EQ(alice.SendText("r1", "from outside"), kNotInGroup) << "at once";
  ASSERT_EQ(Call(1, "add_pusher", PusherBody("r1", "alice")), kOk);
  ChannelCaller elsewhere(at(1), alice.account(), alice.proof());
  const auto poll = elsewhere.PollRoom(key);
  ASSERT_EQ(host.SendText("r1", "hello"), 0);
  EXPECT_EQ(poll->Json()["RspMsgList"], nlohmann::json::array()) << "it has not joined again";
  const auto joined = elsewhere.PollRoom(elsewhere.Join("r1"));
  ASSERT_EQ(host.SendText("r1", "welcome"), 0);
  EXPECT_EQ(joined->Json()["RspMsgList"].size(), 1U);
}

}  // namespace
}  // namespace rtcroom
