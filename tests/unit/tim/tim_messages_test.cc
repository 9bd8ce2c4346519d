// Today's IM SDKs join groups, send and receive.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/matchers.h"
#include "tests/unit/tim/tim_messages_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(TimMessages, GroupsAreJoinedByTheirKind) {
  const auto client = LoggedIn("alice");
  EXPECT_EQ(client->Join("none")["ErrorCode"], 10010);
  const json meeting = client->Join("meet");
  EXPECT_EQ(meeting["JoinedStatus"], "JoinedSuccess");
  EXPECT_FALSE(meeting.contains("HugeGroupFlag"));
  EXPECT_EQ(client->Join("meet")["JoinedStatus"], "JoinedSuccess") << "the reply may be lost";
  server_.Tick(std::chrono::seconds(15));
  EXPECT_EQ(client->Join("meet")["ErrorCode"], 10013);
  const json live = client->Join("live");
  EXPECT_EQ(live["HugeGroupFlag"], 1);
  EXPECT_EQ(client->Join("live")["ErrorCode"], 0);
  EXPECT_EQ(client->Ask("group_open_http_svc.quit_group", {{"GroupId", "meet"}})["ErrorCode"], 0);
  EXPECT_EQ(client->SendToGroup("meet", "x", 1)["ErrorCode"], 10007);
}

TEST_F(TimMessages, ALoginIsInABoundedNumberOfGroups) {
  for (int i = 0; i <= 16; ++i) server_.MakeRoom(RoomKind::kMulti, "meet_" + std::to_string(i));
  const auto client = LoggedIn("alice");
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(client->Join("meet_" + std::to_string(i))["ErrorCode"], 0);
  }
  EXPECT_EQ(client->Join("meet_16")["ErrorCode"], 10007);
  (void)client->Ask("group_open_http_svc.quit_group", {{"GroupId", "meet_0"}});
  EXPECT_EQ(client->Join("meet_16")["ErrorCode"], 0);
}

TEST_F(TimMessages, WhereGroupsAreOfMembersTheyAreLeftWithTheRoom) {
  ChannelFixture server({.access = GroupAccess::kMembers});
  server.MakeRoom(RoomKind::kMulti, "meet");
  const RoomKey meet = MakeKey(RoomKind::kMulti, "meet");
  ASSERT_OK(server.store.rooms().Update(Adding(meet, "bob")));
  server.Follow();
  EXPECT_EQ(SdkClient::LoggedIn(server, "stranger")->Join("meet")["ErrorCode"], 10007);
  const auto bob = SdkClient::LoggedIn(server, "bob");
  EXPECT_EQ(bob->Join("meet")["ErrorCode"], 0);
  ASSERT_OK(server.store.rooms().Update(Deleting(meet, "bob")));
  server.Follow();
  const std::vector<json> pushes = bob->Pushes();
  ASSERT_THAT(pushes, SizeIs(1));
  EXPECT_EQ(NoticeTo("bob", pushes[0]), 4);
  EXPECT_EQ(bob->SendToGroup("meet", "x", 1)["ErrorCode"], 10007);
}

TEST_F(TimMessages, WhoIsRemovedFromTheRoomIsOutOfItsGroupWithoutABan) {
  const RoomKey meet = MakeKey(RoomKind::kMulti, "meet");
  ASSERT_OK(server_.store.rooms().Update(Adding(meet, "bob")));
  server_.Follow();
  const auto alice = Joined("alice", "meet");
  const auto bob = Joined("bob", "meet");
  ASSERT_OK(server_.store.rooms().Update(Deleting(meet, "bob", kNoon, LeaveReason::kKicked)));
  server_.Follow();
  server_.Settle();
  const std::vector<json> pushes = bob->Pushes();
  ASSERT_FALSE(pushes.empty());
  EXPECT_EQ(NoticeTo("bob", pushes.back()), 4);
  EXPECT_EQ(bob->SendToGroup("meet", "x", 1)["ErrorCode"], 10007);
  EXPECT_EQ(alice->SendToGroup("meet", "x", 2)["ErrorCode"], 0) << "another one";
  EXPECT_EQ(bob->Join("meet")["ErrorCode"], 0) << "may come back";
}

TEST_F(TimMessages, AMessageReachesOthersWithWhatNamesIt) {
  const auto alice = Joined("alice", "live");
  const auto bob = Joined("bob", "live");
  const json reply = alice->SendToGroup("live", "hello", 77);
  EXPECT_EQ(reply["MsgSeq"], 1);
  EXPECT_EQ(alice->SendToGroup("live", "hello", 77)["MsgSeq"], 1) << "a repetition";
  EXPECT_THAT(alice->Texts(), IsEmpty());
  const std::vector<json> pushes = bob->Pushes();
  ASSERT_THAT(pushes, SizeIs(1));
  EXPECT_EQ(pushes[0]["NeedAck"], 1);
  const json& message = pushes[0]["EventArray"][0]["GroupMsgArray"][0];
  EXPECT_EQ(message["MsgSeq"], 1);
  EXPECT_EQ(message["MsgRandom"], 77);
  EXPECT_EQ(message["MsgClientTime"], 1'700'000'001);
  EXPECT_EQ(message["MsgTimeStamp"], reply["MsgTime"]);
  EXPECT_EQ(message["CloudCustomData"], "{\"k\":1}");
  EXPECT_EQ(message["MsgPriority"], 1);
}

TEST_F(TimMessages, OfLowPriorityAreRefusedFirstWhereAGroupIsNearItsRate) {
  ChannelFixture server({.group_rate = {.per_second = 4, .burst = 8}});
  server.MakeRoom(RoomKind::kMulti, "meet");
  const auto alice = SdkClient::LoggedIn(server, "alice");
  const auto bob = SdkClient::LoggedIn(server, "bob");
  for (SdkClient* const client : {alice.get(), bob.get()}) (void)client->Join("meet");
  for (std::uint64_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(alice->SendToGroup("meet", "x", i, "High")["ErrorCode"], 0);
  }
  EXPECT_EQ(alice->SendToGroup("meet", "x", 4, "Lowest")["ErrorCode"], 0) << "not near it yet";
  EXPECT_EQ(bob->SendToGroup("meet", "x", 5, "Lowest")["ErrorCode"], 10002);
  EXPECT_EQ(bob->SendToGroup("meet", "x", 6, "Low")["ErrorCode"], 10002);
  EXPECT_EQ(bob->SendToGroup("meet", "x", 7, "Normal")["ErrorCode"], 0);
}

TEST_F(TimMessages, DirectMessagesReachTheOtherLoginsOfTheSender) {
  ChannelFixture server({.max_instances = 2});
  const auto phone = SdkClient::LoggedIn(server, "alice");
  const auto page = SdkClient::LoggedIn(server, "alice");
  const auto bob = SdkClient::LoggedIn(server, "bob");
  EXPECT_EQ(phone->SendDirect("bob", "hello", 5)["ErrorCode"], 0);
  EXPECT_THAT(phone->Pushes(), IsEmpty());
  EXPECT_THAT(bob->Texts(), ElementsAre("hello"));
  const std::vector<json> pushes = page->Pushes();
  ASSERT_THAT(pushes, SizeIs(1));
  const json& message = pushes[0]["EventArray"][0]["C2cMsgArray"][0];
  EXPECT_EQ(message["IsSyncMsg"], 1);
  EXPECT_EQ(message["From_Account"], "bob");
  EXPECT_EQ(message["To_Account"], "alice");
}

TEST_F(TimMessages, ADirectMessageOfTheSameNumberIsARepetitionForFiveMinutes) {
  const auto alice = LoggedIn("alice");
  const auto bob = LoggedIn("bob");
  const auto carol = LoggedIn("carol");
  const json first = alice->SendDirect("bob", "hello", 5);
  EXPECT_EQ(first["ErrorCode"], 0);
  server_.clock.Advance(4min);
  EXPECT_EQ(alice->SendDirect("bob", "hello", 5), first);
  (void)alice->SendDirect("carol", "of another peer", 5);
  EXPECT_THAT(bob->Texts(), ElementsAre("hello"));
  EXPECT_THAT(carol->Texts(), ElementsAre("of another peer"));
  server_.clock.Advance(61s);
  EXPECT_NE(alice->SendDirect("bob", "later", 5)["MsgTime"], first["MsgTime"]);
  EXPECT_THAT(bob->Texts(), ElementsAre("later"));
}

TEST_F(TimMessages, WhatWasNotAcknowledgedComesAgainInOrder) {
  const auto alice = Joined("alice", "meet");
  (void)alice->Join("live");
  const auto bob = Joined("bob", "meet");
  (void)bob->Join("live");
  (void)alice->SendToGroup("meet", "1", 1);
  const std::vector<json> pushes = bob->Pushes();
  EXPECT_THAT(SdkClient::TextsIn(pushes), ElementsAre("1"));
  bob->Acknowledge(pushes[0]);
  (void)alice->SendToGroup("meet", "2", 2);
  EXPECT_THAT(bob->Texts(), ElementsAre("2"));  // without a receipt
  bob->Cut();
  server_.Tick(1s);
  (void)alice->SendToGroup("meet", "3", 3);
  (void)alice->SendToGroup("live", "4", 4);
  (void)alice->SendDirect("bob", "5", 5);
  const auto again = ComesBack(*bob);
  EXPECT_THAT(again->Texts(), ElementsAre("5", "2", "3", "4"));
  (void)alice->SendToGroup("meet", "6", 6);
  EXPECT_THAT(again->Texts(), ElementsAre("6"));
}

TEST_F(TimMessages, OnlyTheNewestOfManyMissedOnesArePushed) {
  ChannelFixture server({.account_rate = {.per_second = 1000, .burst = 1000},
                         .group_rate = {.per_second = 1000, .burst = 2000}});
  server.MakeRoom(RoomKind::kMulti, "meet");
  const auto alice = SdkClient::LoggedIn(server, "alice");
  (void)alice->Join("meet");
  const auto bob = SdkClient::LoggedIn(server, "bob");
  (void)bob->Join("meet");
  bob->Cut();
  for (std::uint64_t i = 1; i <= 250; ++i) {
    (void)alice->SendToGroup("meet", std::to_string(i), i);
    if (i % 20 == 0) server.clock.Advance(1s);
  }
  SdkClient again(server);
  again.TakeLogin(*bob);
  (void)again.LogInAgain();
  const std::vector<std::string> texts = again.Texts();
  ASSERT_THAT(texts, SizeIs(200));
  EXPECT_EQ(texts.front(), "51");
  EXPECT_EQ(texts.back(), "250");
}

TEST_F(TimMessages, ManyMissedLongOnesComeInFramesThatFit) {
  ChannelFixture server({.account_rate = {.per_second = 1000, .burst = 1000}});
  const auto alice = SdkClient::LoggedIn(server, "alice");
  const auto bob = SdkClient::LoggedIn(server, "bob");
  bob->Cut();
  server.Tick(1s);
  const std::string text(11'000, 'x');
  for (std::uint64_t i = 1; i <= 60; ++i) {
    ASSERT_EQ(alice->SendDirect("bob", text, i)["ErrorCode"], 0);
    if (i % 20 == 0) server.clock.Advance(1s);
  }
  SdkClient again(server);
  again.TakeLogin(*bob);
  (void)again.LogInAgain();
  std::size_t received = 0;
  for (int i = 0; i < 30; ++i) {
    received += again.Texts().size();
    server.Tick(1s);
    server.Settle();
  }
  EXPECT_EQ(received, 60U);
}

TEST_F(TimMessages, AGroupOfWhichOnlyTheRowIsThereIsEntered) {
  const auto alice = Joined("alice", "live");
  const auto bob = LoggedIn("bob");
  const auto login = server_.channel.logins().Authenticate(
      bob->login()["tinyid"].get<std::string>(), bob->login()["a2"].get<std::string>());
  ASSERT_TRUE(login);
  const RoomKey live = MakeKey(RoomKind::kLive, "live");
  const AccountGroupChange row{.group = {.account = {"bob"},
                                         .instance = login->instance,
                                         .room_number = server_.store.rooms().Load(live)->sequence,
                                         .room = live,
                                         .joined_at = kNoon,
                                         .expires = kNoon + 24h}};
  ASSERT_OK(server_.store.accounts().RecordAccountGroups({&row, 1}));
  EXPECT_EQ(bob->Join("live")["ErrorCode"], 0);
  (void)alice->SendToGroup("live", "hello", 1);
  EXPECT_THAT(bob->Texts(), ElementsAre("hello"));
}

TEST_F(TimMessages, AMessageForThoseConnectedTakesNoPlaceInTheGroup) {
  const auto alice = Joined("alice", "meet");
  auto bob = Joined("bob", "meet");
  server_.Tick(1s);
  (void)alice->Pushes();
  (void)bob->Pushes();
  const json reply = alice->SendOnline("meet", "is typing", 5);
  EXPECT_EQ(reply["ErrorCode"], 0);
  EXPECT_GE(reply["MsgSeq"].get<std::uint64_t>(), std::uint64_t{1} << 33);
  EXPECT_EQ(alice->SendOnline("meet", "is typing", 5)["MsgSeq"], reply["MsgSeq"]);
  const std::vector<json> pushes = bob->Pushes();
  ASSERT_THAT(pushes, SizeIs(1)) << "once";
  const json& message = pushes[0]["EventArray"][0]["GroupMsgArray"][0];
  EXPECT_EQ(message["OnlineOnlyFlag"], 1);
  EXPECT_EQ(message["MsgSeq"], reply["MsgSeq"]);
  EXPECT_THAT(alice->Texts(), IsEmpty());
  bob->Cut();
  (void)alice->SendOnline("meet", "missed", 6);
  EXPECT_EQ(alice->SendToGroup("meet", "stays", 7)["MsgSeq"], 1);
  bob = ComesBack(*bob);
  EXPECT_THAT(bob->Texts(), ElementsAre("stays"));
  const json history =
      bob->Ask("group_open_http_svc.group_msg_get", {{"GroupId", "meet"}, {"ReqMsgNumber", 20}});
  EXPECT_THAT(history["RspMsgList"], SizeIs(1));
}

TEST_F(TimMessages, AnAccountMayBeToldSomethingThatIsNotKept) {
  const auto alice = LoggedIn("alice");
  const auto bob = LoggedIn("bob");
  EXPECT_EQ(alice->SendOnline("bob", "calls", 1)["ErrorCode"], 0);
  const std::vector<json> pushes = bob->Pushes();
  ASSERT_THAT(pushes, SizeIs(1));
  EXPECT_EQ(pushes[0]["EventArray"][0]["C2cMsgArray"][0]["MsgLifeTime"], 0);
  EXPECT_EQ(alice->SendOnline("nobody", "calls", 2)["ErrorCode"], 0);
  EXPECT_THAT(LoggedIn("nobody")->Texts(), IsEmpty());
  for (const auto& client : {alice.get(), bob.get()}) {
    EXPECT_EQ(client->Ask("openim.getmsg", {{"Cookie", ""}})["MsgList"], json::array());
    EXPECT_EQ(client->Ask("recentcontact.page_get")["SessionItem"], json::array());
  }
}

TEST_F(TimMessages, AReceiptIsAskedForNowAndThen) {
  const auto alice = Joined("alice", "live");
  const auto bob = Joined("bob", "live");
  for (std::uint64_t i = 1; i <= 3; ++i) (void)alice->SendToGroup("live", "x", i);
  std::vector<json> pushes = bob->Pushes();
  ASSERT_THAT(pushes, SizeIs(3));
  EXPECT_EQ(pushes[0]["NeedAck"], 1);
  EXPECT_EQ(pushes[1]["NeedAck"], 0);
  EXPECT_EQ(pushes[2]["NeedAck"], 0);
  server_.Tick(5s);
  (void)bob->Pushes();
  (void)alice->SendToGroup("live", "x", 4);
  EXPECT_EQ(bob->Pushes().at(0)["NeedAck"], 1);
}

TEST_F(TimMessages, MeetingsAreOfTheAccountAndLiveRoomsOfTheLogin) {
  auto bob = Joined("bob", "meet");
  (void)bob->Join("live");
  (void)bob->Ask("im_open_status.wslogout", {{"wslogout_type", 0}});
  bob = LoggedIn("bob");
  const auto alice = Joined("alice", "meet");
  (void)alice->Join("live");
  (void)alice->SendToGroup("meet", "1", 1);
  (void)alice->SendToGroup("live", "2", 2);
  EXPECT_THAT(bob->Texts(), ElementsAre("1"));
  EXPECT_EQ(bob->SendToGroup("live", "3", 3)["ErrorCode"], 10007);
}

TEST_F(TimMessages, WhatIsSavedAfterAQuitBringsNoGroupBack) {
  const auto alice = Joined("alice", "live");
  const auto bob = Joined("bob", "live");
  (void)bob->SendToGroup("live", "1", 1);
  alice->Acknowledge(alice->Pushes().at(0));
  AccountStore& groups = server_.store.accounts();
  const auto rows_of_rooms = [&] {
    auto rows = *groups.ReadAccountGroups({"alice"});
    std::erase_if(rows, [](const AccountGroup& row) { return row.room_number == 0; });
    return rows;
  };
  const std::vector<AccountGroup> rows = rows_of_rooms();
  ASSERT_THAT(rows, SizeIs(1));
  server_.Tick(10s);  // it waits to be saved
  const AccountGroupChange quit{.group = rows.front(), .is_removed = true};
  ASSERT_OK(groups.RecordAccountGroups({&quit, 1}));
  ASSERT_OK(server_.channel.places().Save());
  EXPECT_THAT(rows_of_rooms(), IsEmpty());
}

TEST_F(TimMessages, MembersAreToldWhoComesAndThatTheRoomEnds) {
  const auto alice = Joined("alice", "meet");
  const auto bob = Joined("bob", "meet");
  server_.Tick(1s);
  std::vector<json> pushes = alice->Pushes();
  ASSERT_FALSE(pushes.empty());
  const json& tip = pushes.back()["EventArray"][0];
  EXPECT_EQ(tip["Event"], 6);
  EXPECT_EQ(tip["GroupTips"][0]["MsgBody"]["List_Account"][0], "bob");
  EXPECT_GE(tip["GroupTips"][0]["MsgSeq"].get<std::uint64_t>(), std::uint64_t{1} << 33);
  server_.EndRoom(RoomKind::kMulti, "meet");
  pushes = alice->Pushes();
  ASSERT_THAT(pushes, SizeIs(1));
  const json& notice = pushes[0]["EventArray"][0]["GroupTips"][0];
  EXPECT_EQ(notice["MsgBody"]["ReportType"], 5);
  EXPECT_FALSE(notice.contains("To_Account")) << "all members get the same frame";
  EXPECT_EQ(alice->SendToGroup("meet", "x", 1)["ErrorCode"], 10007);
}

TEST_F(TimMessages, WhoComesAndGoesPaysForWhatOthersAreTold) {
  const auto alice = LoggedIn("alice");
  const json image = {{"Tag", "Tag_Profile_IM_Image"}, {"Value", std::string(1024, '\x01')}};
  (void)alice->Ask("profile.portrait_set", {{"ProfileItem", json::array({image})}});
  std::vector<std::unique_ptr<SdkClient>> others;
  for (int i = 0; i < 20; ++i) others.push_back(Joined("other_" + std::to_string(i), "meet"));
  const auto charged = [this] { return server_.costs.charged_to_users.exchange(0); };
  (void)charged();
  (void)alice->Join("meet");
  EXPECT_GE(charged(), 10U) << "6 KiB, twice, to 21 members";
  (void)alice->Ask("group_open_http_svc.quit_group", {{"GroupId", "meet"}});
  EXPECT_GE(charged(), 10U);
  (void)others.front()->Ask("group_open_http_svc.quit_group", {{"GroupId", "meet"}});
  EXPECT_LE(charged(), 2U) << "an honest one";
}

TEST_F(TimMessages, AMeetingIsJoinedAndLeftByAllLoginsOfTheAccount) {
  ChannelFixture server({.max_instances = 2});
  server.MakeRoom(RoomKind::kMulti, "meet");
  server.MakeRoom(RoomKind::kLive, "live", Dialect::kGen2);
  const auto phone = SdkClient::LoggedIn(server, "alice");
  const auto page = SdkClient::LoggedIn(server, "alice");
  const auto bob = SdkClient::LoggedIn(server, "bob");
  for (SdkClient* const client : {phone.get(), bob.get()}) {
    (void)client->Join("meet");
    (void)client->Join("live");
  }
  // Before the page hears of the first join.
  (void)bob->SendToGroup("meet", "1", 1);
  const auto pass = [&server] {
    server.Tick(100ms);
    server.Settle();
  };
  pass();
  (void)bob->SendToGroup("meet", "2", 2);
  (void)bob->SendToGroup("live", "3", 3);
  EXPECT_THAT(page->Texts(), ElementsAre("1", "2"));
  (void)phone->Ask("group_open_http_svc.quit_group", {{"GroupId", "meet"}});
  (void)phone->Pushes();
  pass();
  const std::vector<json> pushes = page->Pushes();
  ASSERT_FALSE(pushes.empty());
  const json& notice = pushes.back()["EventArray"][0]["GroupTips"][0];
  EXPECT_EQ(notice["MsgBody"]["ReportType"], 8);
  EXPECT_EQ(notice["To_Account"], "alice");
  EXPECT_THAT(phone->Pushes(), IsEmpty());
  EXPECT_EQ(page->SendToGroup("meet", "x", 4)["ErrorCode"], 10007);
  // Another one joins again.
  EXPECT_EQ(page->Join("meet")["ErrorCode"], 0);
  pass();
  EXPECT_EQ(phone->SendToGroup("meet", "4", 5)["ErrorCode"], 0);
  EXPECT_THAT(page->Texts(), ElementsAre("4"));
}

}  // namespace
}  // namespace rtcroom
