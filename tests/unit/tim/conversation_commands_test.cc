#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/tim_world.h"

namespace rtcroom::tim {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class ConversationCommands : public testing::Test {
 protected:
  json Unread(const std::string& cookie) {
    return world.Call(GetUnread, "alice", {{"Cookie", cookie}, {"SyncFlag", 0}});
  }
  json Read(const std::string& peer, std::int64_t time) {
    const json item = {{"To_Account", peer}, {"LastedMsgTime", time}, {"Receipt", 1}};
    return world.Call(ReportRead, "alice",
                      {{"C2CMsgReaded", {{"Cookie", ""}, {"C2CMsgReadedItem", {item}}}}});
  }
  TimWorld world;
};

TEST_F(ConversationCommands, ListsThoseOfAccountsAndMeetingsNewestFirst) {
  world.server.MakeRoom(kMeeting.kind, kMeeting.id.value);
  world.server.MakeRoom(RoomKind::kLive, "live_1");
  world.Join(kMeeting, "alice");
  world.Join(MakeKey(RoomKind::kLive, "live_1"), "alice", true);
  world.Write("bob", "alice", seconds(1));
  world.Write("bob", "alice", seconds(2));
  world.WriteInRoom(kMeeting, "bob", seconds(3));
  world.WriteInRoom(MakeKey(RoomKind::kLive, "live_1"), "bob", seconds(4));
  const json reply = world.Call(GetConversations, "alice", json::object());
  EXPECT_EQ(reply["CompleteFlag"], 1);
  ASSERT_EQ(reply["SessionItem"].size(), 2u);
  const json& group = reply["SessionItem"][0];
  EXPECT_EQ(group["ToAccount"], "meet_1");
  EXPECT_EQ(group["UnreadMsgCount"], 1);
  const json& direct = reply["SessionItem"][1];
  EXPECT_EQ(direct["To_Account"], "bob");
  EXPECT_EQ(reply["TimeStamp"], kStart + 2);
}

TEST_F(ConversationCommands, GivesWhatIsUnreadAndThenWhatComes) {
  world.Write("carol", "alice", seconds(1));
  world.Write("alice", "carol", seconds(2));  // who answers has read
  world.Write("bob", "alice", seconds(3));
  world.Write("bob", "alice", seconds(4));
  const json first = Unread("");
  EXPECT_THAT(TextsOf(first["MsgList"]), ElementsAre("3", "4"));
  EXPECT_EQ(first["SyncFlag"], 2);
  EXPECT_EQ(first["C2CPairUnreadCount"],
            json::array({{{"From_Account", "bob"}, {"UnreadCount", 2}}}));
  const json none = Unread(first["Cookie"]);
  EXPECT_THAT(none["MsgList"], IsEmpty());
  EXPECT_EQ(none["Cookie"], first["Cookie"]);
  world.Write("alice", "bob", seconds(5));
  world.Write("carol", "alice", seconds(6));
  const json next = Unread(first["Cookie"]);
  EXPECT_THAT(TextsOf(next["MsgList"]), ElementsAre("6"));
  EXPECT_EQ(next["C2CPairUnreadCount"][0]["From_Account"], "carol");
  EXPECT_EQ(Unread("")["Cookie"], next["Cookie"]);
}

TEST_F(ConversationCommands, ReadNoMoreThanIsUnread) {
  for (int i = 0; i < 197; ++i) world.Write("bob", "alice", seconds(1));
  for (int i = 0; i < 3; ++i) world.Write("bob", "alice", seconds(2));
  (void)world.Call(GetConversations, "alice", json::object());
  EXPECT_EQ(world.history.direct_read, 0u);
  (void)Read("bob", kStart + 1);
  world.history.direct_read = 0;
  EXPECT_THAT(TextsOf(Unread("")["MsgList"]), ElementsAre("198", "199", "200"));
  EXPECT_LE(world.history.direct_read, 10u);
  for (int i = 0; i < 200; ++i) world.Write("bob", "alice", seconds(3));
  EXPECT_EQ(Unread("")["C2CPairUnreadCount"][0]["UnreadCount"], 100);
}

TEST_F(ConversationCommands, FitsIntoTheStreamWhateverTheSenderIsCalled) {
  const json image = {{"Tag", "Tag_Profile_IM_Image"}, {"Value", std::string(1024, '\x01')}};
  (void)world.Call(SetProfile, "bob", {{"ProfileItem", json::array({image})}});
  for (int i = 0; i < 100; ++i) world.Write("bob", "alice", seconds(1));
  for (const char* const cookie : {"", "d-0"}) {
    const json reply = Unread(cookie);
    EXPECT_LT(reply.dump().size(), std::size_t{256} << 10) << cookie;
    EXPECT_GT(reply["MsgList"].size(), 10u) << cookie;
  }
  EXPECT_EQ(Unread("")["C2CPairUnreadCount"][0]["UnreadCount"], 100);
  EXPECT_EQ(Unread("d-0")["SyncFlag"], 1) << "the rest follows";
}

TEST_F(ConversationCommands, ComesInPagesToTheEnd) {
  const json first = Unread("");
  EXPECT_EQ(first["Cookie"], "d-0");
  for (int i = 0; i < 120; ++i) world.Write("bob", "alice", seconds(1));
  const json page = Unread("d-0");
  EXPECT_EQ(page["SyncFlag"], 1);
  EXPECT_EQ(page["MsgList"].size(), 100u);
  const json last = Unread(page["Cookie"]);
  EXPECT_EQ(last["SyncFlag"], 2);
  EXPECT_EQ(last["MsgList"].size(), 20u);
}

TEST_F(ConversationCommands, TellsBothWhatWasRead) {
  world.Write("bob", "alice", seconds(1));
  world.Write("bob", "alice", seconds(9));
  EXPECT_EQ(Read("bob", kStart + 1), json::object());
  EXPECT_THAT(TextsOf(Unread("")["MsgList"]), ElementsAre("2"));
  const auto told = world.Told();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].first, "bob");
  EXPECT_EQ(told[0].second["C2cNotifyMsgArray"][0]["C2cReadedReceipt"]["To_Account"], "alice");
  EXPECT_EQ(told[1].first, "alice");
  EXPECT_TRUE(told[1].second["C2cNotifyMsgArray"][0].contains("ReadC2cMsgNotify"));
}

TEST_F(ConversationCommands, TellNobodyWhoHasNotWritten) {
  EXPECT_EQ(Read("victim", kStart + 1), json::object());
  const json info = {{"MsgSeq", 1}, {"MsgRandom", 2}, {"MsgTime", kStart}};
  EXPECT_EQ(world.Call(TellReceipts, "alice", {{"Peer_Account", "victim"}, {"C2CMsgInfo", {info}}}),
            json::object());
  EXPECT_THAT(world.Told(), IsEmpty());
  EXPECT_THAT(*world.server.store.accounts().ReadPositionsOf({"alice"}, 10), IsEmpty());
}

TEST_F(ConversationCommands, ReadNoFurtherThanNow) {
  world.Write("bob", "alice", seconds(1));
  (void)Read("bob", kStart + 1'000'000);
  EXPECT_LE(world.server.store.accounts().ReadPositionsOf({"alice"}, 10)->front().until,
            world.server.clock.Now() + std::chrono::minutes(1));
}

TEST_F(ConversationCommands, SendReceiptsToTheSender) {
  world.Write("bob", "alice", seconds(1));
  const json info = {
      {"MsgSeq", 7}, {"MsgRandom", 8}, {"MsgTime", kStart}, {"MsgClientTime", kStart - 1}};
  (void)world.Call(TellReceipts, "alice", {{"Peer_Account", "bob"}, {"C2CMsgInfo", {info}}});
  const auto told = world.Told();
  ASSERT_EQ(told.size(), 1u);
  json named = info;
  named["TinyId"] = world.server.channel.tokens().TinyIdOf({"bob"});
  EXPECT_EQ(told[0].second["C2cMsgInfo"], json::array({named}));
}

TEST_F(ConversationCommands, StoreWhatWasReadOfAGroup) {
  world.server.MakeRoom(kMeeting.kind, kMeeting.id.value);
  world.Join(kMeeting, "alice");
  for (int i = 0; i < 3; ++i) world.WriteInRoom(kMeeting, "bob", seconds(1));
  const auto unread = [this] {
    return world.Call(GetConversations, "alice",
                      json::object())["SessionItem"][0]["UnreadMsgCount"];
  };
  EXPECT_EQ(unread(), 3);
  (void)world.Call(ReportGroupRead, "alice", {{"GroupId", "meet_1"}, {"MsgReadedSeq", 2}});
  EXPECT_EQ(unread(), 1);
  const json report = {{"GroupId", "meet_1"}, {"MsgSeq", 99}};
  world.Write("bob", "alice", seconds(2));
  EXPECT_EQ(world.Call(ReadAll, "alice", {{"C2CReadAllMsg", 1}, {"GroupReadInfo", {report}}}),
            json({{"C2CReadAllMsg", 1}, {"GroupReadInfoArray", {report}}}));
  EXPECT_THAT(Unread("")["MsgList"], IsEmpty());
  world.WriteInRoom(kMeeting, "bob", seconds(4));
  EXPECT_EQ(unread(), 1);  // no further than the newest of then
}

TEST_F(ConversationCommands, RefuseRecallsAndForgetNothing) {
  const auto refusal = [](std::string_view servcmd) {
    return std::get<Failure>(FindCommand(servcmd)->FixedReply()).code;
  };
  EXPECT_EQ(refusal("openim.msgwithdraw"), 20016);
  EXPECT_EQ(refusal("group_open_http_svc.group_msg_recall"), 10031);
  const json items = {{{"Type", 1}, {"To_Account", "bob"}}, {{"Type", 2}, {"ToGroupid", "g"}}};
  const json reply = world.Call(DeleteConversations, "alice", {{"ContactItem", items}});
  EXPECT_EQ(reply["ResultItem"][0]["To_Account"], "bob");
  EXPECT_EQ(reply["ResultItem"][1]["ToGroupid"], "g");
  EXPECT_EQ(reply["ResultItem"][1]["ResultCode"], 0);
}

}  // namespace
}  // namespace rtcroom::tim
