#include "handlers/shared/plain_message.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "tests/support/matchers.h"
#include "tests/unit/handlers/message_bodies.h"

namespace rtcroom {
namespace {

constexpr auto kText = MessageType::kText;
constexpr auto kCustom = MessageType::kCustom;

template <typename... Elements>
MessageContent ReadOf(const Elements&... elements) {
  return ReadPlain({.body = BodyOf(elements...).text()});
}

const nlohmann::ordered_json kSender =
    CustomElement(R"({"cmd":"CustomTextMsg","data":{"nickName":"Ann","headPic":"https://p/1"}})");

TEST(PlainMessage, ATextOfAnOldClientHasItsNickAndPicture) {
  EXPECT_EQ(
      ReadOf(kSender, TextElement("hello")),
      (MessageContent{.nick = "Ann", .body = "hello", .type = kText, .avatar = "https://p/1"}));
}

TEST(PlainMessage, ANickInElementsReplacesThatOfTheMessage) {
  const auto nick_of = [](const auto&... elements) {
    return ReadPlain({.nick = "profile", .body = BodyOf(elements...).text()}).nick;
  };
  EXPECT_EQ(nick_of(kSender, TextElement("hello")), "Ann");
  EXPECT_EQ(nick_of(TextElement("hello")), "profile");
}

TEST(PlainMessage, EntitiesOfOldClientsAreDecodedOnce) {
  EXPECT_EQ(ReadOf(kSender, TextElement("a &lt;b&gt; &quot;c&quot; AT&T &amp;lt; &x;")).body,
            "a <b> \"c\" AT&T &lt; &x;");
}

TEST(PlainMessage, FacesAreTheirNames) {
  EXPECT_EQ(ReadOf(kSender, TextElement("x "), FaceElement("[smile]"), TextElement(" y")).body,
            "x [smile] y");
}

TEST(PlainMessage, ACommandOfAGen2RoomIsCustomWithItsCmd) {
  EXPECT_EQ(
      ReadOf(CustomElement(
                 R"({"cmd":"CustomCmdMsg","data":{"nickName":"Ann","headPic":"","cmd":"like"}})"),
             TextElement("3")),
      (MessageContent{.nick = "Ann", .body = "3", .type = kCustom, .cmd = "like"}));
}

TEST(PlainMessage, ATextAloneIsAText) {
  EXPECT_EQ(ReadOf(TextElement("hello")), (MessageContent{.body = "hello", .type = kText}));
  EXPECT_EQ(ReadOf(CustomElement(""), TextElement("hangup")),
            (MessageContent{.body = "hangup", .type = kText}))
      << "double rooms of gen-1";
}

TEST(PlainMessage, ATextOfAWebrtcRoomIsAText) {
  nlohmann::ordered_json element = CustomElement("a < b");
  element["MsgContent"]["Ext"] = "TEXT";
  element["MsgContent"]["Desc"] = R"({"nickName":"Ann"})";
  EXPECT_EQ(ReadOf(element), (MessageContent{.nick = "Ann", .body = "a < b", .type = kText}));
}

TEST(PlainMessage, EverythingElseIsTheRawData) {
  const std::string linkmic = R"({"cmd":"linkmic","data":{"type":"request"}})";
  EXPECT_EQ(ReadOf(CustomElement(linkmic)), (MessageContent{.body = linkmic, .type = kCustom}));
  EXPECT_EQ(ReadOf(TextElement("x"), CustomElement("y")),
            (MessageContent{.body = "y", .type = kCustom}));
  EXPECT_EQ(ReadOf(CustomElement(R"({"cmd":"CustomTextMsg","data":1})")).type, kCustom);
  EXPECT_EQ(ReadPlain({.body = "not json"}), MessageContent{.type = kCustom});
}

TEST(PlainMessage, ElementsOfAnSdkAreWrittenAsTheyCame) {
  const std::string body =
      R"([{"MsgType":"TIMFaceElem","MsgContent":{"Index":1,"Data":"x","more":[1.50]},"o":{}}, 7])";
  for (const auto& room : {std::optional<RoomKind>(), std::optional(RoomKind::kWebrtc)}) {
    EXPECT_EQ(WriteElements({.nick = "Ann", .body = body}, room), body);
  }
}

class PlainMessageOfNewClients : public testing::Test {
 protected:
  static MessageContent Full(MessageType type, std::string body) {
    return {.nick = "}}\"\\<br/>\n",
            .body = std::move(body),
            .type = type,
            .cmd = type == kCustom ? "like" : "",
            .avatar = "https://p/\"}}"};
  }
};

TEST_F(PlainMessageOfNewClients, IsReadAsItIs) {
  for (const MessageType type : {kText, kCustom}) {
    const MessageContent message = Full(type, R"([{"MsgType":"TIMTextElem"}])");
    EXPECT_EQ(ReadPlain(message), message);
  }
}

TEST_F(PlainMessageOfNewClients, InARoomIsReadAsItWasSentAndPassesTheGuard) {
  for (const char* const body : {"hello", "}} {\"a\":1}", "<b>\"&lt;&amp;&", "a\nb"}) {
    for (const MessageType type : {kText, kCustom}) {
      const MessageContent message = Full(type, body);
      const std::string made = WriteElements(message, RoomKind::kLive);
      EXPECT_EQ(ReadPlain({.body = made}), message) << made;
      MessageContent guarded{.body = made};
      EXPECT_OK(GuardInRoom(guarded));
      EXPECT_EQ(guarded.body, made) << "it is not mended";
    }
  }
}

TEST_F(PlainMessageOfNewClients, InAWebrtcRoomIsATextOfTheComponent) {
  const MessageContent message = Full(kText, "a < b");
  const std::string made = WriteElements(message, RoomKind::kWebrtc);
  const auto elements = nlohmann::json::parse(made);
  EXPECT_EQ(elements[0]["MsgContent"]["Ext"], "TEXT");
  EXPECT_EQ(elements[0]["MsgContent"]["Data"], "a < b");
  EXPECT_EQ(ReadPlain({.body = made}), message);
}

TEST_F(PlainMessageOfNewClients, ToAUserIsWhatItsClientParses) {
  const auto elements_of = [](const MessageContent& message) {
    const std::string made = WriteElements(message, std::nullopt);
    EXPECT_EQ(ReadPlain({.body = made}).body, message.body);
    return made;
  };
  EXPECT_EQ(elements_of({.nick = "Ann", .body = "a<", .type = kText, .avatar = "p"}),
            R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":"a&lt;"}}])");
  EXPECT_EQ(
      elements_of({.body = R"({"cmd":"linkmic"})", .type = kCustom}),
      R"([{"MsgType":"TIMCustomElem","MsgContent":{"Data":"{\"cmd\":\"linkmic\"}","Desc":"","Ext":""}}])");
  elements_of({.body = "3", .type = kCustom, .cmd = "like"});
}

}  // namespace
}  // namespace rtcroom
