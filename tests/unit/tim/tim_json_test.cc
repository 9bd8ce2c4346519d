#include "handlers/tim/tim_json.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "handlers/channel/channel_profile.h"
#include "handlers/shared/plain_message.h"
#include "tests/support/rooms.h"
#include "tests/unit/tim/recorded.h"

namespace rtcroom::tim {
namespace {

using nlohmann::json;
using testing::IsEmpty;

constexpr TimePoint At(std::int64_t seconds) { return TimePoint(std::chrono::seconds(seconds)); }

const SenderFacts kBob{.tiny_id = "77", .profile = {.nick = "Bob", .image = "b.png"}};

StoredMessage Sent(std::string body, bool is_unguarded) {
  return {.position = 41,
          .receiver = {"alice"},
          .content = {.sender = {"bob"},
                      .body = std::move(body),
                      .sent_at = At(1'700'000'007),
                      .is_unguarded = is_unguarded}};
}

StoredMessage SentBySdk() {
  StoredMessage message =
      Sent(R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":"a &lt; b"}}])", true);
  message.content.client_seq = 3'526'470'001;
  message.content.client_random = 22'394'300;
  message.content.client_time = 1'700'000'006;
  message.content.custom = R"({"k":1})";
  message.content.wants_receipt = true;
  return message;
}

json Text(const char* text) {
  return {{{"MsgType", "TIMTextElem"}, {"MsgContent", {{"Text", text}}}}};
}

TEST(DirectMessage, IsNamedByWhatItsSenderChose) {
  const json made = json::parse(DirectMessage(SentBySdk(), kBob));
  EXPECT_THAT(Difference(json::parse(kRecordedDirect), made), IsEmpty());
  EXPECT_EQ(made["From_Account"], "bob");
  EXPECT_EQ(made["To_Account"], "alice");
  EXPECT_EQ(made["MsgSeq"], 3'526'470'001);
  EXPECT_EQ(made["MsgRandom"], 22'394'300);
  EXPECT_EQ(made["MsgTimeStamp"], 1'700'000'007);
  EXPECT_EQ(made["MsgClientTime"], 1'700'000'006);
  EXPECT_EQ(made["TinyId"], "77");
  EXPECT_EQ(made["MsgBody"], Text("a &lt; b"));
  EXPECT_EQ(made["CloudCustomData"], R"({"k":1})");
  EXPECT_EQ(made["From_AccountNick"], "Bob");
  EXPECT_EQ(made["IsNeedReadReceipt"], 1);
}

TEST(DirectMessage, ToTheSendersOtherLoginsComesFromItsReceiver) {
  const json made = json::parse(DirectMessage(SentBySdk(), kBob, DirectForm::kSync, true));
  EXPECT_EQ(made["From_Account"], "alice");
  EXPECT_EQ(made["To_Account"], "bob");
  EXPECT_EQ(made["IsSyncMsg"], 1);
  EXPECT_EQ(made["IsPeerRead"], 1);
  EXPECT_EQ(made["TinyId"], "77");
}

TEST(DirectMessage, OfAnotherClientIsPlainAndNamedByItsPlace) {
  const json made = json::parse(DirectMessage(
      Sent(R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":"a &lt; b"}}])", false), kBob));
  EXPECT_EQ(made["MsgBody"], Text("a < b"));
  EXPECT_EQ(made["MsgSeq"], 41);
  EXPECT_EQ(made["MsgRandom"], 41);
  EXPECT_EQ(made["MsgClientTime"], made["MsgTimeStamp"]);
}

TEST(DirectMessage, OfTheSdkKeepsItsEntities) {
  StoredMessage message = SentBySdk();
  message.content.is_unguarded = false;
  EXPECT_EQ(json::parse(DirectMessage(message, kBob))["MsgBody"], Text("a &lt; b"));
}

TEST(GroupMessage, OfAnotherClientHasItsTextAndNick) {
  const MessageContent old{
      .nick = "Old Bob", .body = "<hi>", .type = MessageType::kText, .avatar = "o.png"};
  StoredMessage message = Sent(WriteElements(old, RoomKind::kMulti), false);
  message.seq = 3;
  const RoomId id{"meet_1"};
  const json made = json::parse(GroupMessage({.id = id, .name = "n"}, message, kBob));
  EXPECT_THAT(Difference(json::parse(kRecordedGroupMessage), made), IsEmpty());
  EXPECT_EQ(made["MsgSeq"], 3);
  EXPECT_EQ(made["MsgBody"], Text("<hi>"));
  EXPECT_EQ(made["GroupInfo"]["From_AccountNick"], "Old Bob");
  EXPECT_EQ(made["GroupInfo"]["From_AccountHeadurl"], "o.png");
  EXPECT_EQ(made["MsgPriority"], 2);
}

TEST(GroupMessage, OfARoomCommandIsCustom) {
  const MessageContent gift{.body = "3", .type = MessageType::kCustom, .cmd = "gift"};
  const RoomId id{"live_1"};
  const json made = json::parse(
      GroupMessage({.id = id}, Sent(WriteElements(gift, RoomKind::kLive), false), kBob));
  EXPECT_EQ(made["MsgBody"][0]["MsgType"], "TIMCustomElem");
  EXPECT_EQ(made["MsgBody"][0]["MsgContent"], json({{"Data", "3"}, {"Desc", "gift"}, {"Ext", ""}}));
  EXPECT_EQ(made["GroupInfo"]["GroupName"], "live_1");
}

TEST(GroupMessage, OfANewClientHasWhatItSent) {
  const RoomId id{"live_1"};
  const auto shown = [&](const MessageContent& content) {
    StoredMessage message = Sent("", false);
    message.content = content;
    return json::parse(GroupMessage({.id = id}, message, kBob));
  };
  const json text = shown(
      {.nick = "New Bob", .body = "<hi> &lt;", .type = MessageType::kText, .avatar = "n.png"});
  EXPECT_EQ(text["MsgBody"], Text("<hi> &lt;"));
  EXPECT_EQ(text["GroupInfo"]["From_AccountNick"], "New Bob");
  EXPECT_EQ(text["GroupInfo"]["From_AccountHeadurl"], "n.png");
  for (const char* const cmd : {"gift", ""}) {
    const json custom = shown({.body = "3", .type = MessageType::kCustom, .cmd = cmd});
    ASSERT_EQ(custom["MsgBody"].size(), 1u);
    EXPECT_EQ(custom["MsgBody"][0]["MsgContent"],
              json({{"Data", "3"}, {"Desc", cmd}, {"Ext", ""}}));
    EXPECT_EQ(custom["GroupInfo"]["From_AccountHeadurl"], "b.png") << "that of its profile";
  }
}

TEST(Events, HoldWhatTheSdkLooksFor) {
  const std::string message = DirectMessage(SentBySdk(), kBob);
  const json direct = json::parse(DirectEvent(message + "," + message));
  EXPECT_EQ(direct["Event"], 9);
  EXPECT_EQ(direct["C2cMsgArray"].size(), 2u);
  const ChannelTokens tokens(Secret("0123456789abcdef0123456789abcdef"));
  ReadNotice read{.position = {.reader = {"bob"}, .peer = {"alice"}, .until = At(1'700'000'007)}};
  EXPECT_EQ(json::parse(EventOf({.fact = read}, tokens)),
            json::parse(R"({"Event":10,"C2cNotifyMsgArray":[{"C2cReadedReceipt":{"To_Account":)"
                        R"("bob","UinPairReadArray":[{"LastReadTime":1700000007}]}}]})"));
  read.is_own = true;
  EXPECT_EQ(json::parse(EventOf({.fact = read}, tokens)),
            json::parse(R"({"Event":10,"C2cNotifyMsgArray":[{"ReadC2cMsgNotify":)"
                        R"({"UinPairReadArray":[{"From_Account":"alice",)"
                        R"("LastReadTime":1700000007}]}}]})"));
  const ReceiptNotice receipt{
      .reader = {"bob"},
      .messages = {{.seq = 3'526'470'001, .random = 10'259'607, .time = 1'700'000'007}}};
  EXPECT_EQ(json::parse(EventOf({.user_id = {"alice"}, .fact = receipt}, tokens)),
            json::parse(R"({"Event":16,"Peer_Account":"bob","C2cMsgInfo":[{"MsgRandom":10259607,)"
                        R"("MsgSeq":3526470001,"MsgTime":1700000007,"MsgClientTime":1700000007,)"
                        R"("TinyId":")" +
                        tokens.TinyIdOf({"alice"}) + R"("}]})"));
  EXPECT_EQ(EventOf({.fact = StreamNotice()}, tokens), "") << "SDKs know of no streams";
  EXPECT_EQ(EventOf({.fact = GroupsNotice()}, tokens), "") << "they ask by themselves";
}

TEST(EventOf, HasAMessageAsTheLikeOfItThatIsStored) {
  const ChannelTokens tokens(Secret("0123456789abcdef0123456789abcdef"));
  MessageNotice shown{.group = {"r1"}, .group_name = "n", .image = "b.png", .message = SentBySdk()};
  shown.message.content.nick = "Bob";
  const SenderFacts bob{.tiny_id = tokens.TinyIdOf({"bob"}), .profile = kBob.profile};
  EXPECT_EQ(EventOf({.user_id = {"alice"}, .fact = shown}, tokens),
            DirectEvent(DirectMessage(shown.message, bob, DirectForm::kOnlineOnly)));
  shown.message.room_number = 7;
  EXPECT_EQ(EventOf({.room_number = 7, .fact = shown}, tokens),
            GroupEvent(GroupMessage({.id = shown.group, .name = "n"}, shown.message, bob)));
}

TEST(EventOf, NumbersATipAboveMessages) {
  const ChannelTokens tokens(Secret("0123456789abcdef0123456789abcdef"));
  const MemberNotice left{.group = {"live_1"},
                          .group_name = "n",
                          .account = {"bob"},
                          .nick = "Bob",
                          .has_left = true,
                          .members = 2,
                          .number = 4,
                          .at = At(1'700'000'008)};
  const json made = json::parse(EventOf({.fact = left}, tokens));
  EXPECT_THAT(Difference(json::parse(kRecordedTip), made), IsEmpty());
  const json& tip = made["GroupTips"][0];
  EXPECT_EQ(tip["MsgSeq"], 8'589'934'596);
  EXPECT_EQ(tip["MsgBody"]["OpType"], 2);
  EXPECT_EQ(tip["MsgBody"]["MemberNum"], 2);
  EXPECT_EQ(tip["MsgBody"]["List_Account"], json::array({"bob"}));
  EXPECT_EQ(tip["MsgBody"]["MsgMemberExtraInfo"][0]["NickName"], "Bob");
}

TEST(NoticeEvent, TellsOfMembersAndEnds) {
  const RoomId id{"meet_1"};
  Notice notice{
      .group = {.id = id}, .type = NoticeType::kEnded, .to = {"alice"}, .at = At(1'700'000'012)};
  const json ended = json::parse(NoticeEvent(notice));
  EXPECT_THAT(Difference(json::parse(kRecordedNotice), ended), IsEmpty());
  EXPECT_EQ(ended["GroupTips"][0]["MsgSeq"], 3);
  EXPECT_EQ(ended["GroupTips"][0]["MsgBody"]["ReportType"], 5);
  EXPECT_FALSE(ended["GroupTips"][0]["MsgBody"].contains("UserDefinedField"));
  notice.type = NoticeType::kMembersChanged;
  notice.to = {};
  notice.random = ~std::uint64_t{0};
  const json changed = json::parse(NoticeEvent(notice));
  EXPECT_EQ(changed["GroupTips"][0]["MsgBody"]["UserDefinedField"],
            R"({"cmd":"notifyPusherChange","data":""})");
  EXPECT_FALSE(changed["GroupTips"][0].contains("To_Account")) << "to all members";
  EXPECT_LT(changed["GroupTips"][0]["MsgSeq"], std::uint64_t{1} << 31);
}

TEST(GroupObject, HasTheFactsOfARoom) {
  Room room = MakeRoom(RoomKind::kLive, "live_1", "alice", Dialect::kGen2);
  room.custom = R"({"partyBeginTime":"1627700000","likes":3})";
  room.info = "";
  room.created_at = At(1'700'000'008);
  const AccountGroup self{.account = {"alice"}, .joined_at = At(1'700'000'009), .read = 2};
  const json made = json::parse(GroupObject(room, {.seq = 5}, 3, &self));
  EXPECT_THAT(Difference(json::parse(kRecordedGroup), made), IsEmpty());
  EXPECT_EQ(made["Name"], "live_1");
  EXPECT_EQ(made["NextMsgSeq"], 6);
  EXPECT_EQ(made["SelfInfo"]["Role"], "Owner");
  EXPECT_EQ(made["SelfInfo"]["MsgSeq"], 2);
  EXPECT_EQ(made["AppDefinedData"][1], json({{"Key", "likes"}, {"Value", "3"}}));
  EXPECT_FALSE(json::parse(GroupObject(room, {}, 0, nullptr)).contains("SelfInfo"));
}

TEST(GroupFacts, NameTheTypeByTheKindOfTheRoom) {
  EXPECT_TRUE(IsMeeting(RoomKind::kDouble));
  EXPECT_TRUE(IsMeeting(RoomKind::kMulti));
  EXPECT_FALSE(IsMeeting(RoomKind::kLive));
  EXPECT_FALSE(IsMeeting(RoomKind::kWebrtc));
}

TEST(GroupMember, AndProfileAreAsRecorded) {
  const json member = json::parse(MemberObject({"alice"}, {}, true, {.nick = "Alice"}));
  EXPECT_THAT(Difference(json::parse(kRecordedMember), member), IsEmpty());
  EXPECT_EQ(member["Role"], "Owner");
  JsonText profiles;
  WriteProfile({"alice"}, {.nick = "Alice", .image = "a.png"}, profiles);
  EXPECT_EQ(json::parse(profiles.text()), json::parse(kRecordedProfile));
}

TEST(Conversation, ShowsTheNewestMessage) {
  const StoredMessage newest = SentBySdk();
  const UserId bob{"bob"};
  const json direct = json::parse(DirectConversation(newest, bob, {}, At(1'700'000'001)));
  EXPECT_THAT(Difference(json::parse(kRecordedConversation), direct), IsEmpty());
  EXPECT_EQ(direct["C2cPeerReadTime"], 1'700'000'001);
  const RoomId id{"meet_1"};
  const json group = json::parse(GroupConversation({.id = id}, newest, 4, 3));
  EXPECT_EQ(group["Type"], 2);
  EXPECT_EQ(group["ToAccount"], "meet_1");
  EXPECT_EQ(group["MsgGroupReadedSeq"], 4);
  EXPECT_EQ(group["LastMsg"]["MsgBody"], Text("a &lt; b"));
}

}  // namespace
}  // namespace rtcroom::tim
