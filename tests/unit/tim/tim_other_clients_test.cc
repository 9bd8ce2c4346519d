// What clients of other kinds get of the messages of today's IM SDKs, and these of theirs.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/matchers.h"
#include "tests/unit/tim/tim_messages_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(TimMessages, OldClientsGetTheGuardedForm) {
  const auto old = server_.LogIn("old");
  const std::string key = server_.Join(old, "meet");
  const auto poll = server_.PollRoom(old, key);
  const auto alice = Joined("alice", "meet");
  (void)alice->SendToGroup("meet", "plain text", 1);
  ASSERT_TRUE(poll->reply());
  const json entries = json::parse(poll->reply()->body)["RspMsgList"];
  ASSERT_THAT(entries, SizeIs(1));
  const json& body = entries[0]["MsgBody"];
  ASSERT_THAT(body, SizeIs(2));
  const json command = json::parse(body[0]["MsgContent"]["Data"].get<std::string>());
  EXPECT_EQ(command["cmd"], "CustomTextMsg");
  EXPECT_EQ(body[1]["MsgContent"]["Text"], "plain text");
}

TEST_F(TimMessages, OldClientsSkipWhatTheyCannotRead) {
  const auto old = server_.LogIn("old");
  const std::string key = server_.Join(old, "meet");
  const auto alice = Joined("alice", "meet");
  const json custom = {{"MsgType", "TIMCustomElem"},
                       {"MsgContent", {{"Data", "group_create"}, {"Desc", ""}, {"Ext", ""}}}};
  const json sent = alice->Ask("group_open_http_svc.send_group_msg",
                               {{"GroupId", "meet"}, {"Random", 1}, {"MsgBody", {custom}}});
  EXPECT_EQ(sent["MsgSeq"], 1);
  server_.Follow();
  const auto skipped = server_.PollRoom(old, key, 1);
  ASSERT_TRUE(skipped->reply());
  json reply = json::parse(skipped->reply()->body);
  EXPECT_THAT(reply["RspMsgList"], IsEmpty());
  EXPECT_EQ(reply["NextSeq"], 2);
  (void)alice->SendToGroup("meet", "text", 2);
  const auto next = server_.PollRoom(old, key, 2);
  ASSERT_TRUE(next->reply());
  EXPECT_THAT(json::parse(next->reply()->body)["RspMsgList"], SizeIs(1));
  const json history = server_.Call(old, "group_open_http_svc/group_msg_get",
                                    {{"GroupId", "meet"}, {"ReqMsgNumber", 20}});
  EXPECT_THAT(history["RspMsgList"], SizeIs(1));
}

TEST_F(TimMessages, APhoneInALiveRoomGetsNoTextThatItCannotRead) {
  const auto phone = server_.LogIn("phone");
  (void)server_.Join(phone, "live");
  const auto alice = LoggedIn("alice");
  (void)server_.PollAccount(phone)->reply();
  EXPECT_EQ(alice->SendDirect("phone", "plain", 1)["ErrorCode"], 0);
  const auto poll = server_.PollAccount(phone);
  server_.Tick(100ms);
  EXPECT_FALSE(poll->reply());
  const auto texts_in = [&](const char* command, const json& body) {
    return server_.Call(phone, command, body)["MsgList"].size();
  };
  EXPECT_EQ(texts_in("openim/getmsg", json::object()), 0u);
  EXPECT_EQ(texts_in("openim/getroammsg", {{"Peer_Account", "alice"}}), 0u);
  (void)server_.Call(phone, "group_open_http_svc/quit_group", {{"GroupId", "live"}});
  EXPECT_EQ(texts_in("openim/getmsg", json::object()), 1u);
  EXPECT_EQ(texts_in("openim/getroammsg", {{"Peer_Account", "alice"}}), 1u);
}

TEST_F(TimMessages, WhereAnOlderServerMayReadTheGuardedFormIsStored) {
  server_.may_store_plain = false;
  const auto alice = Joined("alice", "meet");
  const json custom = {{"MsgType", "TIMCustomElem"},
                       {"MsgContent", {{"Data", "group_create"}, {"Desc", ""}, {"Ext", ""}}}};
  EXPECT_EQ(alice->Ask("group_open_http_svc.send_group_msg",
                       {{"GroupId", "meet"}, {"Random", 1}, {"MsgBody", {custom}}})["ErrorCode"],
            80001);
  EXPECT_EQ(alice->SendToGroup("meet", "text", 2)["ErrorCode"], 0);
  const auto stored = server_.store.messages().ReadMessages(0, 10);
  ASSERT_THAT(*stored, SizeIs(1));
  EXPECT_FALSE(stored->front().content.is_unguarded);
}

TEST_F(TimMessages, AMeetingIsAbsentToALoginThatDoesNotReachIt) {
  ChannelFixture server({.max_instances = 2});
  server.MakeRoom(RoomKind::kMulti, "hidden", Dialect::kGen2);
  const auto alice = SdkClient::LoggedIn(server, "alice");
  ASSERT_EQ(alice->Join("hidden")["ErrorCode"], 0);
  ASSERT_EQ(alice->SendToGroup("hidden", "hello", 1)["ErrorCode"], 0);
  SdkClient anonymous(server);
  ASSERT_EQ(anonymous.LogIn("alice", ChannelFixture::AnonymousSigOf("alice"))["ErrorCode"], 0);
  EXPECT_EQ(anonymous.SendToGroup("hidden", "in her name", 2)["ErrorCode"], 10007);
  for (const char* const command : {"msg_read_report", "quit_group"}) {
    EXPECT_EQ(anonymous.Ask("group_open_http_svc." + std::string(command),
                            {{"GroupId", "hidden"}, {"MsgReadedSeq", 1}})["ErrorCode"],
              0);
  }
  server.Tick(1s);
  server.Settle();
  EXPECT_EQ(alice->SendToGroup("hidden", "still here", 3)["MsgSeq"], 2);
  EXPECT_THAT(anonymous.Texts(), IsEmpty());
  const auto rows = server.store.accounts().ReadAccountGroups({"alice"});
  EXPECT_TRUE(std::ranges::any_of(*rows, [](const AccountGroup& row) {
    return row.instance == 0 && row.room.id.value == "hidden" && row.read == 0;
  }));
}

/// What each kind of clients gets of a text that a new client says in a meeting.
class TextOfANewClient : public TimMessages, public testing::WithParamInterface<bool> {};

TEST_P(TextOfANewClient, ReachesEachKindOfClientsInItsForm) {
  const bool do_all_read_plain = GetParam();
  server_.may_store_plain = do_all_read_plain;
  const auto old = server_.LogIn("old");
  const std::string key = server_.Join(old, "meet");
  const auto poll = server_.PollRoom(old, key);
  const auto sdk = Joined("alice", "meet");
  const json room = {{"kind", "multi"}, {"roomID", "meet"}};
  const auto carol = SocketClient::LoggedIn(server_, "carol");
  (void)carol->Ask("subscribe", room);
  json text = room;
  text.update({{"type", "text"}, {"body", "1 < 2 &lt;"}, {"nick", "C"}, {"avatar", "c.png"}});
  EXPECT_EQ(carol->Ask("send", text)["seq"], 1);
  server_.Follow();

  const MessageContent stored = server_.store.messages().ReadMessages(0, 1)->front().content;
  EXPECT_EQ(stored.type, do_all_read_plain ? MessageType::kText : MessageType::kElements);
  EXPECT_EQ(stored.avatar, do_all_read_plain ? "c.png" : "");
  ASSERT_TRUE(poll->reply());
  EXPECT_EQ(json::parse(poll->reply()->body)["RspMsgList"][0]["MsgBody"].dump(),
            R"([{"MsgContent":{"Data":"{\"cmd\":\"CustomTextMsg\",\"data\":)"
            R"({\"nickName\":\"C\",\"headPic\":\"c.png\"}}","Desc":"","Ext":""},)"
            R"("MsgType":"TIMCustomElem"},)"
            R"({"MsgContent":{"Text":"1 &lt; 2 &amp;lt;"},"MsgType":"TIMTextElem"}])");
  const json message = carol->Pushes().at(0)["event"]["message"];
  EXPECT_EQ(message["body"], "1 < 2 &lt;");
  EXPECT_EQ(message["nick"], "C");
  EXPECT_EQ(message["avatar"], "c.png");
  EXPECT_THAT(sdk->Texts(), testing::ElementsAre("1 < 2 &lt;"));
}

INSTANTIATE_TEST_SUITE_P(Stores, TextOfANewClient, testing::Bool(), [](const auto& test) {
  return std::string(test.param ? "OfThisVersion" : "WithAnEarlierOne");
});

TEST_F(TimMessages, NewClientsGetThePlainText) {
  const auto alice = Joined("alice", "meet");
  const auto other = SocketClient::LoggedIn(server_, "carol");
  (void)other->Ask("subscribe", {{"kind", "multi"}, {"roomID", "meet"}});
  (void)alice->SendToGroup("meet", "plain text", 1);
  const std::vector<json> pushes = other->Pushes();
  ASSERT_THAT(pushes, SizeIs(1));
  EXPECT_EQ(pushes[0]["event"]["message"]["body"], "plain text");
  EXPECT_EQ(pushes[0]["event"]["message"]["nick"], "alice");
}

}  // namespace
}  // namespace rtcroom
