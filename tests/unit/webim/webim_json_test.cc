#include "handlers/webim/webim_json.h"

#include <chrono>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "handlers/channel/channel_codes.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

// The replies are those that the SDK (webim_wx.js 1.7.0) reads.

constexpr char kBody[] =
    R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello 你好 }} &quot;x"}}])";

const RoomKey kRoom{.kind = RoomKind::kMulti, .id = {"room_1"}};

StoredMessage Message() {
  return {.position = 9,
          .room_number = 4,
          .seq = 2,
          .content = {.sender = {"user_a"},
                      .client_seq = 6263637,
                      .client_random = 3730269882,
                      .body = kBody,
                      .sent_at = kNoon}};
}

TEST(WebimJson, AMessageOfAGroupIsAsRecorded) {
  EXPECT_EQ(
      GroupMessageEntry(kRoom, Message()),
      fmt::format(
          R"({{"ToGroupId":"room_1","MsgSeq":2,"MsgRandom":3730269882,"MsgTimeStamp":1700000000,)"
          R"("IsPlaceMsg":0,"Event":3,"From_Account":"user_a","MsgPriority":2,"MsgBody":{},)"
          R"("GroupInfo":{{"GroupId":"room_1","GroupName":"room_1","GroupType":"AVChatRoom",)"
          R"("To_Account":"","From_AccountNick":"user_a"}}}})",
          kBody));
}

TEST(WebimJson, AMessageHasTheNickOfItsSender) {
  StoredMessage message = Message();
  message.content.nick = "A \"B\"";
  const std::string entry = GroupMessageEntry(kRoom, message);
  EXPECT_TRUE(entry.ends_with(R"("From_AccountNick":"A \"B\""}})")) << entry;
}

TEST(WebimJson, AMessageOfANewClientIsMadeElements) {
  StoredMessage message = Message();
  message.content.body = "a < b";
  message.content.type = MessageType::kText;
  message.content.is_unguarded = true;
  EXPECT_NE(GroupMessageEntry(kRoom, message)
                .find(R"({"MsgType":"TIMTextElem","MsgContent":{"Text":"a &lt; b"}}])"),
            std::string::npos);
  EXPECT_TRUE(DirectMessageEntry(message).ends_with(
      R"("MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"a &lt; b"}}]})"));
  EXPECT_FALSE(PassesDirect(message)) << "a phone in a live room of gen-2 parses it";
  message.content.type = MessageType::kCustom;
  message.content.body = "{}";
  EXPECT_TRUE(PassesDirect(message));
}

TEST(WebimJson, LargeNumbersOfClientsAreKept) {
  StoredMessage message = Message();
  message.content.client_random = std::uint64_t{1} << 53;
  EXPECT_NE(GroupMessageEntry(kRoom, message).find(R"("MsgRandom":9007199254740992,)"),
            std::string::npos);
}

TEST(WebimJson, SecondsAreRoundedDown) {
  StoredMessage message = Message();
  message.content.sent_at = kNoon + 999ms;
  EXPECT_NE(GroupMessageEntry(kRoom, message).find(R"("MsgTimeStamp":1700000000,)"),
            std::string::npos);
}

TEST(WebimJson, ANoticeOfChangedMembersIsAsRecorded) {
  AccountReply reply(1'700'000'000'101);
  reply.AddNotice(SystemNoticeEntry({"room_1"}, ReportType::kUserDefined, kNoon));
  EXPECT_EQ(
      reply.Text(),
      R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","EventArray":[{"Event":5,"GroupTips":[)"
      R"({"NoticeSeq":1700000000101,"Event":5,"From_Account":"@TIM#SYSTEM","ToGroupId":"room_1",)"
      R"("MsgSeq":1,"MsgRandom":404635648,"MsgTimeStamp":1700000000,"IsPlaceMsg":0,)"
      R"("GroupInfo":{"GroupId":"room_1","GroupName":"room_1","GroupType":"AVChatRoom",)"
      R"("To_Account":"","From_AccountNick":""},"MsgBody":{"Operator_Account":"admin",)"
      R"("ReportType":255,"UserDefinedField":"{\"cmd\":\"notifyPusherChange\",\"data\":\"\"}"}}]}]})");
}

TEST(WebimJson, ANoticeOfAnEndedGroupIsAsRecorded) {
  const std::string entry = SystemNoticeEntry({"room_1"}, ReportType::kGroupEnded, kNoon);
  EXPECT_TRUE(entry.ends_with(R"("MsgBody":{"Operator_Account":"admin","ReportType":5}})"))
      << entry;
}

TEST(WebimJson, ADirectMessageIsAsRecorded) {
  StoredMessage message = Message();
  message.receiver = {"user_b"};
  AccountReply reply(1'700'000'000'102);
  reply.AddDirect(DirectMessageEntry(message));
  EXPECT_EQ(
      reply.Text(),
      fmt::format(R"({{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","EventArray":[{{"Event":9,)"
                  R"("C2cMsgArray":[{{"NoticeSeq":1700000000102,"From_Account":"user_a",)"
                  R"("To_Account":"user_b","MsgSeq":6263637,"MsgRandom":3730269882,)"
                  R"("MsgTimeStamp":1700000000,"MsgBody":{}}}]}}]}})",
                  kBody));
}

TEST(WebimJson, AMessageIsSentWithoutSeparatorsOfLines) {
  StoredMessage message = Message();
  message.content.body = "[{\"Text\":\"a\u2028\u2029\"}]";
  const std::string body = R"("MsgBody":[{"Text":"a\u2028\u2029"}])";
  EXPECT_NE(GroupMessageEntry(kRoom, message).find(body), std::string::npos);
  EXPECT_NE(DirectMessageEntry(message).find(body), std::string::npos);
}

TEST(WebimJson, AReplyHasOneEventPerKindAndOneNumber) {
  AccountReply reply(7);
  reply.AddNotice("\"n\":1}");
  reply.AddDirect("\"d\":1}");
  reply.AddNotice("\"n\":2}");
  reply.AddDirect("\"d\":2}");
  EXPECT_EQ(reply.Text(),
            R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","EventArray":[)"
            R"({"Event":9,"C2cMsgArray":[{"NoticeSeq":7,"d":1},{"NoticeSeq":7,"d":2}]},)"
            R"({"Event":5,"GroupTips":[{"NoticeSeq":7,"n":1},{"NoticeSeq":7,"n":2}]}]})");
}

TEST(WebimJson, ARoomsReplyIsAsRecorded) {
  EXPECT_EQ(RoomReply(3, 45s, "50e1367507ae4596ca7bbc76247b071a", R"({"a":1},{"b":2})"),
            R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","NextSeq":3,"HoldTime":45,)"
            R"("Key":"50e1367507ae4596ca7bbc76247b071a","RspMsgList":[{"a":1},{"b":2}]})");
  EXPECT_EQ(RoomReply(2, 45s, "50e1", ""),
            R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","NextSeq":2,"HoldTime":45,)"
            R"("Key":"50e1","RspMsgList":[]})");
}

TEST(WebimJson, AKeyComesBackQuoted) {
  EXPECT_NE(RoomReply(2, 45s, "a\"\\\n", "").find(R"("Key":"a\"\\\n",)"), std::string::npos);
}

TEST(WebimJson, FailuresAreAsRecorded) {
  EXPECT_EQ(FailureReply(60008, "timeout"),
            R"({"ActionStatus":"FAIL","ErrorCode":60008,"ErrorInfo":"timeout"})");
  EXPECT_EQ(KickedReply(),
            R"({"ActionStatus":"FAIL","ErrorCode":91101,"ErrorInfo":"kicked by another login"})");
}

TEST(WebimJson, CountsMicroseconds) { EXPECT_EQ(Microseconds(kNoon), 1'700'000'000'000'000U); }

}  // namespace
}  // namespace rtcroom
