#include "handlers/shared/plain_message.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "handlers/shared/message_guard.h"
#include "tests/support/matchers.h"
#include "tests/unit/handlers/message_bodies.h"

namespace rtcroom {
namespace {

constexpr auto kText = PlainMessage::Type::kText;
constexpr auto kCustom = PlainMessage::Type::kCustom;

template <typename... Elements>
PlainMessage ReadPlain(const Elements&... elements) {
  return ReadPlainMessage(BodyOf(elements...).text());
}

const nlohmann::ordered_json kSender =
    CustomElement(R"({"cmd":"CustomTextMsg","data":{"nickName":"Ann","headPic":"https://p/1"}})");

TEST(PlainMessage, ATextOfAnOldClientHasItsNickAndPicture) {
  EXPECT_EQ(ReadPlain(kSender, TextElement("hello")),
            (PlainMessage{.body = "hello", .nick = "Ann", .avatar = "https://p/1"}));
}

TEST(PlainMessage, EntitiesOfOldClientsAreDecodedOnce) {
  EXPECT_EQ(ReadPlain(kSender, TextElement("a &lt;b&gt; &quot;c&quot; AT&T &amp;lt; &x;")).body,
            "a <b> \"c\" AT&T &lt; &x;");
}

TEST(PlainMessage, FacesAreTheirNames) {
  EXPECT_EQ(ReadPlain(kSender, TextElement("x "), FaceElement("[smile]"), TextElement(" y")).body,
            "x [smile] y");
}

TEST(PlainMessage, ACommandOfAGen2RoomIsCustomWithItsCmd) {
  EXPECT_EQ(
      ReadPlain(
          CustomElement(
              R"({"cmd":"CustomCmdMsg","data":{"nickName":"Ann","headPic":"","cmd":"like"}})"),
          TextElement("3")),
      (PlainMessage{.type = kCustom, .body = "3", .cmd = "like", .nick = "Ann"}));
}

TEST(PlainMessage, ATextAloneIsAText) {
  EXPECT_EQ(ReadPlain(TextElement("hello")), PlainMessage{.body = "hello"});
  EXPECT_EQ(ReadPlain(CustomElement(""), TextElement("hangup")), PlainMessage{.body = "hangup"})
      << "double rooms of gen-1";
}

TEST(PlainMessage, ATextOfAWebrtcRoomIsAText) {
  nlohmann::ordered_json element = CustomElement("a < b");
  element["MsgContent"]["Ext"] = "TEXT";
  element["MsgContent"]["Desc"] = R"({"nickName":"Ann"})";
  EXPECT_EQ(ReadPlain(element), (PlainMessage{.body = "a < b", .nick = "Ann"}));
}

TEST(PlainMessage, EverythingElseIsTheRawData) {
  const std::string linkmic = R"({"cmd":"linkmic","data":{"type":"request"}})";
  EXPECT_EQ(ReadPlain(CustomElement(linkmic)), (PlainMessage{.type = kCustom, .body = linkmic}));
  EXPECT_EQ(ReadPlain(TextElement("x"), CustomElement("y")),
            (PlainMessage{.type = kCustom, .body = "y"}));
  EXPECT_EQ(ReadPlain(CustomElement(R"({"cmd":"CustomTextMsg","data":1})")).type, kCustom);
  EXPECT_EQ(ReadPlainMessage("not json"), PlainMessage{.type = kCustom});
}

class PlainMessageOfNewClients : public testing::Test {
 protected:
  static PlainMessage Full(PlainMessage::Type type, std::string body) {
    return {.type = type,
            .body = std::move(body),
            .cmd = type == kCustom ? "like" : "",
            .nick = "}}\"\\<br/>\n",
            .avatar = "https://p/\"}}"};
  }
};

TEST_F(PlainMessageOfNewClients, InARoomIsReadAsItWasSentAndPassesTheGuard) {
  for (const char* const body : {"hello", "}} {\"a\":1}", "<b>\"&lt;&amp;&", "a\nb"}) {
    for (const PlainMessage::Type type : {kText, kCustom}) {
      const PlainMessage message = Full(type, body);
      const Result<MessageBody> made = MakeRoomBody(message, RoomKind::kLive);
      ASSERT_OK(made);
      EXPECT_EQ(ReadPlainMessage(made->text()), message) << made->text();
      const auto guarded = GuardRoomMessage(*made, MessagePriority::kCommon, "");
      ASSERT_OK(guarded);
      EXPECT_FALSE(guarded->is_mended) << made->text();
    }
  }
}

TEST_F(PlainMessageOfNewClients, InAWebrtcRoomIsATextOfTheComponent) {
  const PlainMessage message = Full(kText, "a < b");
  const Result<MessageBody> made = MakeRoomBody(message, RoomKind::kWebrtc);
  ASSERT_OK(made);
  EXPECT_EQ(made->json()[0]["MsgContent"]["Ext"], "TEXT");
  EXPECT_EQ(made->json()[0]["MsgContent"]["Data"], "a < b");
  EXPECT_EQ(ReadPlainMessage(made->text()), message);
}

TEST_F(PlainMessageOfNewClients, ToAUserIsWhatItsClientParses) {
  const auto text_of = [](const PlainMessage& message) {
    const Result<MessageBody> made = MakeDirectBody(message);
    EXPECT_OK(made);
    EXPECT_EQ(ReadPlainMessage(made->text()).body, message.body);
    return made->text();
  };
  EXPECT_EQ(text_of({.body = "a<"}),
            R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":"a&lt;"}}])");
  EXPECT_EQ(
      text_of({.type = kCustom, .body = R"({"cmd":"linkmic"})"}),
      R"([{"MsgType":"TIMCustomElem","MsgContent":{"Data":"{\"cmd\":\"linkmic\"}","Desc":"","Ext":""}}])");
  text_of({.type = kCustom, .body = "3", .cmd = "like"});
}

TEST_F(PlainMessageOfNewClients, IsRefusedWhenItsFormForOldOnesIsTooLong) {
  EXPECT_OK(MakeRoomBody({.body = std::string(8000, 'x')}, RoomKind::kMulti));
  EXPECT_ERROR(kContentTooLong, MakeRoomBody({.body = std::string(8000, '"')}, RoomKind::kMulti));
}

}  // namespace
}  // namespace rtcroom
