// The hazards of the clients' SDK (webim_wx.js 1.7.0), numbered H1 to H11, one test or more for
// each: what the server does so that a phone with it neither loses a room nor floods the server.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/channel_server.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::seconds kHold{5};

/// Type and group of each notice in a reply of either poll.
std::vector<std::pair<int, std::string>> NoticesIn(const json& reply) {
  std::vector<std::pair<int, std::string>> notices;
  const auto read = [&](const json& entry) {
    notices.emplace_back(entry.at("MsgBody").at("ReportType"), entry.at("ToGroupId"));
  };
  for (const json& event : reply.value("EventArray", json::array())) {
    if (event.at("Event") != 5) continue;
    for (const json& entry : event.at("GroupTips")) read(entry);
  }
  for (const json& entry : reply.value("RspMsgList", json::array())) {
    if (entry.at("Event") == 5) read(entry);
  }
  return notices;
}

std::vector<std::string> TextsIn(const json& reply) {
  std::vector<std::string> messages;
  for (const json& entry : reply.at("RspMsgList")) {
    if (entry.at("Event") == 3) messages.push_back(TextIn(entry));
  }
  return messages;
}

/// Each text once, in the order of their numbers.
std::vector<std::string> DistinctTexts(const ChannelPhone& phone) {
  std::vector<std::string> texts;
  std::uint64_t last = 0;
  for (const ReceivedText& received : phone.texts()) {
    if (received.seq > last) texts.push_back(received.text);
    last = std::max(last, received.seq);
  }
  return texts;
}

class ChannelHazards : public testing::Test {
 protected:
  explicit ChannelHazards(const char* hold = "5s") : server_(hold) {}

  void CreateRoom(const char* room) {
    ASSERT_EQ(api_.Call("multi_room", "create_room", CreateBody("host", room)).code(), kOk);
  }
  void Enter(const char* room, const char* user) {
    ASSERT_EQ(api_.Call("multi_room", "add_pusher", PusherBody(room, user)).code(), kOk);
  }
  void End(const char* room) {
    ASSERT_EQ(api_.Call("multi_room", "destroy_room", MemberBody(room, "host")).code(), kOk);
  }

  ChannelServer server_;
  ApiClient api_ = server_.process().Https();
};

/// Its polls wait as long as they may: one that is answered earlier was answered for a reason.
class ChannelHazardsInTime : public ChannelHazards {
 protected:
  ChannelHazardsInTime() : ChannelHazards("55s") {}

  static constexpr std::chrono::seconds kLongHold{55};
};

TEST_F(ChannelHazards, H1PollsOfKeysThatLeadNowhereAreHeldAndNeverFail) {
  CreateRoom("r1");
  CreateRoom("ended");
  ChannelCaller bob = server_.Caller("bob");
  ChannelCaller kicked = server_.Caller("alice");
  ChannelCaller left = server_.Caller("carol");
  ChannelCaller gone = server_.Caller("dave");
  const std::string of_bob = bob.Join("r1");
  const std::string of_kicked = kicked.Join("r1");
  const std::string of_left = left.Join("ended");
  const std::string of_gone = gone.Join("r1");
  const ChannelCaller alice = server_.Caller("alice");
  End("ended");
  ASSERT_EQ(gone.CodeOf("v4/openim/longpollinglogout"), 0);
  const ChannelCaller stranger(server_.connect(), "nobody");
  std::string altered = of_bob;
  altered.back() = altered.back() == '0' ? '1' : '0';

  struct Row {
    const char* name;
    const ChannelCaller& caller;
    std::string key;
    std::unique_ptr<HeldPoll> poll;
  };
  std::vector<Row> rows;
  const auto begin = [&](const char* name, const ChannelCaller& caller, const std::string& key) {
    rows.push_back({name, caller, key, caller.PollRoom(key, 7)});
  };
  begin("unknown", alice, "50e1367507ae4596ca7bbc76247b071a");
  begin("empty", alice, "");
  begin("of another account", alice, of_bob);
  begin("altered", alice, altered);
  begin("of a kicked login", kicked, of_kicked);
  begin("of a room that ended", left, of_left);
  begin("after a logout", gone, of_gone);
  begin("without a login", stranger, of_bob);
  for (Row& row : rows) {
    SCOPED_TRACE(row.name);
    const json reply = row.poll->Json();
    EXPECT_EQ(ErrorCodeOf(reply), 0) << reply;
    EXPECT_EQ(reply.value("Key", "none"), row.key);
    EXPECT_EQ(reply.value("NextSeq", 0), 7);
    EXPECT_THAT(TextsIn(reply), IsEmpty());
    EXPECT_GE(row.poll->Duration(), kHold);
  }
}

TEST_F(ChannelHazards, H2NoticesReachAPhoneWhoseRoomPollHasEnded) {
  CreateRoom("r1");
  ChannelCaller phone = server_.Caller("alice");
  phone.Join("r1");  // and no poll of the room
  std::uint64_t cursor = 0;
  const auto receives = [&](int type) {
    const json reply = phone.PollAccount(cursor)->Json();
    const auto notices = NoticesIn(reply);
    if (notices.empty()) return false;
    cursor = reply.at("EventArray").at(0).at("GroupTips").at(0).at("NoticeSeq");
    return notices.back() == std::pair(type, std::string("r1"));
  };
  Enter("r1", "guest");
  EXPECT_TRUE(Eventually([&] { return receives(kPushersChanged); }));
  End("r1");
  EXPECT_TRUE(Eventually([&] { return receives(kGroupEnded); }));
}

TEST_F(ChannelHazards, H2NoticesGoByTheRoomsPollWhileTheAccountsIsAway) {
  CreateRoom("r1");
  ChannelCaller phone = server_.Caller("alice");
  const std::string key = phone.Join("r1");
  Enter("r1", "guest");
  json reply;
  ASSERT_TRUE(Eventually([&] {
    reply = phone.PollRoom(key)->Json();
    return !NoticesIn(reply).empty();
  }));
  EXPECT_THAT(NoticesIn(reply), Contains(std::pair(kPushersChanged, std::string("r1"))));
  EXPECT_EQ(reply.at("RspMsgList").at(0).at("From_Account"), "@TIM#SYSTEM");
}

TEST_F(ChannelHazards, H3NoMemberStopsThePollsOfTheOthers) {
  CreateRoom("r1");
  ChannelCaller hostile = server_.Caller("mallory");
  ChannelCaller phone = server_.Caller("alice");
  hostile.Join("r1");
  const std::string key = phone.Join("r1");
  const json attempts[] = {json::array({CustomElement("not json")}),
                           json::array({CustomElement("null"), TextElement("x")}),
                           json::array({CustomElement(R"({"cmd":"CustomTextMsg","data":1}})")}),
                           json::array({TextElement("}}")}),
                           json::array({TextElement("{\"cmd\":")}),
                           json::array({TextElement("x"), CustomElement("}}")}),
                           json::array({{{"MsgType", "TIMSoundElem"}, {"MsgContent", {{"a", 1}}}}}),
                           json::array({{{"MsgType", "TIMTextElem"}}}),
                           json::array()};
  std::uint64_t random = 1000;
  for (const json& elements : attempts) {
    for (const char* priority : {"COMMON", "LOVEMSG", "REDPACKET"}) {
      const int code =
          hostile.CodeOf("v4/group_open_http_svc/send_group_msg", {{"GroupId", "r1"},
                                                                   {"Random", ++random},
                                                                   {"MsgBody", elements},
                                                                   {"MsgPriority", priority}});
      EXPECT_THAT((std::vector{0, kRefusedContent, kBadJson}), Contains(code)) << elements;
    }
  }
  ASSERT_EQ(hostile.SendText("r1", "the last"), 0);
  std::uint64_t next = 0;
  std::vector<std::string> texts;
  ASSERT_TRUE(Eventually([&] {
    const json reply = phone.PollRoom(key, next)->Json();
    next = reply.at("NextSeq");
    for (const json& entry : reply.at("RspMsgList")) {
      texts.push_back(TextIn(entry));
      EXPECT_EQ(entry.at("MsgPriority"), 2);
      // As the libraries read it.
      std::string content;
      for (const json& element : entry.at("MsgBody")) {
        const json& fields = element.at("MsgContent");
        content += fields.at(fields.contains("Text") ? "Text" : "Data").get<std::string>();
      }
      const std::string command = content.substr(0, content.find("}}") + 2);
      EXPECT_TRUE(json::parse(command, nullptr, false).is_object()) << content;
    }
    return !texts.empty() && texts.back() == "the last";
  }));
}

TEST_F(ChannelHazards, H4PollsThatShareAPositionReceiveEachTextOnce) {
  constexpr int kTexts = 30;
  CreateRoom("r1");
  const auto phone = server_.Phone("alice");
  for (int i = 0; i < 3; ++i) ASSERT_EQ(phone->Join("r1"), 0);
  ASSERT_TRUE(Eventually([&] { return server_.Polls() == 4; })) << "with that of the account";
  ChannelCaller sender = server_.Caller("bob");
  sender.Join("r1");
  std::vector<std::string> sent;
  for (int i = 0; i < kTexts; ++i) {
    sent.push_back(std::to_string(i));
    ASSERT_EQ(sender.SendText("r1", sent.back()), 0);
  }
  ASSERT_TRUE(Eventually([&] { return DistinctTexts(*phone).size() == kTexts; }));
  EXPECT_EQ(DistinctTexts(*phone), sent);
  EXPECT_EQ(phone->room_failures(), 0);
  EXPECT_TRUE(phone->texts().size() == kTexts || server_.Redeliveries() > 0);
}

TEST_F(ChannelHazardsInTime, H5AQuitThatArrivesAfterTheNextJoinEndsNothing) {
  CreateRoom("r1");
  CreateRoom("r2");
  ChannelCaller phone = server_.Caller("alice");
  phone.Join("r1");
  const std::string key = phone.Join("r2");
  EXPECT_EQ(phone.Quit("r1"), 0);
  ASSERT_EQ(phone.SendText("r2", "still here"), 0);
  EXPECT_THAT(TextsIn(phone.PollRoom(key)->Json()), ElementsAre("still here"));
}

TEST_F(ChannelHazardsInTime, H6PollsOfTheRoomThatWasLeftTakeOverThePlaceInTheNewOne) {
  CreateRoom("r1");
  CreateRoom("r2");
  ChannelCaller other = server_.Caller("bob");
  other.Join("r2");
  ASSERT_EQ(other.SendText("r2", "before the join"), 0);
  ChannelCaller phone = server_.Caller("alice");
  const std::string old_key = phone.Join("r1");
  const auto held = phone.PollRoom(old_key);
  ASSERT_TRUE(Eventually([&] { return server_.Polls() == 1; }));
  const std::string key = phone.Join("r2");
  const auto late = phone.PollRoom(old_key, 9);
  for (HeldPoll* const poll : {held.get(), late.get()}) {
    const json reply = poll->Json();
    EXPECT_EQ(ErrorCodeOf(reply), 0) << reply;
    EXPECT_EQ(reply.value("Key", ""), key);
    EXPECT_EQ(reply.value("NextSeq", 0), 2);
    EXPECT_THAT(TextsIn(reply), IsEmpty());
    EXPECT_LT(poll->Duration(), kLongHold) << "not when its hold was over";
  }
  ASSERT_EQ(other.SendText("r2", "after it"), 0);
  EXPECT_THAT(TextsIn(phone.PollRoom(key, 2)->Json()), ElementsAre("after it"));
}

TEST_F(ChannelHazards, H7PollsAreHeldAsLongAsTheServerSays) {
  CreateRoom("r1");
  ChannelCaller phone = server_.Caller("alice");
  EXPECT_EQ(phone.Call("v4/openim/getlongpollingid").json.value("Timeout", 0), kHold.count());
  const std::string key = phone.Join("r1");
  const auto room = phone.PollRoom(key);
  EXPECT_EQ(room->Json().value("HoldTime", 0), kHold.count());
  EXPECT_GE(room->Duration(), kHold);

  ChannelCaller elsewhere = server_.Caller("bob");
  const auto account = elsewhere.PollAccount();
  EXPECT_EQ(ErrorCodeOf(account->Json()), kPollTimedOut);
  EXPECT_GE(account->Duration(), kHold);
}

TEST(ChannelHazard, H7TheHoldIsFortyFiveSecondsUnlessConfigured) {
  constexpr int kUsualHold = 45;
  const ServerProcess server({.settings = WithLogins({{"channel.enabled", true}})});
  ChannelCaller phone([&] { return server.Https(); }, "alice");
  ASSERT_EQ(ErrorCodeOf(phone.LogIn().json), 0);
  EXPECT_EQ(phone.Call("v4/openim/getlongpollingid").json.value("Timeout", 0), kUsualHold);
}

TEST_F(ChannelHazards, H8ALogoutLeavesItsPollsToTheClient) {
  ChannelCaller phone = server_.Caller("alice");
  const auto room = phone.PollRoom("none");
  const auto account = phone.PollAccount();
  ASSERT_TRUE(Eventually([&] { return server_.Polls() == 2; }));
  ASSERT_EQ(phone.CodeOf("v4/openim/longpollinglogout"), 0);
  EXPECT_EQ(ErrorCodeOf(room->Json()), 0);
  EXPECT_EQ(ErrorCodeOf(account->Json()), kPollTimedOut);
  EXPECT_GE(room->Duration(), kHold);
  EXPECT_GE(account->Duration(), kHold);
  EXPECT_EQ(phone.CodeOf("v4/openim/authkey"), kNoLogin);
}

TEST_F(ChannelHazards, ALoginThatHasEndedIsRefusedAfterAKill) {
  ChannelCaller gone = server_.Caller("alice");
  ASSERT_EQ(gone.CodeOf("v4/openim/longpollinglogout"), 0);
  ChannelCaller kicked = server_.Caller("bob");
  ChannelCaller newer = server_.Caller("bob");
  server_.KillAndStart();
  EXPECT_EQ(gone.CodeOf("v4/openim/authkey"), kNoLogin);
  EXPECT_EQ(kicked.CodeOf("v4/openim/logout"), kOtherLogin);
  EXPECT_EQ(newer.CodeOf("v4/openim/authkey"), 0);
}

TEST_F(ChannelHazards, H9EveryReplyIsAnObjectWithItsThreeFields) {
  std::vector<std::unique_ptr<HeldPoll>> replies;
  ChannelCaller phone = server_.Caller("alice");
  const ChannelCaller stranger(server_.connect(), "nobody");
  const auto send = [&](const std::string& path, bool ends_login = false) {
    for (const json& body : {json::object(), json::array(), json(nullptr), json("x"), json(1)}) {
      replies.push_back(stranger.Begin(path, body));
      if (!ends_login) replies.push_back(phone.Begin(path, body));
    }
  };
  for (const char* command :
       {"openim/getlongpollingid", "openim/authkey", "openim/sendmsg", "openim/msgreaded",
        "openim/getmsg", "openim/getroammsg", "profile/portrait_get", "profile/portrait_set",
        "recentcontact/get", "imopenstat/web_report", "openim/deletemsg"}) {
    send(fmt::format("v4/{}", command));
  }
  for (const char* command :
       {"get_joined_group_list", "apply_join_group", "quit_group", "send_group_msg",
        "group_msg_get", "msg_read_report", "create_group", "destroy_group", "get_group_info",
        "get_group_public_info", "get_group_member_info", "get_role_in_group"}) {
    send(kGroups + std::string(command));
  }
  for (const char* command : {"login", "logout", "longpollinglogout"}) {
    send(fmt::format("v4/openim/{}", command), /*ends_login=*/true);
  }
  send(kAccountPoll);
  send(kRoomPoll);
  for (const auto& reply : replies) {
    EXPECT_EQ(reply->Reply().status, 200);
    EXPECT_NE(ErrorCodeOf(reply->Json()), -1) << reply->Reply();
  }
}

class ChannelRestarts : public ChannelHazards {
 protected:
  ChannelRestarts() {
    CreateRoom("r1");
    for (const char* name : {"one", "two", "three"}) {
      phones_.push_back(server_.Phone(name));
      EXPECT_EQ(phones_.back()->Join("r1"), 0);
    }
    ExpectToTalk("before");
  }

  /// All phones receive the text, and a notice that a pusher of that name came.
  void ExpectToTalk(const std::string& text) {
    std::vector<std::size_t> notices;
    for (const auto& phone : phones_) notices.push_back(phone->notices().size());
    ASSERT_TRUE(Eventually([&] { return phones_[0]->SendText("r1", text) == 0; }));
    ApiClient api = server_.process().Https();
    ASSERT_EQ(api.Call("multi_room", "add_pusher", PusherBody("r1", text)).code(), kOk);
    for (std::size_t i = 0; i < phones_.size(); ++i) {
      const ChannelPhone& phone = *phones_[i];
      EXPECT_TRUE(Eventually([&] {
        const std::vector<std::string> texts = DistinctTexts(phone);
        return !texts.empty() && texts.back() == text;
      })) << text;
      EXPECT_TRUE(Eventually([&] { return phone.notices().size() > notices[i]; })) << text;
    }
  }

  /// Both of each phone.
  void WaitForPolls() const {
    ASSERT_TRUE(
        Eventually([&] { return server_.Polls() == 2 * static_cast<double>(phones_.size()); }));
  }

  std::vector<std::unique_ptr<ChannelPhone>> phones_;
};

TEST_F(ChannelRestarts, H10AreNotNoticedWhenTheyArePlanned) {
  WaitForPolls();
  server_.process().HandOver();
  ExpectToTalk("handed-over");
  WaitForPolls();
  ASSERT_EQ(server_.process().Terminate(), 0);
  server_.process().Start();
  ExpectToTalk("restarted");
  for (const auto& phone : phones_) {
    EXPECT_EQ(phone->room_failures(), 0) << phone->account();
    EXPECT_THAT(DistinctTexts(*phone), ElementsAre("before", "handed-over", "restarted"));
    EXPECT_EQ(phone->texts().size(), 3U) << "each once";
  }
}

TEST_F(ChannelRestarts, H10AfterAKillCostEachPollOneFailure) {
  WaitForPolls();
  server_.KillAndStart();
  ExpectToTalk("killed");
  for (const auto& phone : phones_) {
    // Ten in a row end the room's poll for ever.
    EXPECT_LE(phone->room_failures(), 1) << phone->account();
    EXPECT_THAT(DistinctTexts(*phone), ElementsAre("before", "killed"));
    EXPECT_FALSE(phone->is_kicked());
  }
}

TEST_F(ChannelHazardsInTime, H11AJoinAfterARecentChangeIsFollowedByANotice) {
  CreateRoom("r1");
  ChannelCaller phone = server_.Caller("alice");
  Enter("r1", "alice");
  phone.Join("r1");
  EXPECT_THAT(NoticesIn(phone.PollAccount()->Json()),
              ElementsAre(std::pair(kPushersChanged, std::string("r1"))));
}

}  // namespace
}  // namespace rtcroom
