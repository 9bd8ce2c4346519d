#include "handlers/shared/message_guard.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/support/matchers.h"
#include "tests/unit/handlers/message_bodies.h"

namespace rtcroom {
namespace {

using nlohmann::ordered_json;

const std::string kRoomText = R"({"cmd":"CustomTextMsg","data":{"nickName":"A","headPic":"123"}})";

/// The command of a room text as the libraries write it: nothing is escaped.
std::string TextCommand(std::string_view nick, std::string_view picture = "") {
  return std::string(R"({"cmd":"CustomTextMsg","data":{"nickName":")")
      .append(nick)
      .append(R"(","headPic":")")
      .append(picture)
      .append(R"("}})");
}

/// Likewise of a room command.
std::string CmdCommand(std::string_view nick, std::string_view picture, std::string_view cmd) {
  return std::string(R"({"cmd":"CustomCmdMsg","data":{"nickName":")")
      .append(nick)
      .append(R"(","headPic":")")
      .append(picture)
      .append(R"(","cmd":")")
      .append(cmd)
      .append(R"("}})");
}

Result<MessageBody> Guarded(const MessageBody& body,
                            MessagePriority priority = MessagePriority::kCommon) {
  return GuardRoomMessage(body, priority, "Ann");
}

void ExpectUnchanged(const MessageBody& body) {
  const auto guarded = Guarded(body);
  ASSERT_OK(guarded) << body.text();
  EXPECT_EQ(guarded->text(), body.text());
}

/// Expects `expected`, which passes again.
void ExpectMended(const MessageBody& body, const MessageBody& expected,
                  MessagePriority priority = MessagePriority::kCommon) {
  const auto guarded = Guarded(body, priority);
  ASSERT_OK(guarded) << body.text();
  EXPECT_EQ(guarded->text(), expected.text());
  ExpectUnchanged(*guarded);
}

void ExpectRefused(const MessageBody& body, MessagePriority priority = MessagePriority::kCommon) {
  EXPECT_ERROR(kContentRefused, Guarded(body, priority)) << body.text();
}

TEST(RoomGuard, RelaysTheTextsOfTheLibrariesUnchanged) {
  ExpectUnchanged(BodyOf(CustomElement(kRoomText), TextElement("hello 你好 }} x")));
  ExpectUnchanged(BodyOf(CustomElement(kRoomText), TextElement("&lt;&quot;"), FaceElement("[微笑]"),
                         TextElement("{")));
  ExpectUnchanged(BodyOf(CustomElement(kRoomText)));
}

TEST(RoomGuard, RelaysTheCommandsOfTheLibrariesUnchanged) {
  ExpectUnchanged(BodyOf(CustomElement(CmdCommand("A", "p", "gift")), TextElement("rose")));
}

TEST(RoomGuard, IgnoresTheTextBehindTheCommand) {
  ExpectUnchanged(
      BodyOf(CustomElement(R"({"cmd":"CustomTextMsg","data":{}})"), TextElement("}} [微笑] }}")));
  ExpectUnchanged(BodyOf(CustomElement(kRoomText), CustomElement("not json"), FaceElement("\"")));
}

TEST(RoomGuard, RelaysOtherCommandsUnchanged) {
  for (const char* command :
       {R"({"cmd":"notifyPusherChange","data":{}})", R"({"a":{}})", R"( {"a":{"b":[1]}})",
        R"({"cmd":7,"data":{}})", R"({"cmd":null,"data":{}})",
        R"({"cmd":"x","data":{"a":"\u0000"}})"}) {
    ExpectUnchanged(BodyOf(CustomElement(command)));
  }
}

TEST(RoomGuard, JoinsTheElementsToOneText) {
  ExpectUnchanged(BodyOf(CustomElement(R"({"cmd":"x","data":{"a":)"), TextElement("1"),
                         FaceElement("}"), CustomElement("}"), TextElement("}}")));
}

TEST(RoomGuard, PutsTheSenderBeforePlainText) {
  ExpectMended(BodyOf(TextElement("plain \"text\"")),
               BodyOf(CustomElement(TextCommand("Ann")), TextElement("plain \"text\"")));
  ExpectMended(BodyOf(FaceElement("[x]"), TextElement("}}")),
               BodyOf(CustomElement(TextCommand("Ann")), FaceElement("[x]"), TextElement("}}")));
  ExpectMended(BodyOf(TextElement("")), BodyOf(CustomElement(TextCommand("Ann")), TextElement("")));
}

// Clients receive its quotes as entities.
TEST(RoomGuard, TakesATextThatLooksLikeACommandForPlainText) {
  ExpectMended(BodyOf(TextElement(kRoomText)),
               BodyOf(CustomElement(TextCommand("Ann")), TextElement(kRoomText)));
}

TEST(RoomGuard, EscapesTheNickThatItPutsBeforeText) {
  const auto guarded =
      GuardRoomMessage(BodyOf(TextElement("x")), MessagePriority::kCommon, "}} \"\\\n<br/>你😀");
  ASSERT_OK(guarded);
  EXPECT_EQ(guarded->Elements().front().text, TextCommand(R"(\u007d\u007d \"\\\n\u003cbr/>你😀)"));
  ExpectUnchanged(*guarded);
}

TEST(RoomGuard, KeepsTheBeginningOfALongNick) {
  for (const char* character :
       {"a", "}", "\"", "\\", "\n", "\x01", "<", "😀", "\xFF", "\xF0\x9F"}) {
    std::string nick;
    for (int i = 0; i < 500; ++i) nick += character;
    const MessageBody body = BodyOf(TextElement("x"));
    const auto guarded = GuardRoomMessage(body, MessagePriority::kCommon, nick);
    ASSERT_OK(guarded);
    EXPECT_GT(guarded->text().size(), body.text().size() + 400);
    EXPECT_LE(guarded->text().size(), body.text().size() + kMaxMendBytes);
    ExpectUnchanged(*guarded);
  }
  const std::string ordinary(128, 'a');
  const auto guarded =
      GuardRoomMessage(BodyOf(TextElement("x")), MessagePriority::kCommon, ordinary);
  ASSERT_OK(guarded);
  EXPECT_EQ(guarded->Elements().front().text, TextCommand(ordinary));
}

TEST(RoomGuard, PutsTheSenderBeforeATextOfFullLength) {
  const std::size_t frame = BodyOf(TextElement("")).text().size();
  const MessageBody body = BodyOf(TextElement(std::string(kMaxMessageBytes - frame, 'x')));
  const auto guarded = Guarded(body);
  ASSERT_OK(guarded);
  EXPECT_NE(guarded->text(), body.text());
}

TEST(RoomGuard, EscapesAnUnescapedNickOrPicture) {
  const struct {
    std::string_view raw;
    std::string_view escaped;
  } rows[] = {
      {R"(a"b)", R"(a\"b)"},
      {R"(")", R"(\")"},
      {R"(\)", R"(\\)"},
      {R"(\o/)", R"(\\o/)"},
      {"a\nb\x01", R"(a\nb\u0001)"},
      {R"(a}}"b)", R"(a\u007d\u007d\"b)"},
      {R"("<br/>)", R"(\"\u003cbr/>)"},
      {R"(你"好)", R"(你\"好)"},
  };
  for (const auto& [raw, escaped] : rows) {
    const ordered_json text = TextElement("x");
    ExpectMended(BodyOf(CustomElement(TextCommand(raw)), text),
                 BodyOf(CustomElement(TextCommand(escaped)), text));
    ExpectMended(BodyOf(CustomElement(TextCommand("A", raw)), text),
                 BodyOf(CustomElement(TextCommand("A", escaped)), text));
    ExpectMended(BodyOf(CustomElement(CmdCommand(raw, raw, "c")), text),
                 BodyOf(CustomElement(CmdCommand(escaped, escaped, "c")), text));
    ExpectMended(BodyOf(CustomElement(CmdCommand("A", "p", raw)), text),
                 BodyOf(CustomElement(CmdCommand("A", "p", escaped)), text));
  }
}

TEST(RoomGuard, EscapesBracesAtWhichClientsWouldCut) {
  ExpectMended(BodyOf(CustomElement(TextCommand("a}}b")), TextElement("x")),
               BodyOf(CustomElement(TextCommand(R"(a\u007d\u007db)")), TextElement("x")));
  ExpectMended(BodyOf(CustomElement(CmdCommand("A", "}}", "c"))),
               BodyOf(CustomElement(CmdCommand("A", R"(\u007d\u007d)", "c"))));
  ExpectUnchanged(BodyOf(CustomElement(TextCommand("a}b", "}"))));
}

// Clients show more than was meant, but none of them stops.
TEST(RoomGuard, RelaysANickThatEndsTheCommandInOrder) {
  ExpectUnchanged(BodyOf(CustomElement(TextCommand(R"(a","b":"c)"))));
  ExpectUnchanged(BodyOf(CustomElement(TextCommand(R"(a"}}b)"))));
}

TEST(RoomGuard, KeepsTheEscapesOfAClientThatWritesJson) {
  ExpectUnchanged(BodyOf(CustomElement(TextCommand(R"(a\"\\b\u4f60)"))));
  ExpectMended(BodyOf(CustomElement(TextCommand(R"(a\"}}b)"))),
               BodyOf(CustomElement(TextCommand(R"(a\"\u007d\u007db)"))));
}

// Clients replace it by a line feed before they parse.
TEST(RoomGuard, EscapesALineBreakInANick) {
  ExpectMended(BodyOf(CustomElement(TextCommand("a<br/>b"))),
               BodyOf(CustomElement(TextCommand(R"(a\u003cbr/>b)"))));
  ExpectUnchanged(BodyOf(CustomElement(TextCommand("a<br>&nbsp;<b/>"))));
  ExpectRefused(BodyOf(CustomElement(R"({"cmd":"x","data":{"a":"<br/>"}})")));
  ExpectUnchanged(BodyOf(CustomElement(kRoomText), TextElement("<br/>"), FaceElement("<br/>")));
}

TEST(RoomGuard, KeepsTheOtherElementsOfAMendedMessage) {
  ordered_json custom = CustomElement(TextCommand("\""));
  custom["MsgContent"]["Ext"] = "ext";
  custom["more"] = 1;
  ordered_json expected = custom;
  expected["MsgContent"]["Data"] = TextCommand("\\\"");
  ExpectMended(BodyOf(custom, TextElement("\""), CustomElement("}}")),
               BodyOf(expected, TextElement("\""), CustomElement("}}")));
}

TEST(RoomGuard, RefusesToMendByMoreThanAKibibyte) {
  ExpectRefused(BodyOf(CustomElement(TextCommand(std::string(200, '}')))));
  EXPECT_OK(Guarded(BodyOf(CustomElement(TextCommand(std::string(170, '}'))))));
}

TEST(RoomGuard, RefusesCustomElementsThatClientsCannotRead) {
  for (const char* data :
       {"", "not json", "null", "{}", "[]", "{}}", "}}", R"("}}")", R"([{"a":{}}])", R"([{"a":{}])",
        R"({"cmd":"CustomTextMsg"})", R"({"a":{"b":{}}})", R"({"cmd":"x","data":{"a":"}}"}})",
        R"({'cmd':'x','data':{}})", R"(x{"cmd":"x","data":{}})",
        "{\"cmd\":\"x\",\"data\":{\"a\":\"\n\"}}", R"({"cmd":"x","data":{"a":01}})",
        R"({"cmd":"x",/**/"data":{}})"}) {
    ExpectRefused(BodyOf(CustomElement(data)));
  }
}

TEST(RoomGuard, RefusesCommandsWhoseDataIsNoObject) {
  for (const char* data :
       {R"({"cmd":"CustomTextMsg","more":{}})", R"({"cmd":"CustomCmdMsg","more":{}})",
        R"({"cmd":"CustomTextMsg","data":null,"more":{}})",
        R"({"cmd":"CustomTextMsg","data":[],"more":{}})",
        R"({"cmd":"CustomCmdMsg","data":"x","more":{}})",
        R"({"cmd":"CustomTextMsg","data":{},"data":7,"more":{}})"}) {
    ExpectRefused(BodyOf(CustomElement(data), TextElement("x")));
  }
}

// JavaScript finds ["CustomTextMsg"] equal to "CustomTextMsg", and throws for {"toString":0}.
TEST(RoomGuard, RefusesCommandsWhoseNameIsAnObjectOrAnArray) {
  ExpectRefused(BodyOf(CustomElement(R"({"cmd":["CustomTextMsg"],"more":{}})")));
  ExpectRefused(BodyOf(CustomElement(R"({"cmd":{"toString":0},"more":{}})")));
}

// Clients throw where the parser of this server would not.
TEST(RoomGuard, RefusesTextsThatOnlyThisServerCouldParse) {
  ExpectRefused(BodyOf(CustomElement("\xEF\xBB\xBF" + kRoomText)));
  ExpectRefused(BodyOf(CustomElement(std::string("{}\0}}", 5))));
  ExpectRefused(BodyOf(CustomElement(std::string("{\"a\":{}\0}}", 10))));
}

TEST(RoomGuard, RefusesDeeplyNestedCommands) {
  const auto nested = [](std::size_t levels) {
    return R"({"a":)" + std::string(levels, '[') + std::string(levels, ']') + R"(,"b":{}})";
  };
  ExpectUnchanged(BodyOf(CustomElement(nested(15))));
  ExpectRefused(BodyOf(CustomElement(nested(16))));
  ExpectRefused(BodyOf(CustomElement(nested(5000))));
}

TEST(RoomGuard, RefusesTextBeforeACommand) {
  ExpectRefused(BodyOf(TextElement("x"), CustomElement(kRoomText)));
  ExpectRefused(BodyOf(TextElement("x"), CustomElement(TextCommand("\""))));
  ExpectRefused(BodyOf(FaceElement("[x]"), CustomElement(kRoomText)));
  ExpectUnchanged(BodyOf(TextElement(""), CustomElement(kRoomText)));
}

TEST(RoomGuard, MendsOnlyTheFormOfTheLibraries) {
  ExpectRefused(BodyOf(CustomElement(R"({"cmd":"CustomTextMsg", "data":{"nickName":"a"b"}})")));
  ExpectRefused(BodyOf(CustomElement(R"({"cmd":"CustomTextMsg","data":{"nickName":"a"b"}})")));
  ExpectRefused(BodyOf(CustomElement(TextCommand("a\"b") + " ")));
  ExpectRefused(BodyOf(CustomElement(R"({"cmd":"CustomTextMsg","data":{"nickName":"}})")));
  ExpectRefused(
      BodyOf(CustomElement(R"({"cmd":"CustomCmdMsg","data":{"nickName":"a"b","headPic":""}})")));
}

TEST(RoomGuard, RelaysTextsOfOtherPrioritiesAsCommonOnes) {
  for (const MessagePriority priority : {MessagePriority::kLike, MessagePriority::kRedPacket}) {
    ExpectMended(BodyOf(TextElement("love_msg")),
                 BodyOf(CustomElement(TextCommand("Ann")), TextElement("love_msg")), priority);
    ExpectMended(BodyOf(FaceElement("[x]")),
                 BodyOf(CustomElement(TextCommand("Ann")), FaceElement("[x]")), priority);
  }
}

TEST(RoomGuard, RefusesCustomElementsOfOtherPriorities) {
  for (const MessagePriority priority : {MessagePriority::kLike, MessagePriority::kRedPacket}) {
    ExpectRefused(BodyOf(CustomElement(kRoomText), TextElement("x")), priority);
    ExpectRefused(BodyOf(CustomElement(TextCommand("\""))), priority);
  }
}

TEST(DirectGuard, PassesJson) {
  for (const char* data :
       {R"({"cmd":"linkmic","data":{"type":"request","roomID":"room_1","userID":"user_b"}})",
        R"({"cmd":"linkmic","data":{}})", R"({"cmd":"x"})", R"({})", R"([])", R"(7)", R"("x")",
        R"( {"a":"}}"} )", R"({"cmd":"CustomTextMsg"})"}) {
    EXPECT_OK(GuardDirectMessage(BodyOf(CustomElement(data)))) << data;
  }
  EXPECT_OK(GuardDirectMessage(BodyOf(TextElement("42"))));
  EXPECT_OK(GuardDirectMessage(
      BodyOf(CustomElement(""), TextElement("[1"), FaceElement(",2"), CustomElement("]"))));
}

TEST(DirectGuard, RefusesTextThatIsNotJson) {
  for (const char* text : {"", "hangup", "WEB$$takePic", "你好", "{}x", "{\"a\":1}"}) {
    EXPECT_ERROR(kContentRefused, GuardDirectMessage(BodyOf(TextElement(text)))) << text;
  }
  for (const std::string& data :
       {std::string(), std::string("not json"), kRoomText + "x", std::string("{}\0", 3),
        std::string("\xEF\xBB\xBF{}"), std::string(R"({"a":"<br/>"})"), std::string(20, '[')}) {
    EXPECT_ERROR(kContentRefused, GuardDirectMessage(BodyOf(CustomElement(data)))) << data;
  }
  EXPECT_ERROR(kContentRefused,
               GuardDirectMessage(BodyOf(CustomElement("{}"), TextElement("hello"))));
}

// Clients read the members of these without looking whether they are there.
TEST(DirectGuard, RefusesJsonThatClientsCannotEvaluate) {
  for (const char* data :
       {"null", R"({"cmd":"linkmic"})", R"({"cmd":"linkmic","data":null})",
        R"({"cmd":"linkmic","data":"request"})", R"({"cmd":["linkmic"]})", R"({"cmd":{}})"}) {
    EXPECT_ERROR(kContentRefused, GuardDirectMessage(BodyOf(CustomElement(data)))) << data;
  }
}

}  // namespace
}  // namespace rtcroom
