// Frames that no SDK sends: each is answered with a code, and changes nothing.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sdk_client.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::IsEmpty;

constexpr int kNone = -1;  ///< no reply

std::string Repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

/// Replaces `$` in `text` by `with`.
std::string Filled(std::string text, std::string_view with) {
  for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at)) {
    text.replace(at, 1, with);
    at += with.size();
  }
  return text;
}

/// Alice, whose frames they are, and Bob, with whom she is in a room.
class TimHostile : public testing::Test {
 protected:
  void SetUp() override {
    server_.MakeRoom(RoomKind::kMulti, "room_1");
    alice_ = SdkClient::LoggedIn(server_, "alice");
    bob_ = SdkClient::LoggedIn(server_, "bob");
    for (SdkClient* const client : {alice_.get(), bob_.get()}) (void)client->Join("room_1");
    (void)bob_->SendDirect("alice", "hello", 1);
    (void)alice_->SendDirect("bob", "hello", 2);
    server_.Tick(std::chrono::seconds(10));
    (void)bob_->Pushes();
    login_ = alice_->login();
  }
  /// A socket that has sent one frame of hers; `$` stands for her login in the head.
  std::unique_ptr<SdkClient> SocketWith(const std::string& frame) {
    auto socket = std::make_unique<SdkClient>(server_);
    socket->SendText(Filled(frame, fmt::format(R"("a2":{},"tinyid":{})", login_["a2"].dump(),
                                               login_["tinyid"].dump())));
    server_.Follow();
    return socket;
  }
  /// What others can see of what a frame has changed.
  std::string State() {
    json state = {
        bob_->Ask("openim.getroammsg", {{"Peer_Account", "alice"}, {"MaxCnt", 20}}),
        bob_->Ask("group_open_http_svc.group_msg_get",
                  {{"GroupId", "room_1"}, {"ReqMsgNumber", 20}}),
        bob_->Ask("group_open_http_svc.get_group_member_info", {{"GroupId", "room_1"}}),
        bob_->Ask("openim.get_peer_read_time", {{"To_Account", {"alice"}}}),
        bob_->Ask("profile.portrait_get_all", {{"UserItem", {{{"To_Account", "alice"}}}}})};
    EXPECT_THAT(bob_->Pushes(), IsEmpty()) << "nobody is told";
    server_.Tick(std::chrono::seconds(10));  // for the rate of requests
    return state.dump();
  }
  /// The code of the only reply; `kNone` without one.
  static int CodeIn(SdkClient& socket) {
    const std::vector<json> replies = socket.Pushes();
    if (replies.empty()) return kNone;
    EXPECT_EQ(replies.size(), 1U);
    const bool is_failure = replies[0]["ErrorCode"] != 0;
    EXPECT_EQ(replies[0]["ActionStatus"], is_failure ? "FAIL" : "OK");
    EXPECT_EQ(replies[0]["ErrorInfo"] != "", is_failure);
    return replies[0]["ErrorCode"];
  }

  ChannelFixture server_;
  std::unique_ptr<SdkClient> alice_;
  std::unique_ptr<SdkClient> bob_;
  json login_;
};

TEST_F(TimHostile, FramesAreAnsweredWithACodeAndChangeNothing) {
  const auto head = [](const char* servcmd, const std::string& more) {
    return fmt::format(R"({{"head":{{"servcmd":"{}","seq":1{}}},"body":{{}}}})", servcmd, more);
  };
  const std::string bob = bob_->login()["tinyid"].dump();
  const std::vector<std::pair<std::string, int>> frames = {
      {head("openim.sendmsg ", ",$"), 60002},
      {head("openim.sendmsg\\u0000", ",$"), 60002},
      {head("\\ud800", ",$"), 60002},
      {head("openim.getmsg", ""), 70001},
      {head("openim.getmsg", R"(,"a2":"","tinyid":"")"), 70001},
      {head("openim.getmsg", R"(,"a2":{},"tinyid":1)"), 70001},
      {head("openim.getmsg", R"(,"a2":"x","tinyid":"1")"), 70001},
      {head("openim.getmsg", R"(,"a2":)" + login_["a2"].dump() + R"(,"tinyid":)" + bob), 70001},
      {head("openim.getmsg", R"(,"a2":")" + std::string(20'000, 'a') + R"(","tinyid":"1")"), 70001},
      {head("im_open_status.wslogin", R"(,"identifier":"","usersig":"")"), 10004},
      {head("im_open_status.wslogin", R"(,"identifier":"alice")"), 70009},
      {head("im_open_status.wslogin", R"(,"identifier":1,"usersig":2)"), 10004},
      {head("im_open_status.wslogin",
            R"(,"identifier":"alice","usersig":")" + std::string(60'000, 'x') + "\""),
       70009},
      {head("im_open_status.wslogin", R"(,"a2":"x","tinyid":"1")"), 70001}};
  struct HostileBody {
    const char* servcmd = "";
    std::string body{};
    int code = 0;
  };
  const std::string text = R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}])";
  const std::string huge = "99999999999999999999";
  const std::string body = R"("MsgBody":)" + text + "}";
  const std::string direct = R"({"To_Account":"bob","MsgRandom":1,)";
  const char* const send = "openim.sendmsg";
  const char* const to_group = "group_open_http_svc.send_group_msg";
  const char* const join = "group_open_http_svc.apply_join_group";
  const std::vector<HostileBody> bodies = {
      {send, "[]", 60003},
      {send, "1", 60003},
      {send, "\"x\"", 60003},
      {send, "{}", 10004},
      {send, R"({"A":[1)" + Repeated(",1", 2000) + "]}", 10004},
      {send, R"({"To_Account":null,"MsgRandom":1,)" + body, 10004},
      {send, R"({"To_Account":["bob"],"MsgRandom":1,)" + body, 60003},
      {send, R"({"To_Account":"","MsgRandom":1,)" + body, 10004},
      {send, R"({"To_Account":"b\u0000b","MsgRandom":1,)" + body, 10004},
      {send, R"({"To_Account":"bob",)" + body, 10004},
      {send, R"({"To_Account":"bob","MsgRandom":-1,)" + body, 10004},
      {send, R"({"To_Account":"bob","MsgRandom":1.5,)" + body, 10004},
      {send, R"({"To_Account":"bob","MsgRandom":)" + huge + R"(,)" + body, 10004},
      {send, direct + R"("MsgSeq":{},)" + body, 60003},
      {send, R"({"To_Account":"bob","MsgRandom":1})", 10004},
      {send, direct + R"("MsgBody":{}})", 60003},
      {send, direct + R"("MsgBody":[]})", 60003},
      {send, direct + R"("MsgBody":[1]})", 60003},
      {send, direct + R"("MsgBody":[{"MsgType":1}]})", 60003},
      {send, direct + R"("MsgBody":[{"MsgType":"TIMImageElem","MsgContent":{}}]})", 80001},
      {send, direct + R"("MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":1}}]})", 60003},
      {send,
       direct + R"("MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":")" +
           std::string(13'000, 'x') + R"("}}]})",
       80002},
      {send, direct + R"("CloudCustomData":")" + std::string(2000, 'x') + R"(",)" + body, 80002},
      {send, direct + R"("CloudCustomData":[1],)" + body, 60003},
      {send, direct + R"("MsgClientTime":1e30,)" + body, 10004},
      {to_group, "{}", 10004},
      {to_group, R"({"GroupId":{},"Random":1,)" + body, 60003},
      {to_group, R"({"GroupId":"absent","Random":1,)" + body, 10007},
      {to_group, R"({"GroupId":"room_1","Random":")" + huge + R"(",)" + body, 60003},
      {to_group, R"({"GroupId":"room_1","Random":1,"MsgPriority":[],)" + body, 60003},
      {join, "{}", 10004},
      {join, R"({"GroupId":"absent"})", 10010},
      {join, R"({"GroupId":"\n"})", 10010},
      {join, R"({"GroupId":")" + std::string(50'000, 'r') + "\"}", 10010},
      {join, R"({"GroupId":"room_1"})", 10013},
      {"group_open_http_svc.quit_group", R"({"GroupId":1.5})", 60003},
      {"group_open_http_svc.create_group", R"({"GroupId":[]})", 60003},
      {"openim.msgreaded", R"({"C2CMsgReaded":[]})", 60003},
      {"openim.msgreaded", R"({"C2CMsgReaded":{"C2CMsgReadedItem":{}}})", 60003},
      {"openim.msgreaded",
       R"({"C2CMsgReaded":{"C2CMsgReadedItem":[{"To_Account":"bob","LastedMsgTime":)" + huge +
           "}]}}",
       10004},
      {"openim.msgreaded",
       R"({"C2CMsgReaded":{"C2CMsgReadedItem":[)" + Repeated("{},", 900) + "{}]}}", 10004},
      {"openim.read_all_unread_msg", R"({"GroupReadInfo":[{"GroupId":"room_1","MsgSeq":-1}]})",
       10004},
      {"openim.c2c_msg_read_receipt", R"({"Peer_Account":"carol","C2CMsgInfo":[{"MsgSeq":1}]})",
       10004},
      {"group_open_http_svc.msg_read_report", R"({"GroupId":"room_1","MsgReadedSeq":"9e9"})",
       60003},
      {"openim.getmsg", R"({"Cookie":{}})", 60003},
      {"openim.getroammsg", R"({"Peer_Account":"bob","MaxCnt":-5})", 10004},
      {"openim.getroammsg", R"({"Peer_Account":"bob","LastMsgTime":1e99})", 10004},
      {"group_open_http_svc.group_msg_get", R"({"GroupId":"absent"})", 10010},
      {"group_open_http_svc.group_msg_get", R"({"GroupId":"room_1","ReqMsgSeq":"x"})", 60003},
      {"group_open_http_svc.get_group_member_info", R"({"GroupId":"room_1","Offset":1e18})", 10004},
      {"group_open_http_svc.get_specified_group_member_info",
       R"({"GroupId":"room_1","Member_List_Account":[{}]})", 60003},
      {"group_open_http_svc.get_group_self_member_info",
       R"({"GroupIdList":[)" + Repeated("\"x\",", 60) + "\"x\"]}", 10004},
      {"profile.portrait_get_all", R"({"UserItem":[{"To_Account":[]}]})", 60003},
      {"profile.portrait_set", R"({"ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":{}}]})",
       60003},
      {"recentcontact.batch_delete", R"({"ContactItem":[{"Type":"x"}]})", 60003},
  };
  const std::string before = State();
  for (const auto& [frame, code] : frames) {
    const auto socket = SocketWith(frame);
    EXPECT_EQ(socket->close_code(), 0) << frame.substr(0, 120);
    EXPECT_EQ(CodeIn(*socket), code) << frame.substr(0, 120);
  }
  for (const auto& [servcmd, members, code] : bodies) {
    const auto socket = SocketWith(
        fmt::format(R"({{"head":{{"servcmd":"{}","seq":1,$}},"body":{}}})", servcmd, members));
    EXPECT_EQ(socket->close_code(), 0) << servcmd << ' ' << members.substr(0, 120);
    EXPECT_EQ(CodeIn(*socket), code) << servcmd << ' ' << members.substr(0, 120);
    server_.Tick(std::chrono::seconds(1));
  }
  EXPECT_EQ(State(), before);
  EXPECT_EQ(alice_->Ask("im_open_status.wshello")["ErrorCode"], 0) << "her own login is not over";
}

}  // namespace
}  // namespace rtcroom
