// A session of the message channel as the SDK of its clients was recorded: each request byte for
// byte, in the SDK's order, and the members and values of each reply.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_server.h"
#include "tests/e2e/room_calls.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// Whether the value is of the kind that this text stands for; false for any other text.
bool IsChosenAs(const std::string& kind, const json& value) {
  constexpr std::size_t kShortestKey = 10;
  constexpr std::int64_t kMostSecondsAgo = 600;
  if (kind == "<number>") return value.is_number_unsigned();
  if (kind == "<time>") {
    const std::int64_t now = std::chrono::floor<std::chrono::seconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count();
    return value.is_number_unsigned() &&
           std::abs(now - value.get<std::int64_t>()) < kMostSecondsAgo;
  }
  if (!value.is_string()) return false;
  const std::string& text = value.get_ref<const std::string&>();
  if (kind == "<digits>") {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  }
  return kind == "<key>" && text.size() >= kShortestKey;
}

/// Whether both have the same members and values, apart from those that the server chooses.
bool IsLike(const json& actual, const json& expected) {
  if (expected.is_string() && expected.get_ref<const std::string&>().starts_with('<')) {
    return IsChosenAs(expected.get<std::string>(), actual);
  }
  if (expected.is_array()) {
    return actual.is_array() &&
           std::equal(actual.begin(), actual.end(), expected.begin(), expected.end(), IsLike);
  }
  if (!expected.is_object()) return actual == expected;
  if (!actual.is_object() || actual.size() != expected.size()) return false;
  for (const auto& [name, value] : expected.items()) {
    if (!actual.contains(name) || !IsLike(actual.at(name), value)) return false;
  }
  return true;
}

void ExpectLike(const json& actual, const std::string& expected) {
  const json parsed = json::parse(expected, nullptr, /*allow_exceptions=*/false);
  ASSERT_FALSE(parsed.is_discarded()) << expected;
  EXPECT_TRUE(IsLike(actual, parsed)) << actual << "\nis not like\n" << expected;
}

constexpr std::string_view kOkMembers = R"("ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"")";

/// @param members  besides those of every reply.
void ExpectOk(const ApiReply& reply, const std::string& members = {}) {
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-type"), "application/json; charset=utf-8");
  ExpectLike(reply.json,
             fmt::format("{{{}{}{}}}", kOkMembers, members.empty() ? "" : ",", members));
}

void ExpectFail(const ApiReply& reply, int code, const char* info) {
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.json, json({{"ActionStatus", "FAIL"}, {"ErrorCode", code}, {"ErrorInfo", info}}));
}

constexpr const char* kTextElements =
    R"([{"MsgType":"TIMCustomElem","MsgContent":{"Data":"{\"cmd\":\"CustomTextMsg\",\"data\":)"
    R"({\"nickName\":\"A\",\"headPic\":\"123\"}}","Desc":"","Ext":""}},)"
    R"({"MsgType":"TIMTextElem","MsgContent":{"Text":"hello 你好 }} x"}}])";
constexpr const char* kLinkMicElements =
    R"([{"MsgType":"TIMCustomElem","MsgContent":{"Data":"{\"cmd\":\"linkmic\",\"data\":)"
    R"({\"type\":\"request\",\"roomID\":\"room_1\",\"userID\":\"user_b\",\"userName\":\"B\",)"
    R"(\"userAvatar\":\"p\"}}","Desc":"","Ext":""}}])";

std::string GroupInfo(const char* nick) {
  return fmt::format(
      R"("GroupInfo":{{"GroupId":"room_1","GroupName":"room_1","GroupType":"AVChatRoom",)"
      R"("To_Account":"","From_AccountNick":"{}"}})",
      nick);
}

std::string GroupEntry(int seq, std::uint64_t random, const std::string& elements) {
  return fmt::format(
      R"({{"ToGroupId":"room_1","MsgSeq":{},"MsgRandom":{},"MsgTimeStamp":"<time>",)"
      R"("IsPlaceMsg":0,"Event":3,"From_Account":"user_a","MsgPriority":2,"MsgBody":{},{}}})",
      seq, random, elements, GroupInfo("user_a"));
}

std::string NoticeEvent(const std::string& body) {
  return fmt::format(
      R"({{"Event":5,"GroupTips":[{{"NoticeSeq":"<number>","Event":5,)"
      R"("From_Account":"@TIM#SYSTEM","ToGroupId":"room_1","MsgSeq":"<number>",)"
      R"("MsgRandom":"<number>","MsgTimeStamp":"<time>","IsPlaceMsg":0,{},"MsgBody":{}}}]}})",
      GroupInfo(""), body);
}

class ChannelVectors : public testing::Test {
 protected:
  void CreateRoom(const char* room) {
    ASSERT_EQ(api_.Call("multi_room", "create_room", CreateBody("host", room)).code(), kOk);
  }
  std::string Join(const char* room) {
    const ApiReply reply = a_.Send("v4/group_open_http_svc/apply_join_group",
                                   fmt::format(R"({{"GroupId":"{}"}})", room));
    ExpectOk(reply, R"("JoinedStatus":"JoinedSuccess","LongPollingKey":"<key>")");
    return reply.Text("LongPollingKey");
  }
  ApiReply PollAccount() {
    return a_.Send("v4/openim/longpolling",
                   fmt::format(R"({{"Timeout":60,"Cookie":{{"NotifySeq":0,"NoticeSeq":{},)"
                               R"("LongPollingId":"{}"}}}})",
                               cursor_, poll_id_));
  }
  ApiReply PollRoom(const std::string& key, int start) {
    return a_.Send("v1/group_open_long_polling_http_noauth_svc/get_msg",
                   fmt::format(R"({{"StartSeq":{},"HoldTime":90,"Key":"{}"}})", start, key));
  }
  ApiReply SendText(std::uint64_t random) {
    return a_.Send(
        "v4/group_open_http_svc/send_group_msg",
        fmt::format(R"({{"GroupId":"room_1","From_Account":"user_a","Random":{},"MsgBody":{},)"
                    R"("MsgPriority":"COMMON"}})",
                    random, kTextElements));
  }

  /// Polls until an event of that type comes, of notices one with that report.
  json NextEvent(int type, int report = 0) {
    constexpr int kMostPolls = 10;
    for (int i = 0; i < kMostPolls; ++i) {
      const ApiReply reply = PollAccount();
      if (reply.json.value("ErrorCode", -1) == kPollTimedOut) continue;
      for (const json& event : reply.json.at("EventArray")) {
        const char* const entries = event.at("Event") == 9 ? "C2cMsgArray" : "GroupTips";
        const json& entry = event.at(entries).at(0);
        cursor_ = entry.at("NoticeSeq");
        if (event.at("Event") != type) continue;
        if (type == 9 || entry.at("MsgBody").at("ReportType") == report) return event;
      }
    }
    ADD_FAILURE() << "no event " << type;
    return {};
  }

  /// Begins a poll that confirms what has come. Unconfirmed notices come by the room's poll once
  /// the account's has been away for twice the hold, which may pass on a busy machine.
  [[nodiscard]] std::unique_ptr<HeldPoll> ConfirmNotices() {
    auto poll = a_.PollAccount(cursor_);
    EXPECT_TRUE(Eventually([&] { return server_.Polls() == 1 || poll->is_answered(); }));
    return poll;
  }

  // The numbers are those of the recorded requests.

  void LogsIn() {  // 1 to 7
    ExpectOk(a_.LogIn(), R"("TinyId":"<digits>","A2Key":"<key>")");
    ExpectOk(
        a_.Send("v4/profile/portrait_get",
                R"({"From_Account":"user_a","To_Account":["user_a"],)"
                R"("TagList":["Tag_Profile_IM_Nick","Tag_Profile_IM_Image"]})"),
        R"("UserProfileItem":[{"To_Account":"user_a","ProfileItem":[)"
        R"({"Tag":"Tag_Profile_IM_Nick","Value":""},{"Tag":"Tag_Profile_IM_Image","Value":""}],)"
        R"("ResultCode":0,"ResultInfo":""}],"CurrentStandardSequence":0)");
    ExpectOk(a_.Send("v4/imopenstat/web_report",
                     R"({"EvtItems":[{"UniqKey":"f15cd0346f_1700000000_3994106872","EventId":1,)"
                     R"("ReportTime":1700000000,"MsgCmdErrorCode":{"Code":0,"ErrMsg":""}}],)"
                     R"("MainVersion":"1.7.0","Version":"0"})"));
    ExpectOk(a_.Send("v4/group_open_http_svc/get_joined_group_list",
                     R"({"Member_Account":"user_a","Limit":1000,"Offset":0,)"
                     R"("ResponseFilter":{"GroupBaseInfoFilter":["NextMsgSeq"]}})"),
             R"("TotalCount":0,"GroupIdList":[])");
    ExpectOk(a_.Send("v4/openim/authkey", "{}"), R"("AuthKey":"","IpList":[],"ExpireTime":0)");
    ExpectOk(a_.Send("v4/profile/portrait_set",
                     R"({"From_Account":"user_a",)"
                     R"("ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"user_a"}]})"));
    const ApiReply id = a_.Send("v4/openim/getlongpollingid", "{}");
    ExpectOk(id, R"("LongPollingId":"<digits>","Timeout":5)");
    poll_id_ = id.Text("LongPollingId");
  }

  void WaitsForNothing() {  // 8
    ExpectFail(PollAccount(), 60008, "timeout");
  }

  void IsNotifiedOfTheRoom() {  // 9 and 10
    ExpectFail(a_.Send("v4/group_open_http_svc/apply_join_group", R"({"GroupId":"room_1"})"), 10010,
               "group not exist");
    CreateRoom("room_1");
    Join("room_1");
    ASSERT_EQ(api_.Call("multi_room", "add_pusher", PusherBody("room_1", "guest")).code(), kOk);
    ExpectLike(NextEvent(5, kPushersChanged),
               NoticeEvent(R"({"Operator_Account":"admin","ReportType":255,"UserDefinedField":)"
                           R"("{\"cmd\":\"notifyPusherChange\",\"data\":\"\"}"})"));
    ASSERT_EQ(api_.Call("multi_room", "destroy_room", MemberBody("room_1", "host")).code(), kOk);
    ExpectLike(NextEvent(5, kGroupEnded),
               NoticeEvent(R"({"Operator_Account":"admin","ReportType":5})"));
  }

  void TalksInTheRoom() {  // 11 and 12
    constexpr std::uint64_t kRandom = 3730269882;
    CreateRoom("room_1");
    const std::string key = Join("room_1");
    ExpectOk(SendText(kRandom), R"("MsgTime":"<time>","MsgSeq":1)");
    const ApiReply reply = PollRoom(key, 0);
    ExpectOk(reply, fmt::format(R"("NextSeq":2,"HoldTime":5,"Key":"{}","RspMsgList":[{}])", key,
                                GroupEntry(1, kRandom, kTextElements)));
    EXPECT_THAT(reply.text, HasSubstr(std::string("\"MsgBody\":") + kTextElements)) << "as sent";
    NextEvent(5, kPushersChanged);
    {
      const auto confirming = ConfirmNotices();
      ExpectOk(PollRoom(key, 2),
               fmt::format(R"("NextSeq":2,"HoldTime":5,"Key":"{}","RspMsgList":[])", key));
      ExpectFail(confirming->Reply(), kPollTimedOut, "timeout");
    }
    CreateRoom("room_2");
    const std::string other = Join("room_2");
    NextEvent(5, kPushersChanged);
    const auto confirming = ConfirmNotices();
    ExpectOk(PollRoom(key, 2),
             fmt::format(R"("NextSeq":1,"HoldTime":5,"Key":"{}","RspMsgList":[])", other));
  }

  void ReceivesDirectMessages() {  // 13 to 16
    ExpectOk(b_.LogIn(), R"("TinyId":"<digits>","A2Key":"<key>")");
    ExpectOk(b_.Send("v4/openim/sendmsg",
                     fmt::format(R"({{"From_Account":"user_b","To_Account":"user_a",)"
                                 R"("MsgTimeStamp":1700000000,"MsgSeq":6263637,)"
                                 R"("MsgRandom":1629167728,"MsgBody":{}}})",
                                 kLinkMicElements)),
             R"("MsgTime":"<time>")");
    ExpectLike(NextEvent(9),
               fmt::format(R"({{"Event":9,"C2cMsgArray":[{{"NoticeSeq":"<number>",)"
                           R"("From_Account":"user_b","To_Account":"user_a","MsgSeq":6263637,)"
                           R"("MsgRandom":1629167728,"MsgTimeStamp":"<time>","MsgBody":{}}}]}})",
                           kLinkMicElements));
    ExpectOk(a_.Send("v4/openim/msgreaded",
                     R"({"C2CMsgReaded":{"Cookie":"","C2CMsgReadedItem":[)"
                     R"({"To_Account":"user_b","LastedMsgTime":1700000000}]}})"));
    const auto poll = b_.PollAccount();
    ChannelCaller other = server_.Caller("user_b");
    ExpectFail(poll->Reply(), 91101, "kicked by another login");
    ASSERT_EQ(other.SendDirect("user_a", "{}"), 0);
    ASSERT_EQ(other.SendDirect("user_a", "{}"), 0);
  }

  void ReadsTheHistory() {  // 17 and 18
    Join("room_1");
    for (std::uint64_t random = 2; random <= 8; ++random) ASSERT_EQ(SendText(random).status, 200);
    std::vector<std::string> entries;
    for (int seq = 7; seq >= 4; --seq) {
      entries.push_back(GroupEntry(seq, static_cast<std::uint64_t>(seq), kTextElements));
    }
    ExpectOk(a_.Send("v4/group_open_http_svc/group_msg_get",
                     R"({"GroupId":"room_1","ReqMsgSeq":7,"ReqMsgNumber":4})"),
             fmt::format(R"("GroupId":"room_1","IsFinished":1,"RspMsgList":[{},{},{},{}])",
                         entries[0], entries[1], entries[2], entries[3]));
    const ApiReply page =
        a_.Send("v4/openim/getroammsg", R"({"Peer_Account":"user_b","MaxCnt":2,"LastMsgTime":0,)"
                                        R"("MsgKey":""})");
    const auto entry = [](int number) {
      return fmt::format(
          R"({{"From_Account":"user_b","To_Account":"user_a","MsgSeq":{0},"MsgRandom":{0},)"
          R"("MsgTimeStamp":"<time>","MsgBody":[{{"MsgType":"TIMCustomElem",)"
          R"("MsgContent":{{"Data":"{{}}","Desc":"","Ext":""}}}}]}})",
          number);
    };
    ExpectOk(page, fmt::format(R"("Complete":0,"MaxCnt":2,"LastMsgTime":"<time>",)"
                               R"("MsgKey":"<digits>","MsgList":[{},{}])",
                               entry(1), entry(2)));
  }

  void Leaves() {  // 19 and 20
    ExpectOk(a_.Send("v4/group_open_http_svc/quit_group", R"({"GroupId":"room_1"})"));
    ExpectOk(a_.Send("v4/openim/longpollinglogout",
                     fmt::format(R"({{"LongPollingId":"{}"}})", poll_id_)));
  }

  ChannelServer server_{"5s", {{"room.heartbeat_timeout", "1h"}}};  // no pusher sends any
  ApiClient api_ = server_.process().Https();
  ChannelCaller a_{server_.connect(), "user_a"};
  ChannelCaller b_{server_.connect(), "user_b"};
  std::string poll_id_;
  std::uint64_t cursor_ = 0;
};

TEST_F(ChannelVectors, OfASessionAreAnsweredAsRecorded) {
  LogsIn();
  WaitsForNothing();
  IsNotifiedOfTheRoom();
  TalksInTheRoom();
  ReceivesDirectMessages();
  ReadsTheHistory();
  Leaves();
}

struct GuardRow {
  const char* name;
  json elements;
  const char* priority = "COMMON";
  int code = 0;
  std::string command = {};  ///< custom data of the first element as it arrives
};

std::vector<GuardRow> GuardRows() {
  const std::string made = R"({"cmd":"CustomTextMsg","data":{"nickName":"user_b","headPic":""}})";
  const std::string bare = R"({"cmd":"CustomTextMsg","data":{}})";
  const auto command = [](const std::string& nick) {
    return R"({"cmd":"CustomTextMsg","data":{"nickName":")" + nick + R"(","headPic":""}})";
  };
  const auto alone = [](json element) { return json::array({std::move(element)}); };
  const json image = {{"MsgType", "TIMImageElem"}, {"MsgContent", json::object()}};
  return {
      {"plain text", alone(TextElement("plain \"text\"")), "COMMON", 0, made},
      {"a quote", json::array({CustomElement(command("a\"b")), TextElement("x")}), "COMMON", 0,
       command(R"(a\"b)")},
      {"braces", json::array({CustomElement(command("a}}b")), TextElement("x")}), "COMMON", 0,
       command(R"(a\u007d\u007db)")},
      {"braces in the text", json::array({CustomElement(bare), TextElement("}} [微笑] }}")}),
       "COMMON", 0, bare},
      {"a like", alone(TextElement("love_msg")), "LOVEMSG", 0, made},
      {"no JSON", alone(CustomElement("not json")), "COMMON", kRefusedContent},
      {"null", alone(CustomElement("null")), "COMMON", kRefusedContent},
      {"no data", alone(CustomElement(R"({"cmd":"CustomTextMsg"}})")), "COMMON", kRefusedContent},
      {"an image", alone(image), "COMMON", kRefusedContent},
      {"no content", alone({{"MsgType", "TIMTextElem"}}), "COMMON", kBadJson},
  };
}

TEST_F(ChannelVectors, OfTheGuardAreRelayedOrRefused) {
  CreateRoom("room_1");
  ChannelCaller sender = server_.Caller("user_b");
  const std::string key = sender.Join("room_1");
  std::uint64_t next = 0;
  std::uint64_t random = 0;
  for (const GuardRow& row : GuardRows()) {
    SCOPED_TRACE(row.name);
    ASSERT_EQ(
        sender.CodeOf("v4/group_open_http_svc/send_group_msg", {{"GroupId", "room_1"},
                                                                {"Random", ++random},
                                                                {"MsgBody", row.elements},
                                                                {"MsgPriority", row.priority}}),
        row.code);
    if (row.code != 0) continue;
    const json reply = sender.PollRoom(key, next)->Json();
    ASSERT_EQ(reply.at("RspMsgList").size(), 1U) << reply;
    next = reply.at("NextSeq");
    const json& entry = reply.at("RspMsgList").at(0);
    EXPECT_EQ(entry.at("MsgPriority"), 2) << "common";
    const json& elements = entry.at("MsgBody");
    EXPECT_EQ(elements.at(0).at("MsgContent").at("Data"), row.command);
    EXPECT_EQ(elements.back(), row.elements.back()) << "the text is unchanged";
  }
}

}  // namespace
}  // namespace rtcroom
