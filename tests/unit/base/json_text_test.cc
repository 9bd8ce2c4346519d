#include "daemon/base/json_text.h"

#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace rtcroom {
namespace {

using nlohmann::json;

std::string Written(std::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

/// Which escapes all but U+2028 and U+2029.
std::string ByTheLibrary(std::string_view text) {
  std::string dumped = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  for (const auto& [separator, escape] :
       {std::pair{"\u2028", R"(\u2028)"}, std::pair{"\u2029", R"(\u2029)"}}) {
    for (std::size_t at = 0; (at = dumped.find(separator, at)) != std::string::npos;) {
      dumped.replace(at, 3, escape);
    }
  }
  return dumped;
}

TEST(JsonString, KeepsUtf8Unchanged) {
  EXPECT_EQ(Written(""), R"("")");
  EXPECT_EQ(Written("https://a.example/x?b=1&c=<d>'"), R"("https://a.example/x?b=1&c=<d>'")");
  EXPECT_EQ(Written("小明的房间"), R"("小明的房间")");
  EXPECT_EQ(Written("🎥 \x7F"), "\"🎥 \x7F\"");
}

TEST(JsonString, EscapesQuotesBackslashesAndControls) {
  EXPECT_EQ(Written(R"(a"b\c/)"), R"("a\"b\\c/")");
  EXPECT_EQ(Written("\b\f\n\r\t\x01\x1F"), R"("\b\f\n\r\t\u0001\u001f")");
  EXPECT_EQ(Written(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonString, EscapesSeparatorsOfLinesAndParagraphs) {
  EXPECT_EQ(Written("\u2028a\u2029\u2028"), R"("\u2028a\u2029\u2028")");
  EXPECT_EQ(Written("\"\u2029\n\u2028"), R"("\"\u2029\n\u2028")") << "beside other escapes";
  EXPECT_EQ(Written("\u2027\u202A“…”€\u0028"), "\"\u2027\u202A“…”€(\"") << "neighbours stay";
  EXPECT_EQ(Written("\xE2\x80"), "\"\uFFFD\"");
}

TEST(JsonString, ReplacesInvalidUtf8) {
  EXPECT_EQ(Written("a\xFF"), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(Written("\xE4\xBD"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(Written("\xED\xA0\x80"), ByTheLibrary("\xED\xA0\x80"));
}

TEST(JsonString, MatchesTheLibraryForEveryByteAtEveryPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t size = 1; size <= 17; ++size) {
      for (std::size_t place = 0; place < size; ++place) {
        std::string text(size, 'x');
        text[place] = static_cast<char>(byte);
        ASSERT_EQ(Written(text), ByTheLibrary(text)) << byte << " at " << place << " of " << size;
      }
    }
  }
}

TEST(JsonString, MatchesTheLibraryForTruncatedSequences) {
  // The bounds of valid first bytes and continuation bytes of a sequence (RFC 3629, section 4).
  constexpr std::string_view kBounds =
      "a\x01\"\x7F\x80\x8F\x90\x9F\xA0\xBF\xC1\xC2\xDF\xE0\xEC\xED\xEF\xF0\xF1\xF3\xF4\xF5\xFF";
  // After the second byte only its end, another sequence, or an escape makes a difference.
  constexpr std::string_view kEnds = "a\x01\"\x7F\x80\xBF\xC2\xE0\xF4\xFF";
  for (const char first : kBounds) {
    for (const char second : kBounds) {
      for (const char third : kEnds) {
        for (const char fourth : kEnds) {
          const std::string text = {first, second, third, fourth};
          ASSERT_EQ(Written(text), ByTheLibrary(text)) << testing::PrintToString(text);
        }
      }
    }
  }
}

TEST(JsonString, MatchesTheLibraryForRandomText) {
  constexpr std::string_view kPieces[] = {
      "a",    "0123456789", "\"",   "\\",   "\n",   "\x1F",   "\x7F",     "\x80",    "é",
      "房间", "🎥",         "\xE6", "\xF0", "\xFF", " ",      "\xC0\xAF", "</",      "\u2028",
      "!",    "#",          "[]{}", "\x01", "%22",  "\u2029", "\xE2",     "\xE2\x80"};
  std::mt19937_64 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::uint64_t pieces = random() % 12; pieces > 0; --pieces) {
      text += kPieces[random() % std::size(kPieces)];
    }
    ASSERT_EQ(Written(text), ByTheLibrary(text)) << "round " << round;
  }
}

TEST(JsonText, WritesCommasBetweenMembersAndElements) {
  JsonText text;
  EXPECT_EQ(text.text(), "");
  text.Field("a", "[{").Field("b", -7);
  text.BeginObject("c").EndObject();
  text.BeginArray("d").BeginObject().Field("e", "").EndObject().BeginObject().EndObject();
  text.EndArray().BeginArray("f").EndArray().Field("g", 4294967295);
  EXPECT_EQ(text.text(), R"("a":"[{","b":-7,"c":{},"d":[{"e":""},{}],"f":[],"g":4294967295)");
}

TEST(JsonText, CopiesValuesThatAreJson) {
  JsonText text;
  text.Json("a", R"([{"b":"\u00e9"}])").Json("c", "null");
  text.BeginObject("d").Json("e", "{}").EndObject();
  text.BeginArray("f").Json("1").Json("{}").EndArray().Json("").Json(R"("g":2,"h":3)");
  EXPECT_EQ(text.text(), R"("a":[{"b":"\u00e9"}],"c":null,"d":{"e":{}},"f":[1,{}],"g":2,"h":3)");
}

TEST(JsonText, EscapesSeparatorsInCopiedJson) {
  JsonText text;
  text.Json("a", "[\"x\u2028\u2029\",\"\u2026\"]").Json("b", "\"\u2029\"");
  EXPECT_EQ(text.text(), R"("a":["x\u2028\u2029","…"],"b":"\u2029")");
}

TEST(JsonText, CutsBackToAnEarlierSize) {
  JsonText text;
  text.BeginArray("a").BeginObject().EndObject();
  const std::size_t size = text.text().size();
  text.BeginObject().Field("b", "c").EndObject().CutTo(size);
  text.EndArray();
  EXPECT_EQ(text.text(), R"("a":[{}])");
}

}  // namespace
}  // namespace rtcroom
