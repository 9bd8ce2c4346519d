#include <array>
#include <string>

#include <gtest/gtest.h>

#include "handlers/shared/request_text.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr const char* kJson = "application/json";
constexpr const char* kForm = "application/x-www-form-urlencoded";

json Parsed(std::string_view content_type, std::string_view body) {
  const Result<Body> parsed = ParseBody(content_type, body);
  EXPECT_OK(parsed);
  return parsed ? parsed->fields : json();
}

std::string Fault(std::string_view content_type, std::string_view body) {
  const Result<Body> parsed = ParseBody(content_type, body);
  EXPECT_ERROR(kBadRequest, parsed);
  return parsed ? "" : parsed.error().detail;
}

std::string Unread(std::string_view content_type, std::string_view body) {
  const Result<Body> parsed = ParseBody(content_type, body);
  EXPECT_OK(parsed);
  return parsed ? parsed->unread : parsed.error().detail;
}

std::string Nested(int depth) {
  return R"({"a":)" + std::string(static_cast<std::size_t>(depth) - 1, '[') +
         std::string(static_cast<std::size_t>(depth) - 1, ']') + "}";
}

TEST(Body, TreatsAnEmptyBodyAsAnEmptyObject) {
  for (const char* type : {"", kJson, kForm, "text/plain"}) {
    EXPECT_EQ(Parsed(type, ""), json::object()) << type;
  }
}

TEST(Body, ReadsAJsonObject) {
  EXPECT_EQ(Parsed(kJson, R"({"roomID":"r1","cnt":20})"), json({{"roomID", "r1"}, {"cnt", 20}}));
}

TEST(Body, IgnoresTheCaseOfTheMediaType) {
  for (const char* type :
       {"Application/JSON; charset=utf-8", " application/json ;x", "application/json\t"}) {
    EXPECT_EQ(Fault(type, "{"), "body: not valid JSON") << type;
  }
  EXPECT_EQ(Parsed("APPLICATION/X-WWW-FORM-URLENCODED;charset=utf-8", "a=1"), json({{"a", "1"}}));
}

TEST(Body, RefusesJsonThatDoesNotParse) {
  for (const char* body : {"{", "nonsense", "{\"a\":1}x", "{'a':1}", "{\"a\":NaN}", "{\"a\":01}",
                           "// c\n{}", "{\"a\":1,}"}) {
    EXPECT_EQ(Fault(kJson, body), "body: not valid JSON") << body;
  }
}

TEST(Body, RefusesJsonThatIsNotAnObject) {
  for (const char* body : {"[]", "[{}]", "7", "\"text\"", "null", "true"}) {
    EXPECT_EQ(Fault(kJson, body), "body: not a JSON object") << body;
  }
}

TEST(Body, AcceptsOnlyObjectsUnderOtherMediaTypes) {
  for (const char* type : {"", "x", "text/plain", "application/xml", "text/xml;charset=utf-8",
                           "application/octet-stream"}) {
    EXPECT_EQ(Parsed(type, R"({"a":"b"})"), json({{"a", "b"}})) << type;
    for (const char* body : {"x", "<xml/>", "[1]", "7"}) {
      EXPECT_EQ(Parsed(type, body), json::object()) << type << " " << body;
    }
  }
}

TEST(Body, ReadsAFormAsStrings) {
  EXPECT_EQ(Parsed(kForm, "userID=u+1&cnt=20&roomID=%e6%88%bf"),
            json({{"userID", "u 1"}, {"cnt", "20"}, {"roomID", "房"}}));
}

TEST(Body, UsesTheLastOfARepeatedName) {
  EXPECT_EQ(Parsed(kJson, R"({"a":1,"b":2,"a":3})"), json({{"a", 3}, {"b", 2}}));
  EXPECT_EQ(Parsed(kForm, "a=1&b=2&a=3"), json({{"a", "3"}, {"b", "2"}}));
}

TEST(Body, AllowsSixteenLevelsOfNesting) {
  EXPECT_OK(ParseBody(kJson, Nested(16)));
  EXPECT_EQ(Fault(kJson, Nested(17)), "body: nested too deeply");
  EXPECT_EQ(Fault(kJson, std::string(65536, '[')), "body: nested too deeply");
}

TEST(Body, IgnoresBracketsInsideStrings) {
  const json brackets = {{"a", std::string(40, '[') + "\"" + std::string(40, '{')}};
  EXPECT_EQ(Parsed(kJson, brackets.dump()), brackets);
}

TEST(Body, RefusesInvalidUtf8) {
  EXPECT_EQ(Fault(kJson, "{\"a\":\"\xC0\xAF\"}"), "body: not valid UTF-8");
  EXPECT_EQ(Fault(kJson, "{\"\xFF\":1}"), "body: not valid UTF-8");
  EXPECT_EQ(Fault(kForm, "a=%ff"), "body: not valid UTF-8");
  EXPECT_EQ(Fault(kForm, "%ff=a"), "body: not valid UTF-8");
}

TEST(Body, RefusesNul) {
  EXPECT_EQ(Fault(kJson, R"({"a":"x\u0000y"})"), "body: holds a NUL");
  EXPECT_EQ(Fault(kJson, R"({"a":{"\\\u0000":1}})"), "body: holds a NUL");
  EXPECT_EQ(Fault(kJson, std::string_view("{\"a\":\"\0\"}", 9)), "body: not valid JSON");
  EXPECT_EQ(Fault(kForm, "a=%00"), "body: holds a NUL");
}

TEST(Body, RefusesWhatFollowsANul) {
  for (const char* rest : {"", "x", "{\"a\":2}"}) {
    const std::string body = std::string("{\"a\":1}").append(1, '\0').append(rest);
    EXPECT_EQ(Fault(kJson, body), "body: not valid JSON") << rest;
    EXPECT_EQ(Parsed("text/plain", body), json::object()) << rest;
    EXPECT_ERROR(kNotJson, ParseOrderedJson(body)) << rest;
  }
}

TEST(Body, AcceptsAnEscapedBackslashBeforeU0000) {
  EXPECT_EQ(Parsed(kJson, R"({"a":"\\u0000"})"), json({{"a", "\\u0000"}}));
}

TEST(Body, ReadsALoneSurrogateAsTheReplacementCharacter) {
  const auto text_of = [](const std::string& spelling) {
    return Parsed(kJson, R"({"a":")" + spelling + R"("})")["a"].get<std::string>();
  };
  EXPECT_EQ(text_of(R"(\ud800)"), "\uFFFD");
  EXPECT_EQ(text_of(R"(\uDFFF)"), "\uFFFD");
  EXPECT_EQ(text_of(R"(x\uD83Dy)"), "x\uFFFDy");
  EXPECT_EQ(text_of(R"(\ud83d\n)"), "\uFFFD\n");
  EXPECT_EQ(text_of(R"(\ud83d\u0041)"), "\uFFFDA");
  EXPECT_EQ(text_of(R"(\uD83d\ud83D)"), "\uFFFD\uFFFD");
  EXPECT_EQ(text_of(R"(\ude00\ud83d)"), "\uFFFD\uFFFD");
  EXPECT_EQ(text_of(R"(\ud83d\\ude00)"), "\uFFFD\\ude00");
  EXPECT_EQ(text_of(R"(\\\ud83d)"), "\\\uFFFD");
  EXPECT_EQ(text_of(R"(\ud83d\ud83d\ude00\ude00)"), "\uFFFD😀\uFFFD");
  EXPECT_EQ(Parsed(kJson, R"({"\udc00":{"b":["\ud800"]}})"),
            json({{"\uFFFD", {{"b", {"\uFFFD"}}}}}));
}

TEST(Body, KeepsSurrogatePairsAndEscapedBackslashes) {
  EXPECT_EQ(Parsed(kJson, R"({"a":"\ud83d\ude00\uDBFF\uDFFF"})"), json({{"a", "😀\U0010FFFF"}}));
  EXPECT_EQ(Parsed(kJson, R"({"a":"\\ud800"})"), json({{"a", "\\ud800"}}));
  EXPECT_EQ(Parsed(kJson, R"({"a":"\ud7ff\ue000"})"), json({{"a", "\ud7ff\ue000"}}));
}

TEST(Body, RefusesBrokenEscapesBesideALoneSurrogate) {
  for (const char* body : {R"({"a":"\ud8"})", R"({"a":"\ud80)", R"({"a":"\ud800)",
                           R"({"a":"\Ud800"})", R"({"a":"\ud83d\u+e00"})", R"({"a":\ud800})"}) {
    EXPECT_EQ(Fault(kJson, body), "body: not valid JSON") << body;
  }
  EXPECT_EQ(Fault(kJson, R"({"a":"\ud83d\u0000"})"), "body: holds a NUL");
  EXPECT_EQ(Fault(kJson, "{\"a\":\"\\ud83d\xED\xA0\x80\"}"), "body: not valid UTF-8");
}

TEST(Body, AcceptsSpecialFieldNames) {
  const json names = {{"__proto__", "a"}, {"constructor", "b"}, {"toString", "c"}, {"", "d"}};
  EXPECT_EQ(Parsed(kJson, names.dump()), names);
}

TEST(UnreadBody, IsJsonUnderTheTypeOfAForm) {
  EXPECT_EQ(Unread(std::string(kForm) + "; charset=utf-8", " \n{\"a\":1}"),
            "body: JSON, sent with the Content-Type of a form");
  EXPECT_EQ(Unread(kJson, "{}"), "");
  EXPECT_EQ(Unread(kForm, "a={}"), "");
  EXPECT_EQ(Unread(kForm, " "), "");
}

TEST(UnreadBody, HasSeveralParts) {
  for (const char* type : {"", kForm, "multipart/form-data; boundary=b"}) {
    EXPECT_EQ(
        Unread(type, "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n"),
        "body: multipart, which is not read; send application/json");
  }
  EXPECT_EQ(Unread(kForm, "--b=1"), "");
  EXPECT_EQ(Unread("multipart/form-data; boundary=b", "{}"), "");
}

TEST(UnreadBody, IsABrokenObjectUnderAnotherType) {
  EXPECT_EQ(Unread("text/plain", std::string_view("{\"index\":0}\0", 12)), "body: not valid JSON");
  EXPECT_EQ(Unread("text/plain", R"({"index":"\u0000"})"), "body: holds a NUL");
  EXPECT_EQ(Unread("", "{}"), "");
}

TEST(Body, ReadsAPlainObjectAsTheParserDoes) {
  constexpr auto kBodies = std::to_array<const char*>({
      R"({"a":1})",
      R"({"a":"","b":"x y"})",
      R"({"a":1,"b":"2","a":3})",
      R"({"":0})",
      R"({"a":01})",
      R"({"a":-1})",
      R"({"a":1.0})",
      R"({"a":1e2})",
      R"({"a":0x1})",
      R"({"a":})",
      R"({"a":1,})",
      R"({,"a":1})",
      R"({"a":1}})",
      R"({"a":"\"1})",
      R"({"a":"\n"})",
      R"({"a":{"b":1}})",
      R"({"a" :1})",
      R"({"a"})",
      R"({"a":"b)",
      R"({"a":"\u00e9"})",
      "{\"a\":18446744073709551615}",
      "{\"a\":18446744073709551616}",
      "{\"a\":\"\t\"}",
      "{\"a\":\"\xFF\"}",
      "{\"a\":\"\x7F\"}",
      "{\"\u00e9\":\"\u2028\"}",
      "{",
      "{}",
      "",
  });
  for (const char* const text : kBodies) {
    const std::string body = text;
    // The parser alone reads what begins with a blank.
    const auto plain = ParseOrderedJson(body);
    const auto parsed = ParseOrderedJson(" " + body);
    ASSERT_EQ(plain.ok(), parsed.ok()) << body;
    ASSERT_EQ(ParseJson(body).ok(), parsed.ok()) << body;
    if (!parsed) {
      EXPECT_EQ(plain.error().detail, parsed.error().detail) << body;
      continue;
    }
    EXPECT_EQ(*plain, *parsed) << body;
    EXPECT_EQ(plain->dump(), parsed->dump());
    EXPECT_EQ(*ParseJson(body), *ParseJson(" " + body)) << body;
  }
}

TEST(OrderedJson, KeepsMembersInTheirOrder) {
  const std::string text = R"({"b":1,"a":[{"d":"","c":"}}"}],"A":null})";
  const auto parsed = ParseOrderedJson(text);
  ASSERT_OK(parsed);
  EXPECT_EQ(parsed->dump(), text);
}

TEST(OrderedJson, KeepsTheFirstPlaceAndTheLastValueOfARepeatedName) {
  const auto parsed = ParseOrderedJson(R"({"b":1,"a":2,"b":3})");
  ASSERT_OK(parsed);
  EXPECT_EQ(parsed->dump(), R"({"b":3,"a":2})");
}

TEST(OrderedJson, HasTheBoundsOfOtherJson) {
  EXPECT_ERROR(kNotJson, ParseOrderedJson("{"));
  EXPECT_ERROR(kBadRequest, ParseOrderedJson(Nested(17)));
  EXPECT_ERROR(kBadRequest, ParseOrderedJson("\"\xFF\""));
  EXPECT_ERROR(kBadRequest, ParseOrderedJson(R"("\u0000")"));
  EXPECT_EQ(ParseOrderedJson(R"("\ud800")")->dump(), "\"\uFFFD\"");
}

TEST(OrderedJson, BoundsTheNumberOfMembers) {
  const auto object_of = [](std::size_t members) {
    json object = json::object();
    for (std::size_t i = 0; i < members; ++i) object[std::to_string(i)] = ":::";
    return object.dump();
  };
  EXPECT_OK(ParseOrderedJson(object_of(kMaxOrderedMembers)));
  const auto refused = ParseOrderedJson(object_of(kMaxOrderedMembers + 1));
  EXPECT_ERROR(kBadRequest, refused);
  EXPECT_EQ(refused.error().detail, "holds too many members");
  EXPECT_OK(ParseJson(object_of(kMaxOrderedMembers + 1)));
}

TEST(OrderedJson, BoundsTheNumberOfElements) {
  const auto object_of = [](std::size_t elements, const json& element) {
    return json({{"a", json(elements, element)}, {"b", "[,,,]"}, {"c", 1}}).dump();
  };
  EXPECT_OK(ParseOrderedJson(object_of(kMaxOrderedMembers, 0)));
  const auto refused = ParseOrderedJson(object_of(kMaxOrderedMembers + 1, 0));
  EXPECT_ERROR(kBadRequest, refused);
  EXPECT_EQ(refused.error().detail, "holds too many elements");
  EXPECT_OK(ParseJson(object_of(kMaxOrderedMembers + 1, 0)));
  EXPECT_ERROR(kBadRequest, ParseOrderedJson(object_of(kMaxOrderedMembers / 2 + 1, json::array())))
      << "an empty array counts";
  EXPECT_OK(ParseOrderedJson(object_of(300, {{"UserId", "a"}, {"Role", "b"}})))
      << "the longest list of a command";
}

}  // namespace
}  // namespace rtcroom
