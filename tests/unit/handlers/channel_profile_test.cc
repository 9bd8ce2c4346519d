// The services profile, recentcontact and imopenstat.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/channel_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;

class Profiles : public testing::Test {
 protected:
  using Client = ChannelFixture::Client;

  json Set(const char* tag, const json& value) {
    return server_.Call(
        alice_, "profile/portrait_set",
        {{"From_Account", "alice"}, {"ProfileItem", {{{"Tag", tag}, {"Value", value}}}}});
  }
  /// The nick and the picture of an account.
  std::pair<std::string, std::string> Get(const std::string& account) {
    const json reply = server_.Call(alice_, "profile/portrait_get", {{"To_Account", {account}}});
    const json& items = reply["UserProfileItem"][0]["ProfileItem"];
    return {items[0]["Value"], items[1]["Value"]};
  }

  ChannelFixture server_;
  const Client alice_ = server_.LogIn("alice");
};

TEST_F(Profiles, AreEmptyAtFirst) {
  EXPECT_EQ(server_
                .Post(alice_, "profile/portrait_get",
                      R"({"From_Account":"alice","To_Account":["alice"],"TagList":)"
                      R"(["Tag_Profile_IM_Nick","Tag_Profile_IM_Image"]})")
                .body,
            R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","UserProfileItem":[{"To_Account":)"
            R"("alice","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":""},{"Tag":)"
            R"("Tag_Profile_IM_Image","Value":""}],"ResultCode":0,"ResultInfo":""}],)"
            R"("CurrentStandardSequence":0})");
  EXPECT_EQ(Get("stranger"), (std::pair<std::string, std::string>()));
}

TEST_F(Profiles, KeepNickAndPicture) {
  EXPECT_EQ(server_
                .Post(alice_, "profile/portrait_set",
                      R"({"From_Account":"bob","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick",)"
                      R"("Value":"A \"b\""},{"Tag":"Tag_Profile_IM_Gender","Value":1}]})")
                .body,
            kDoneReply);
  EXPECT_EQ(Get("alice").first, "A \"b\"");
  EXPECT_EQ(Set("Tag_Profile_IM_Image", "https://p.example/a.png")["ErrorCode"], 0);
  EXPECT_EQ(Get("alice"),
            (std::pair<std::string, std::string>("A \"b\"", "https://p.example/a.png")));
  EXPECT_EQ(Get("bob").first, "");
}

TEST_F(Profiles, ShortenWhatIsTooLong) {
  std::string nick;
  for (int i = 0; i < 50; ++i) nick += "名";
  EXPECT_EQ(Set("Tag_Profile_IM_Nick", nick)["ErrorCode"], 0);
  EXPECT_EQ(Get("alice").first, nick.substr(0, 126));
  EXPECT_EQ(Set("Tag_Profile_IM_Image", std::string(1025, 'x'))["ErrorCode"], 0);
  EXPECT_EQ(Get("alice").second, "");
}

TEST_F(Profiles, AcceptEmptyValues) {
  Set("Tag_Profile_IM_Nick", "A");
  EXPECT_EQ(Set("Tag_Profile_IM_Nick", nullptr)["ErrorCode"], 0);
  EXPECT_EQ(Get("alice").first, "");
  EXPECT_EQ(server_.Call(alice_, "profile/portrait_set")["ErrorCode"], 0);
}

TEST_F(Profiles, RefuseIllTypedValues) {
  EXPECT_EQ(Set("Tag_Profile_IM_Nick", json::array())["ErrorCode"], 60003);
  EXPECT_EQ(server_.Call(alice_, "profile/portrait_set", {{"ProfileItem", {1}}})["ErrorCode"],
            60003);
}

TEST_F(Profiles, NameTheSendersOfMessages) {
  server_.MakeRoom(RoomKind::kLive, "r1");
  Set("Tag_Profile_IM_Nick", "Alice A.");
  const std::string key = server_.Join(alice_, "r1");
  const auto poll = server_.PollRoom(alice_, key);
  server_.SendText(alice_, "r1", "x", 1);
  ASSERT_TRUE(poll->reply());
  EXPECT_EQ(json::parse(poll->reply()->body)["RspMsgList"][0]["GroupInfo"]["From_AccountNick"],
            "Alice A.");
}

TEST_F(Profiles, ReportsAreAcceptedWithoutEffect) {
  EXPECT_EQ(server_
                .Post(alice_, "imopenstat/web_report",
                      R"({"EvtItems":[{"UniqKey":"f15c","EventId":1}],"MainVersion":"1.7.0"})")
                .body,
            kDoneReply);
}

class Conversations : public Profiles {
 protected:
  json List(const json& request = json::object()) {
    return server_.Call(alice_, "recentcontact/get", request)["SessionItem"];
  }
  const Client bob_ = server_.LogIn("bob");
};

TEST_F(Conversations, AreEmptyAtFirst) {
  EXPECT_EQ(List({{"From_Account", "alice"}, {"Count", 20}}), json::array());
}

TEST_F(Conversations, AreListedNewestFirst) {
  server_.SendDirect(bob_, "alice", "one", 1);
  server_.SendDirect(bob_, "alice", "two", 2);
  server_.SendDirect(alice_, "carol", "three", 3);
  server_.MakeRoom(RoomKind::kLive, "r1");
  server_.Join(alice_, "r1");
  server_.SendText(alice_, "r1", "four", 4);
  EXPECT_EQ(List(), json::array({{{"Type", 2},
                                  {"ToAccount", "r1"},
                                  {"GroupNick", "r1"},
                                  {"GroupImage", ""},
                                  {"MsgGroupFrom_Account", "alice"},
                                  {"MsgGroupFromNickName", "alice"},
                                  {"MsgTimeStamp", 1700000060},
                                  {"MsgSeq", 1},
                                  {"MsgShow", "four"}},
                                 {{"Type", 1},
                                  {"To_Account", "carol"},
                                  {"MsgTimeStamp", 1700000000},
                                  {"MsgSeq", 3},
                                  {"MsgRandom", 3},
                                  {"MsgShow", "three"},
                                  {"UnreadMsgCount", 0}},
                                 {{"Type", 1},
                                  {"To_Account", "bob"},
                                  {"MsgTimeStamp", 1700000000},
                                  {"MsgSeq", 2},
                                  {"MsgRandom", 2},
                                  {"MsgShow", "two"},
                                  {"UnreadMsgCount", 2}}}));
  EXPECT_EQ(List({{"Count", 1}}).size(), 1U);
}

TEST_F(Conversations, ShowFacesAndOtherContents) {
  const auto show = [&](const json& elements, std::uint64_t random) {
    server_.Call(bob_, "openim/sendmsg",
                 {{"To_Account", "alice"}, {"MsgRandom", random}, {"MsgBody", elements}});
    return List()[0]["MsgShow"];
  };
  const json face = {{"MsgType", "TIMFaceElem"},
                     {"MsgContent", {{"Index", 1}, {"Data", "[微笑]"}}}};
  const json custom = {{"MsgType", "TIMCustomElem"},
                       {"MsgContent", {{"Data", "{}"}, {"Desc", ""}, {"Ext", ""}}}};
  EXPECT_EQ(show(json::array({ChannelFixture::Text("a"), face}), 1), "a[微笑]");
  EXPECT_EQ(show(json::array({custom}), 2), "[其他]");
}

}  // namespace
}  // namespace rtcroom
