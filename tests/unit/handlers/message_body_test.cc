#include "handlers/shared/message_body.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/support/matchers.h"
#include "tests/unit/handlers/message_bodies.h"

namespace rtcroom {
namespace {

using nlohmann::ordered_json;

Result<MessageBody> Read(std::string_view text) {
  return MessageBody::From(ordered_json::parse(text));
}

std::string FaultIn(std::string_view text) {
  const auto body = Read(text);
  EXPECT_ERROR(kBadRequest, body) << text;
  return body ? "" : body.error().detail;
}

/// A body of one text, `bytes` long as JSON.
ordered_json TextOfBytes(std::size_t bytes) {
  ordered_json body = ordered_json::array({TextElement("")});
  body[0]["MsgContent"]["Text"] = std::string(bytes - body.dump().size(), 'x');
  return body;
}

TEST(MessageBody, MayHaveTextsFacesAndCustomElements) {
  EXPECT_OK(Read(R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":""}}])"));
  EXPECT_OK(Read(R"([{"MsgType":"TIMFaceElem","MsgContent":{"Index":0,"Data":""}}])"));
  EXPECT_OK(Read(R"([{"MsgType":"TIMFaceElem","MsgContent":{"Index":1.5,"Data":"[微笑]"}}])"));
  EXPECT_OK(Read(R"([{"MsgType":"TIMCustomElem","MsgContent":{"Data":"","Desc":"","Ext":""}}])"));
  EXPECT_OK(MessageBody::From(
      ordered_json::array({CustomElement("{}"), TextElement("a"), FaceElement("[x]")})));
}

TEST(MessageBody, KeepsElementsMembersAndTextsAsTheyCame) {
  const std::string text =
      R"([{"MsgContent":{"Ext":"e","Desc":"d","more":[1,{"b":0,"a":null}],"Data":"{\"z\":1}"},)"
      R"("MsgType":"TIMCustomElem","extra":true},)"
      R"({"MsgType":"TIMTextElem","MsgContent":{"Text":"&lt;你好&gt; }} \\ / \n"}}])";
  const auto body = Read(text);
  ASSERT_OK(body);
  EXPECT_EQ(body->text(), text);
  EXPECT_EQ(body->json().dump(), text);
}

TEST(MessageBody, ListsTheTextsOfItsElements) {
  const MessageBody body = BodyOf(CustomElement("{}"), TextElement("你好"), FaceElement("[x]"));
  const auto elements = body.Elements();
  ASSERT_EQ(elements.size(), 3u);
  EXPECT_EQ(elements[0].kind, ElementKind::kCustom);
  EXPECT_EQ(elements[0].text, "{}");
  EXPECT_EQ(elements[1].kind, ElementKind::kText);
  EXPECT_EQ(elements[1].text, "你好");
  EXPECT_EQ(elements[2].kind, ElementKind::kFace);
  EXPECT_EQ(elements[2].text, "[x]");
}

TEST(MessageBody, ReportsTheMalformedMember) {
  const struct {
    const char* text;
    const char* fault;
  } rows[] = {
      {R"(null)", "MsgBody: missing or not an array"},
      {R"({})", "MsgBody: missing or not an array"},
      {R"("[]")", "MsgBody: missing or not an array"},
      {R"([])", "MsgBody: empty"},
      {R"([[]])", "MsgBody: an element is not an object"},
      {R"([null])", "MsgBody: an element is not an object"},
      {R"([{}])", "MsgType: missing or not a string"},
      {R"([{"MsgType":1}])", "MsgType: missing or not a string"},
      {R"([{"MsgType":"TIMTextElem"}])", "MsgContent: missing or not an object"},
      {R"([{"MsgType":"TIMTextElem","MsgContent":null}])", "MsgContent: missing or not an object"},
      {R"([{"MsgType":"TIMTextElem","MsgContent":["Text"]}])",
       "MsgContent: missing or not an object"},
      {R"([{"MsgType":"TIMTextElem","MsgContent":{}}])", "Text: missing or not a string"},
      {R"([{"MsgType":"TIMTextElem","MsgContent":{"Text":7}}])", "Text: missing or not a string"},
      {R"([{"MsgType":"TIMFaceElem","MsgContent":{"Index":1}}])", "Data: missing or not a string"},
      {R"([{"MsgType":"TIMFaceElem","MsgContent":{"Data":"x"}}])",
       "Index: missing or not a number"},
      {R"([{"MsgType":"TIMFaceElem","MsgContent":{"Index":"1","Data":"x"}}])",
       "Index: missing or not a number"},
      {R"([{"MsgType":"TIMCustomElem","MsgContent":{"Desc":"","Ext":""}}])",
       "Data: missing or not a string"},
      {R"([{"MsgType":"TIMCustomElem","MsgContent":{"Data":{},"Desc":"","Ext":""}}])",
       "Data: missing or not a string"},
      {R"([{"MsgType":"TIMCustomElem","MsgContent":{"Data":"","Ext":""}}])",
       "Desc: missing or not a string"},
      {R"([{"MsgType":"TIMCustomElem","MsgContent":{"Data":"","Desc":"","Ext":null}}])",
       "Ext: missing or not a string"},
  };
  for (const auto& [text, fault] : rows) EXPECT_EQ(FaultIn(text), fault) << text;
}

TEST(MessageBody, IsCheckedInEachElement) {
  const ordered_json face = {{"MsgType", "TIMFaceElem"}, {"MsgContent", {{"Data", "x"}}}};
  const auto body = MessageBody::From(ordered_json::array({TextElement("a"), face}));
  EXPECT_ERROR(kBadRequest, body);
}

TEST(MessageBody, IsRefusedWithElementsOfOtherTypes) {
  for (const char* type : {"TIMImageElem", "TIMFileElem", "TIMSoundElem", "TIMLocationElem",
                           "TIMVideoFileElem", "timtextelem", ""}) {
    const ordered_json element = {{"MsgType", type}, {"MsgContent", {{"UUID", "1"}}}};
    EXPECT_ERROR(kContentRefused, MessageBody::From(ordered_json::array({element}))) << type;
    const ordered_json bare = {{"MsgType", type}};
    EXPECT_ERROR(kContentRefused, MessageBody::From(ordered_json::array({TextElement("a"), bare})))
        << type;
  }
}

TEST(MessageBody, HasAtMostTwelveKibibytesAsJson) {
  EXPECT_OK(MessageBody::From(TextOfBytes(12 * 1024)));
  EXPECT_ERROR(kContentTooLong, MessageBody::From(TextOfBytes(12 * 1024 + 1)));
  // A quote is two bytes in JSON.
  ordered_json quotes = ordered_json::array({TextElement(std::string(7000, '"'))});
  EXPECT_ERROR(kContentTooLong, MessageBody::From(std::move(quotes)));
}

TEST(MessageBody, HasAtMostSixteenLevels) {
  const auto nested = [](std::size_t levels) {
    ordered_json element = TextElement("a");
    element["more"] = ordered_json::parse(std::string(levels, '[') + std::string(levels, ']'));
    return ordered_json::array({element});
  };
  EXPECT_OK(MessageBody::From(nested(14)));
  EXPECT_ERROR(kBadRequest, MessageBody::From(nested(15)));
  EXPECT_ERROR(kBadRequest, MessageBody::From(nested(100)));
}

TEST(ConversationText, IsTheTextAndTheNamesOfFaces) {
  EXPECT_EQ(TextOf(BodyOf(TextElement("a &lt; b"))), "a &lt; b");
  EXPECT_EQ(TextOf(BodyOf(FaceElement("[微笑]"))), "[微笑]");
  EXPECT_EQ(TextOf(BodyOf(FaceElement("tt01"))), "[tt01]");
  EXPECT_EQ(TextOf(BodyOf(TextElement("hi "), FaceElement("[x]"), TextElement("!"))), "hi [x]!");
  EXPECT_EQ(TextOf(BodyOf(TextElement(""))), "");
}

TEST(ConversationText, LeavesCustomElementsOutBesideText) {
  EXPECT_EQ(TextOf(BodyOf(CustomElement("{}"), TextElement("你好"))), "你好");
}

TEST(ConversationText, OfCustomElementsAloneSaysOther) {
  EXPECT_EQ(TextOf(BodyOf(CustomElement(R"({"cmd":"linkmic"})"))), "[其他]");
  EXPECT_EQ(TextOf(BodyOf(CustomElement(""), CustomElement(""))), "[其他]");
}

}  // namespace
}  // namespace rtcroom
