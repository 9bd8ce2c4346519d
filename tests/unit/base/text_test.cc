#include "daemon/base/text.h"

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(Text, LowersAsciiLettersOnly) {
  EXPECT_EQ(ToLower("Get_Pushers@[`{"), "get_pushers@[`{");
  EXPECT_EQ(ToLower("É"), "É");
}

TEST(EqualsIgnoringCase, FoldsAsciiLettersAlone) {
  EXPECT_TRUE(EqualsIgnoringCase("Get_Pushers", "gET_pUSHERS"));
  EXPECT_TRUE(EqualsIgnoringCase("", ""));
  EXPECT_FALSE(EqualsIgnoringCase("a", "ab"));
  EXPECT_FALSE(EqualsIgnoringCase("[", "{"));
  EXPECT_FALSE(EqualsIgnoringCase("@", "`"));
  EXPECT_FALSE(EqualsIgnoringCase("\xC3\x84", "\xC3\xA4"));
}

TEST(Text, AcceptsUtf8SequencesOfEveryLength) {
  for (const char* text : {"", "a", "\xC2\x80", "é", "\xE0\xA0\x80", "房间", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xF0\x90\x80\x80", "😀", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  EXPECT_TRUE(IsUtf8(std::string_view("a\0b", 3)));
}

TEST(Text, RejectsInvalidUtf8) {
  for (const char* text : {
           "\x80",              // a continuation byte without a start
           "\xC0\xAF",          // overlong `/`
           "\xC1\xBF",          // overlong
           "\xE0\x9F\xBF",      // overlong
           "\xF0\x8F\xBF\xBF",  // overlong
           "\xED\xA0\x80",      // a surrogate
           "\xF4\x90\x80\x80",  // above U+10FFFF
           "\xF5\x80\x80\x80",  // above U+10FFFF
           "\xFF",
           "\xC3",              // truncated
           "\xE6\x88",          // truncated
           "\xF0\x9F\x98",      // truncated
           "\xE6\x88x",         // interrupted
           "\xF0\x9F\x98\xC0",  // interrupted
       }) {
    EXPECT_FALSE(IsUtf8(text)) << testing::PrintToString(text);
  }
}

TEST(Text, WritesBytesInHex) {
  EXPECT_EQ(ToHex(std::string_view("\x00\x0f\x7f\x80\xff", 5)), "000f7f80ff");
  EXPECT_EQ(ToHex(""), "");
}

TEST(Text, RecognisesHexDigits) {
  constexpr std::string_view kLower = "0123456789abcdef";
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  EXPECT_TRUE(IsHex(kLower));
  EXPECT_TRUE(IsHex(kUpper));
  EXPECT_TRUE(IsLowerHex(kLower));
  EXPECT_FALSE(IsLowerHex(kUpper));
  EXPECT_TRUE(IsHex(""));
  EXPECT_TRUE(IsLowerHex(""));
  // The neighbours of the digits, and a NUL.
  for (const std::string_view other : {"/", ":", "@", "G", "`", "g", " ", "a-b"}) {
    EXPECT_FALSE(IsHex(other)) << other;
    EXPECT_FALSE(IsLowerHex(other)) << other;
  }
  EXPECT_FALSE(IsHex(std::string_view("a\0b", 3)));
  EXPECT_FALSE(IsLowerHex(std::string_view("a\0b", 3)));
}

TEST(Text, FindsAnElementOfAList) {
  const auto holds = [](std::string_view list, std::string_view word) {
    return AnyInList(list, [word](std::string_view one) { return one == word; });
  };
  for (const std::string_view list : {"b", "a,b", "b,a", "a , b\t", ",b,", "a, b, c"}) {
    EXPECT_TRUE(holds(list, "b")) << list;
  }
  for (const std::string_view list : {"", "a", "a b", "bb, B", ",", "a;b"}) {
    EXPECT_FALSE(holds(list, "b")) << list;
  }
  EXPECT_TRUE(holds("a,", "")) << "an empty element is one";
}

TEST(Text, FindsNul) {
  EXPECT_TRUE(HasNul(std::string_view("a\0b", 3)));
  EXPECT_FALSE(HasNul("ab"));
}

}  // namespace
}  // namespace rtcroom
