#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "handlers/tim/tim_envelope.h"
#include "handlers/tim/tim_lookups.h"
#include "tests/support/tim_world.h"

namespace rtcroom::tim {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(GroupHistory, ComesInPagesNewestFirst) {
  TimWorld world;
  world.server.MakeRoom(kMeeting.kind, kMeeting.id.value);
  for (int i = 1; i <= 5; ++i) world.WriteInRoom(kMeeting, "bob", seconds(i));
  const auto read = [&world](int number, int seq) {
    return world.Call(GetGroupHistory, "alice",
                      {{"GroupId", "meet_1"}, {"ReqMsgNumber", number}, {"ReqMsgSeq", seq}});
  };
  EXPECT_EQ(read(2, 0)["code"], 10007);
  world.Join(kMeeting, "alice");
  const json newest = read(2, 0);
  EXPECT_THAT(TextsOf(newest["RspMsgList"]), ElementsAre("5", "4"));
  EXPECT_EQ(newest["RspMsgList"][0]["TinyId"], world.server.channel.tokens().TinyIdOf({"bob"}));
  EXPECT_EQ(newest["NextReqMsgSeq"], 3);
  EXPECT_EQ(newest["IsFinished"], 1);
  const json last = read(21, 3);
  EXPECT_THAT(TextsOf(last["RspMsgList"]), ElementsAre("3", "2", "1"));
  EXPECT_EQ(last["NextReqMsgSeq"], 0);
  EXPECT_EQ(last["IsFinished"], 1);
}

TEST(GroupHistory, EndsWithAnEmptyPage) {
  TimWorld world;
  world.server.MakeRoom(kMeeting.kind, kMeeting.id.value);
  world.Join(kMeeting, "alice");
  const json reply = world.Call(GetGroupHistory, "alice", {{"GroupId", "meet_1"}});
  EXPECT_THAT(reply["RspMsgList"], IsEmpty());
  EXPECT_EQ(reply["IsFinished"], 2);
  EXPECT_EQ(reply["NextReqMsgSeq"], 0);
}

TEST(GroupHistory, EndsAPageWhereTheReplyIsLong) {
  TimWorld world;
  world.server.MakeRoom(kMeeting.kind, kMeeting.id.value);
  world.Join(kMeeting, "alice");
  for (int i = 0; i < 6; ++i) {
    MessageContent content = world.Content("bob", seconds(i));
    content.body = TimWorld::TextBody(std::string(15'000, 'x')).dump();
    (void)world.server.store.messages().AppendMessage(
        {.room_number = world.NumberOf(kMeeting), .content = content});
  }
  const json reply = world.Call(GetGroupHistory, "alice", {{"GroupId", "meet_1"}});
  EXPECT_EQ(reply["RspMsgList"].size(), 4u);
  EXPECT_EQ(reply["NextReqMsgSeq"], 2);
}

class DirectHistory : public testing::Test {
 protected:
  json Read(const json& more) {
    json body = {{"Peer_Account", "bob"}, {"MaxCnt", 3}};
    body.update(more);
    return world.Call(GetDirectHistory, "alice", body);
  }
  TimWorld world;
};

TEST_F(DirectHistory, ContinuesByTheKeyOfAPage) {
  for (int i = 1; i <= 5; ++i)
    world.Write(i % 2 == 0 ? "alice" : "bob", i % 2 == 0 ? "bob" : "alice", seconds(i));
  const json newest = Read({{"LastMsgTime", 0}, {"MsgKey", ""}, {"GetDirection", 0}});
  EXPECT_THAT(TextsOf(newest["MsgList"]), ElementsAre("3", "4", "5"));
  EXPECT_EQ(newest["Complete"], 0);
  EXPECT_EQ(newest["LastMsgTime"], kStart + 3);
  const json older = Read({{"LastMsgTime", newest["LastMsgTime"]}, {"MsgKey", newest["MsgKey"]}});
  EXPECT_THAT(TextsOf(older["MsgList"]), ElementsAre("1", "2"));
  EXPECT_EQ(older["Complete"], 1);
  EXPECT_EQ(older["MaxCnt"], 2);
}

TEST_F(DirectHistory, TakesTheKeyOfAGroupForNone) {
  for (int i = 1; i <= 2; ++i) world.Write("bob", "alice", seconds(i));
  const std::string key = SessionOf({.room_number = 1, .until = 1});
  const json back = Read({{"LastMsgTime", kStart + 2}, {"MsgKey", key}});
  EXPECT_THAT(TextsOf(back["MsgList"]), ElementsAre("1", "2"));
}

TEST_F(DirectHistory, HopsByTimeInBothDirections) {
  for (int i = 1; i <= 6; ++i) world.Write("bob", "alice", seconds(i) + milliseconds(500));
  const json back = Read({{"LastMsgTime", kStart + 4}, {"GetDirection", 0}});
  EXPECT_THAT(TextsOf(back["MsgList"]), ElementsAre("2", "3", "4"));
  EXPECT_EQ(back["LastMsgTime"], kStart + 2);
  EXPECT_EQ(back["Complete"], 0);
  const json forward = Read({{"LastMsgTime", kStart + 3}, {"GetDirection", 1}});
  EXPECT_THAT(TextsOf(forward["MsgList"]), ElementsAre("3", "4", "5"));
  EXPECT_EQ(forward["LastMsgTime"], kStart + 5);
  EXPECT_EQ(Read({{"LastMsgTime", kStart + 5}, {"GetDirection", 1}})["Complete"], 1);
}

TEST_F(DirectHistory, MovesOnFromASecondWithMoreMessagesThanAPage) {
  world.Write("bob", "alice", seconds(1));
  for (int i = 0; i < 5; ++i) world.Write("bob", "alice", seconds(2));
  world.Write("bob", "alice", seconds(3));
  const json back = Read({{"LastMsgTime", kStart + 2}, {"GetDirection", 0}});
  EXPECT_THAT(TextsOf(back["MsgList"]), ElementsAre("1", "2", "3", "4", "5", "6"));
  const json forward = Read({{"LastMsgTime", kStart + 2}, {"GetDirection", 1}});
  EXPECT_THAT(TextsOf(forward["MsgList"]), ElementsAre("2", "3", "4", "5", "6", "7"));
  EXPECT_EQ(forward["LastMsgTime"], kStart + 3);
}

TEST_F(DirectHistory, MovesOnFromASecondOfLongMessages) {
  world.Write("bob", "alice", seconds(1));
  for (int i = 0; i < 8; ++i) {
    MessageContent content = world.Content("bob", seconds(2));
    content.body = TimWorld::TextBody(std::string(12'000, 'x')).dump();
    (void)world.server.store.messages().AppendMessage({.receiver = {"alice"}, .content = content});
  }
  const json back = Read({{"LastMsgTime", kStart + 2}, {"GetDirection", 0}, {"MaxCnt", 10}});
  EXPECT_LT(back["LastMsgTime"], kStart + 2);
}

TEST_F(DirectHistory, LeavesASecondThatFitsIntoNoPage) {
  for (int i = 0; i < 103; ++i) world.Write("bob", "alice", seconds(2));
  const json back = Read({{"LastMsgTime", kStart + 9}, {"GetDirection", 0}});
  EXPECT_EQ(back["MsgList"].size(), 100u);
  EXPECT_EQ(back["Complete"], 0);
  EXPECT_EQ(back["LastMsgTime"], kStart + 1);
}

TEST_F(DirectHistory, SaysWhatThePeerHasRead) {
  world.Write("alice", "bob", seconds(1));
  world.Write("alice", "bob", seconds(5));
  const ReadPosition read{.reader = {"bob"}, .peer = {"alice"}, .until = kNoon + seconds(3)};
  (void)world.server.store.accounts().RecordReadPositions({&read, 1});
  const json page = Read(json::object());
  EXPECT_EQ(page["MsgList"][0]["IsPeerRead"], 1);
  EXPECT_EQ(page["MsgList"][1]["IsPeerRead"], 0);
  EXPECT_EQ(world.Call(GetPeerReadTimes, "alice", {{"To_Account", {"nobody", "bob"}}}),
            json({{"ReadTime", {0, kStart + 3}}}));
}

TEST(Senders, AreLookedUpOnceForAReply) {
  TimWorld world;
  const json nick = {{"Tag", "Tag_Profile_IM_Nick"}, {"Value", "Bob"}};
  Senders senders(world.context);
  EXPECT_EQ(senders.Of({"bob"}).profile.nick, "");
  (void)world.Call(SetProfile, "bob", {{"ProfileItem", json::array({nick})}});
  EXPECT_EQ(senders.Of({"bob"}).profile.nick, "");
  EXPECT_EQ(Senders(world.context).Of({"bob"}).profile.nick, "Bob");
}

}  // namespace
}  // namespace rtcroom::tim
