// The service group_open_http_svc: groups of rooms, and the room's poll.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/channel_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class Groups : public testing::Test {
 protected:
  using Client = ChannelFixture::Client;

  Groups() { server_.MakeRoom(RoomKind::kMulti, "room_1"); }

  json Call(const Client& client, const std::string& command, const json& body) {
    return server_.Call(client, "group_open_http_svc/" + command, body);
  }
  static json ReplyOf(const std::shared_ptr<RecordedReply>& poll) {
    return poll->reply() ? json::parse(poll->reply()->body) : json();
  }

  ChannelFixture server_;
  const Client alice_ = server_.LogIn("alice");
  const Client bob_ = server_.LogIn("bob");
  std::uint64_t random_ = 100;
};

TEST_F(Groups, TheListOfJoinedOnesIsAlwaysEmpty) {
  server_.Join(alice_, "room_1");
  EXPECT_EQ(
      server_
          .Post(alice_, "group_open_http_svc/get_joined_group_list",
                R"({"Member_Account":"alice","Limit":1000,"Offset":0})")
          .body,
      R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","TotalCount":0,"GroupIdList":[]})");
}

TEST_F(Groups, AJoinGivesTheKeyOfThePoll) {
  const json reply = Call(alice_, "apply_join_group", {{"GroupId", "room_1"}});
  EXPECT_EQ(reply["ErrorCode"], 0);
  EXPECT_EQ(reply["JoinedStatus"], "JoinedSuccess");
  EXPECT_FALSE(reply["LongPollingKey"].get<std::string>().empty());
}

TEST_F(Groups, ExistAsLongAsTheirRooms) {
  EXPECT_EQ(
      server_.Post(alice_, "group_open_http_svc/apply_join_group", R"({"GroupId":"none"})").body,
      R"({"ActionStatus":"FAIL","ErrorCode":10010,"ErrorInfo":"group not exist"})");
  server_.EndRoom(RoomKind::kMulti, "room_1");
  EXPECT_EQ(Call(alice_, "apply_join_group", {{"GroupId", "room_1"}})["ErrorCode"], 10010);
}

TEST_F(Groups, AreLeftByAViewerTenSecondsAfterItsLastPoll) {
  const RoomKey key = MakeKey(RoomKind::kLive, "room_2");
  server_.MakeRoom(RoomKind::kLive, "room_2", Dialect::kGen2);
  (void)server_.store.rooms().Update(Watching(key, "alice"));
  server_.Follow();
  const auto silent = [&] { return server_.viewers.leases().StateOf(key, {"alice"})->age; };
  const std::string of_room = server_.Join(alice_, "room_2");
  (void)server_.PollRoom(alice_, of_room);
  server_.Tick(45s);
  const auto next = server_.PollRoom(alice_, of_room);
  server_.Tick(11s);
  EXPECT_EQ(silent(), 56s) << "who polls is looked at";
  server_.Tick(34s);
  ASSERT_TRUE(next->reply());
  server_.Tick(9s);
  EXPECT_EQ(silent(), 99s) << "it may come back";
  server_.Tick(1s);
  EXPECT_EQ(silent(), 0s);
}

TEST_F(Groups, AreLeftByAViewerTenSecondsAfterTheConnectionOfItsPollHasEnded) {
  const RoomKey key = MakeKey(RoomKind::kLive, "room_2");
  server_.MakeRoom(RoomKind::kLive, "room_2", Dialect::kGen2);
  (void)server_.store.rooms().Update(Watching(key, "alice"));
  server_.Follow();
  const auto silent = [&] { return server_.viewers.leases().StateOf(key, {"alice"})->age; };
  const auto room = server_.PollRoom(alice_, server_.Join(alice_, "room_2"));
  server_.Tick(11s);
  room->Close();
  EXPECT_EQ(ReplyOf(room)["RspMsgList"], json::array()) << "for a client that still reads";
  server_.Tick(9s);
  EXPECT_EQ(silent(), 20s) << "it may come back";
  server_.Tick(1s);
  EXPECT_EQ(silent(), 0s);
}

TEST_F(Groups, RefuseBannedAccounts) {
  ASSERT_TRUE(server_.bans.Put({.room = MakeKey(RoomKind::kMulti, "room_1"),
                                .user_id = {"alice"},
                                .until = kNoon + std::chrono::hours(1)}));
  EXPECT_EQ(Call(alice_, "apply_join_group", {{"GroupId", "room_1"}})["ErrorCode"], 10007);
}

TEST_F(Groups, EndForAccountsThatAreBanned) {
  const std::string key = server_.Join(alice_, "room_1");
  server_.Join(bob_, "room_1");
  const auto room = server_.PollRoom(alice_, key);
  const auto account = server_.PollAccount(alice_);
  ASSERT_TRUE(server_.bans.Put({.room = MakeKey(RoomKind::kMulti, "room_1"),
                                .user_id = {"alice"},
                                .until = server_.clock.Now() + std::chrono::hours(1)}));
  server_.Tick(std::chrono::milliseconds(100));
  const json notice = ReplyOf(account)["EventArray"][0]["GroupTips"][0];
  EXPECT_EQ(notice["MsgBody"]["ReportType"], 5);
  EXPECT_EQ(server_.SendText(bob_, "room_1", "x", 1)["ErrorCode"], 0);
  EXPECT_FALSE(room->reply());
  EXPECT_EQ(Call(alice_, "group_msg_get", {{"GroupId", "room_1"}})["ErrorCode"], 10007);
}

TEST_F(Groups, AQuitSucceedsAlsoWithoutAJoin) {
  EXPECT_EQ(server_.Post(alice_, "group_open_http_svc/quit_group", R"({"GroupId":"room_1"})").body,
            kDoneReply);
  server_.Join(alice_, "room_1");
  EXPECT_EQ(Call(alice_, "quit_group", {{"GroupId", "room_1"}})["ErrorCode"], 0);
  EXPECT_EQ(server_.SendText(alice_, "room_1", "x", 1)["ErrorCode"], 10007);
}

TEST_F(Groups, AMessageReachesEveryMemberAndItsSender) {
  const std::string key = server_.Join(alice_, "room_1");
  const auto poll = server_.PollRoom(alice_, key);
  const std::string body =
      R"([{"MsgType":"TIMCustomElem","MsgContent":{"Data":"{\"cmd\":\"CustomTextMsg\",\"data\":)"
      R"({\"nickName\":\"A\",\"headPic\":\"123\"}}","Desc":"","Ext":""}},{"MsgType":"TIMTextElem",)"
      R"("MsgContent":{"Text":"hello 你好 }} x"}}])";
  const LabelledReply sent = server_.Post(
      alice_, "group_open_http_svc/send_group_msg",
      R"({"GroupId":"room_1","From_Account":"mallory","Random":3730269882,"MsgBody":)" + body +
          R"(,"MsgPriority":"COMMON"})");
  EXPECT_EQ(sent.body, fmt::format(R"({{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"",)"
                                   R"("MsgTime":{},"MsgSeq":1}})",
                                   1'700'000'060));
  server_.Follow();
  ASSERT_TRUE(poll->reply());
  EXPECT_THAT(poll->reply()->body, testing::HasSubstr("\"MsgBody\":" + body));
  const json reply = ReplyOf(poll);
  EXPECT_EQ(reply["ActionStatus"], "OK");
  EXPECT_EQ(reply["NextSeq"], 2);
  EXPECT_EQ(reply["HoldTime"], 45);
  EXPECT_EQ(reply["Key"], key);
  const json& message = reply["RspMsgList"][0];
  EXPECT_EQ(message["Event"], 3);
  EXPECT_EQ(message["From_Account"], "alice");
  EXPECT_EQ(message["ToGroupId"], "room_1");
  EXPECT_EQ(message["MsgSeq"], 1);
  EXPECT_EQ(message["MsgRandom"], 3730269882);
  EXPECT_EQ(message["MsgPriority"], 2);
  EXPECT_EQ(message["IsPlaceMsg"], 0);
  EXPECT_EQ(message["GroupInfo"]["GroupName"], "room_1");
  EXPECT_EQ(message["GroupInfo"]["From_AccountNick"], "alice");
}

TEST_F(Groups, ARepeatedMessageIsAnsweredAndNotSentAgain) {
  server_.Join(alice_, "room_1");
  EXPECT_EQ(server_.SendText(alice_, "room_1", "x", 7)["MsgSeq"], 1);
  EXPECT_EQ(server_.SendText(alice_, "room_1", "x", 7)["MsgSeq"], 1);
  EXPECT_EQ(server_.SendText(alice_, "room_1", "x", 8)["MsgSeq"], 2);
}

TEST_F(Groups, MessagesAreForThoseWhoJoined) {
  EXPECT_EQ(server_.SendText(alice_, "room_1", "x", 1)["ErrorCode"], 10007);
}

TEST_F(Groups, MessagesThatWouldStopClientsAreMendedOrRefused) {
  server_.Join(alice_, "room_1");
  const auto send = [&](const json& elements, const char* priority) {
    return Call(alice_, "send_group_msg",
                {{"GroupId", "room_1"},
                 {"Random", ++random_},
                 {"MsgBody", elements},
                 {"MsgPriority", priority}})["ErrorCode"];
  };
  const auto custom = [](const char* data) {
    return json{{"MsgType", "TIMCustomElem"},
                {"MsgContent", {{"Data", data}, {"Desc", ""}, {"Ext", ""}}}};
  };
  EXPECT_EQ(send(json::array({ChannelFixture::Text("plain")}), "COMMON"), 0);
  EXPECT_EQ(send(json::array({custom("not json")}), "COMMON"), 80001);
  EXPECT_EQ(send(json::array({custom("null")}), "COMMON"), 80001);
  EXPECT_EQ(
      send(json::array({{{"MsgType", "TIMImageElem"}, {"MsgContent", json::object()}}}), "COMMON"),
      80001);
  EXPECT_EQ(send(json::array({{{"MsgType", "TIMTextElem"}}}), "COMMON"), 60003);
  EXPECT_EQ(send(json::array({ChannelFixture::Text("love_msg")}), "LOVEMSG"), 0);
}

TEST_F(Groups, AMessageOfWebrtcRoomsIsRelayedAsItIs) {
  server_.MakeRoom(RoomKind::kWebrtc, "web_1", Dialect::kGen2);
  server_.Join(alice_, "web_1");
  EXPECT_EQ(Call(alice_, "send_group_msg",
                 {{"GroupId", "web_1"},
                  {"Random", 1},
                  {"MsgBody",
                   {{{"MsgType", "TIMCustomElem"},
                     {"MsgContent",
                      {{"Data", "plain"}, {"Desc", "{}"}, {"Ext", "TEXT"}}}}}}})["ErrorCode"],
            0);
}

TEST_F(Groups, TheHistoryIsNewestFirst) {
  server_.Join(alice_, "room_1");
  for (std::uint64_t i = 1; i <= 7; ++i) {
    server_.SendText(alice_, "room_1", std::to_string(i), i);
  }
  const auto seqs = [](const json& reply) {
    std::vector<int> found;
    for (const json& message : reply["RspMsgList"]) found.push_back(message["MsgSeq"]);
    return found;
  };
  const json some =
      Call(alice_, "group_msg_get", {{"GroupId", "room_1"}, {"ReqMsgSeq", 6}, {"ReqMsgNumber", 4}});
  EXPECT_EQ(seqs(some), (std::vector{6, 5, 4, 3}));
  EXPECT_EQ(some["GroupId"], "room_1");
  EXPECT_EQ(some["IsFinished"], 1);
  EXPECT_EQ(some["RspMsgList"][0]["Event"], 3);
  EXPECT_EQ(seqs(Call(alice_, "group_msg_get", {{"GroupId", "room_1"}, {"ReqMsgNumber", 2}})),
            (std::vector{7, 6}));
  EXPECT_EQ(seqs(Call(alice_, "group_msg_get", {{"GroupId", "room_1"}})).size(), 7U);
  EXPECT_EQ(Call(bob_, "group_msg_get", {{"GroupId", "room_1"}})["ErrorCode"], 10007);
}

TEST_F(Groups, TheHistoryHasWhatWasAcknowledged) {
  server_.Join(alice_, "room_1");
  const json message = {{"GroupId", "room_1"},
                        {"Random", 1},
                        {"MsgBody", ChannelFixture::RoomText("a")},
                        {"MsgPriority", "COMMON"}};
  ASSERT_EQ(Call(alice_, "send_group_msg", message)["ErrorCode"], 0);  // the feed is behind
  const json reply = Call(alice_, "group_msg_get", {{"GroupId", "room_1"}, {"ReqMsgSeq", 7}});
  EXPECT_EQ(reply["RspMsgList"].size(), 1U) << reply;
}

TEST_F(Groups, CreatingTheOneOfAWebrtcRoomFailsAsExisting) {
  server_.MakeRoom(RoomKind::kWebrtc, "web_1", Dialect::kGen2);
  const auto create = [&](const json& id) {
    return Call(alice_, "create_group", {{"Type", "AVChatRoom"}, {"GroupId", id}})["ErrorCode"];
  };
  EXPECT_EQ(create("web_1"), 10025);
  EXPECT_EQ(create("room_1"), 10004);
  EXPECT_EQ(create("none"), 10004);
  EXPECT_EQ(create("@TGS# "), 10004);
  EXPECT_EQ(create(nullptr), 10004);
}

TEST_F(Groups, EndOnlyWithTheirRooms) {
  EXPECT_EQ(Call(alice_, "destroy_group", {{"GroupId", "room_1"}})["ErrorCode"], 10007);
}

TEST_F(Groups, InfoHasAnEntryForEachAskedGroup) {
  server_.Join(alice_, "room_1");
  server_.SendText(alice_, "room_1", "x", 1);
  for (const char* const command : {"get_group_info", "get_group_public_info"}) {
    const json reply = Call(alice_, command, {{"GroupIdList", {"room_1", "none", "@ #"}}});
    EXPECT_EQ(reply["ErrorCode"], 0);
    ASSERT_EQ(reply["GroupInfo"].size(), 3U);
    const json expected = {
        {"GroupId", "room_1"},  {"ErrorCode", 0},           {"ErrorInfo", ""},
        {"Type", "AVChatRoom"}, {"Name", "info of room_1"}, {"Owner_Account", "creator"},
        {"MemberNum", 1},       {"NextMsgSeq", 2},          {"CreateTime", 1700000000}};
    EXPECT_EQ(reply["GroupInfo"][0], expected);
    EXPECT_EQ(reply["GroupInfo"][1]["ErrorCode"], 10010);
    EXPECT_EQ(reply["GroupInfo"][2]["ErrorCode"], 10010);
  }
  EXPECT_EQ(Call(alice_, "get_group_info",
                 {{"GroupIdList", std::vector<std::string>(21, "room_1")}})["ErrorCode"],
            10004);
}

TEST_F(Groups, MembersAreShownToMembers) {
  EXPECT_EQ(Call(alice_, "get_group_member_info", {{"GroupId", "room_1"}})["ErrorCode"], 10007);
  server_.Join(alice_, "room_1");
  server_.Join(bob_, "room_1");
  const json reply =
      Call(alice_, "get_group_member_info", {{"GroupId", "room_1"}, {"Offset", 0}, {"Limit", 10}});
  EXPECT_EQ(reply["MemberNum"], 2);
  EXPECT_THAT(reply["MemberList"],
              testing::UnorderedElementsAre(
                  json{{"Member_Account", "alice"}, {"Role", "Member"}, {"JoinTime", 1700000060}},
                  json{{"Member_Account", "bob"}, {"Role", "Member"}, {"JoinTime", 1700000060}}));
  EXPECT_EQ(Call(alice_, "get_group_member_info",
                 {{"GroupId", "room_1"}, {"Offset", 1}, {"Limit", 10}})["MemberList"]
                .size(),
            1U);
  EXPECT_EQ(Call(alice_, "get_group_member_info", {{"GroupId", "none"}})["ErrorCode"], 10007);
}

TEST(MembersOfGroups, AreClientsOf2018AndEachAccountOnce) {
  struct Other : PushReceiver {
    [[nodiscard]] const UserId& user_id() const override { return name; }
    const UserId name{"carol"};
  };
  ChannelFixture server(ChannelOptions{.max_instances = 2});
  server.MakeRoom(RoomKind::kMulti, "room_1");
  const std::uint64_t number =
      server.store.rooms().Load(MakeKey(RoomKind::kMulti, "room_1"))->sequence;
  const auto carol = std::make_shared<Other>();  // shared with the receivers
  server.receivers.Listen(carol);
  server.receivers.Subscribe(number, MakeKey(RoomKind::kMulti, "room_1"), carol);
  const ChannelFixture::Client alice = server.LogIn("alice");
  server.Join(alice, "room_1");
  server.Join(server.LogIn("alice"), "room_1");
  server.Join(server.LogIn("bob"), "room_1");
  EXPECT_EQ(server.receivers.CountIn(number), 4U);
  const json reply =
      server.Call(alice, "group_open_http_svc/get_group_member_info", {{"GroupId", "room_1"}});
  EXPECT_EQ(reply["MemberNum"], 3);
  std::vector<std::string> names;
  for (const json& member : reply["MemberList"]) names.push_back(member["Member_Account"]);
  EXPECT_THAT(names, testing::UnorderedElementsAre("alice", "bob"));
  EXPECT_EQ(
      server.Call(alice, "group_open_http_svc/get_role_in_group",
                  {{"GroupId", "room_1"}, {"User_Account", {"carol"}}})["UserIdList"][0]["Role"],
      "NotMember");
}

TEST_F(Groups, RolesTellMembersFromOthers) {
  server_.Join(alice_, "room_1");
  const json reply =
      Call(bob_, "get_role_in_group", {{"GroupId", "room_1"}, {"User_Account", {"alice", "bob"}}});
  EXPECT_EQ(reply["UserIdList"], json::array({{{"Member_Account", "alice"}, {"Role", "Member"}},
                                              {{"Member_Account", "bob"}, {"Role", "NotMember"}}}));
  EXPECT_EQ(Call(bob_, "get_role_in_group",
                 {{"GroupId", "none"}, {"User_Account", {"bob"}}})["ErrorCode"],
            10010);
}

TEST_F(Groups, ReadReportsAreAcceptedWithoutEffect) {
  EXPECT_EQ(server_.Post(alice_, "group_open_http_svc/msg_read_report", R"({"GroupId":"x"})").body,
            kDoneReply);
}

TEST_F(Groups, ThePollNeverFails) {
  const std::string key = server_.Join(alice_, "room_1");
  const Client strangers[] = {{}, {.tiny_id = "1", .a2 = "00"}, bob_};
  std::vector<std::shared_ptr<RecordedReply>> polls;
  const auto begin = [&](const Client& client, const std::string& body) {
    polls.push_back(server_.Begin(client, ChannelFixture::kRoomPoll, body));
  };
  for (const Client& stranger : strangers) {
    begin(stranger, json({{"StartSeq", 3}, {"HoldTime", 90}, {"Key", key}}).dump());
  }
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[1]"), std::string("\"\xFF\""),
        std::string(R"({"StartSeq":"x","Key":5})"), std::string(R"({"StartSeq":-1,"Key":null})"),
        R"({"Key":")" + std::string(60'000, 'k') + "\"}", std::string(80'000, ' ')}) {
    begin({}, body);
  }
  for (const auto& poll : polls) EXPECT_FALSE(poll->reply());
  server_.Tick(ChannelFixture::kHold);
  for (const auto& poll : polls) {
    ASSERT_TRUE(poll->reply());
    EXPECT_EQ(poll->reply()->status, 200);
    const json reply = ReplyOf(poll);
    EXPECT_EQ(reply["ActionStatus"], "OK");
    EXPECT_TRUE(reply["NextSeq"].is_number_unsigned());
    EXPECT_EQ(reply["HoldTime"], 45);
    EXPECT_TRUE(reply["Key"].is_string());
    EXPECT_EQ(reply["RspMsgList"], json::array());
  }
  EXPECT_EQ(ReplyOf(polls[0])["Key"], key) << "echoed";
  EXPECT_EQ(ReplyOf(polls[0])["NextSeq"], 3) << "likewise";
}

TEST_F(Groups, PollsEndWithTheirConnections) {
  const auto room = server_.PollRoom(alice_, server_.Join(alice_, "room_1"));
  const auto account = server_.PollAccount(alice_);
  const auto stranger = server_.PollRoom({}, "");
  EXPECT_EQ(server_.sizes().polls, 3U);
  for (const auto& poll : {room, account, stranger}) poll->Close();
  EXPECT_EQ(ReplyOf(room)["RspMsgList"], json::array());
  EXPECT_EQ(ReplyOf(account)["ErrorCode"], 60008);
  EXPECT_EQ(ReplyOf(stranger)["RspMsgList"], json::array());
  EXPECT_EQ(server_.sizes().polls, 0U);
}

TEST_F(Groups, AStopAnswersEveryPollAndLaterOnesAtOnce) {
  const std::string key = server_.Join(alice_, "room_1");
  const auto room = server_.PollRoom(alice_, key);
  const auto account = server_.PollAccount(alice_);
  const auto stranger = server_.PollRoom({}, "");
  server_.calls.Stop();
  EXPECT_EQ(ReplyOf(room)["ActionStatus"], "OK");
  EXPECT_EQ(ReplyOf(account)["ErrorCode"], 60008);
  EXPECT_EQ(ReplyOf(stranger)["ActionStatus"], "OK");
  EXPECT_EQ(ReplyOf(server_.PollRoom(alice_, key))["ActionStatus"], "OK");
  EXPECT_EQ(ReplyOf(server_.PollAccount(alice_))["ErrorCode"], 60008);
  EXPECT_EQ(ReplyOf(server_.PollRoom({}, ""))["ActionStatus"], "OK");
  EXPECT_EQ(server_.sizes().polls, 0U);
}

TEST_F(Groups, TheEndOfARoomIsANotice) {
  server_.Join(alice_, "room_1");
  const auto poll = server_.PollAccount(alice_);
  server_.EndRoom(RoomKind::kMulti, "room_1");
  const json notice = ReplyOf(poll)["EventArray"][0]["GroupTips"][0];
  EXPECT_EQ(notice["ToGroupId"], "room_1");
  EXPECT_EQ(notice["MsgBody"]["ReportType"], 5);
}

TEST_F(Groups, TheEndOfARoomIsOneNoticeWhoeverLeavesWithIt) {
  const RoomKey room = MakeKey(RoomKind::kMulti, "room_1");
  ASSERT_TRUE(server_.store.rooms().Update(Adding(room, "guest")));
  server_.Follow();
  server_.Join(alice_, "room_1");
  const auto poll = server_.PollAccount(alice_);
  ASSERT_TRUE(server_.store.rooms().Update(Deleting(room, "creator")));  // which ends it
  server_.Follow();
  const json notices = ReplyOf(poll)["EventArray"][0]["GroupTips"];
  ASSERT_EQ(notices.size(), 1U) << notices;
  EXPECT_EQ(notices[0]["MsgBody"]["ReportType"], 5);
  const auto next = server_.PollAccount(alice_, notices[0]["NoticeSeq"]);
  EXPECT_FALSE(next->reply());
}

}  // namespace
}  // namespace rtcroom
