#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Form, KeepsPairsInOrder) {
  EXPECT_THAT(ParseForm("b=1&a=2&b=3"),
              ElementsAre(Pair("b", "1"), Pair("a", "2"), Pair("b", "3")));
}

TEST(Form, ParsesEmptyTextToNoPairs) {
  EXPECT_THAT(ParseForm(""), IsEmpty());
  EXPECT_THAT(ParseForm("&&"), IsEmpty());
}

TEST(Form, ParsesANameWithoutAValueAsEmpty) {
  EXPECT_THAT(ParseForm("token&userID="), ElementsAre(Pair("token", ""), Pair("userID", "")));
}

TEST(Form, SplitsAtTheFirstEqualsSign) {
  EXPECT_THAT(ParseForm("sig=a=b="), ElementsAre(Pair("sig", "a=b=")));
}

TEST(Form, DecodesPercentEscapesOnce) {
  EXPECT_THAT(ParseForm("a=%2525&%62=%e6%88%BF"), ElementsAre(Pair("a", "%25"), Pair("b", "房")));
}

TEST(Form, DecodesPlusAsSpace) {
  EXPECT_THAT(ParseForm("a=x+y&b=%2B"), ElementsAre(Pair("a", "x y"), Pair("b", "+")));
}

TEST(Form, KeepsInvalidEscapes) {
  EXPECT_THAT(ParseForm("a=%&b=%4&c=%zz&d=%4g&e=%+1"),
              ElementsAre(Pair("a", "%"), Pair("b", "%4"), Pair("c", "%zz"), Pair("d", "%4g"),
                          Pair("e", "% 1")));
}

TEST(Form, FindsTheFirstOfARepeatedName) {
  const FormPairs pairs = ParseForm("userID=u1&userID=u2");
  ASSERT_NE(FindFirst(pairs, "userID"), nullptr);
  EXPECT_EQ(*FindFirst(pairs, "userID"), "u1");
  EXPECT_EQ(FindFirst(pairs, "userid"), nullptr);
}

TEST(Form, ReturnsEmptyTextForAMissingName) {
  const FormPairs pairs = ParseForm("a=1&a=2&b");
  EXPECT_EQ(FirstOrEmpty(pairs, "a"), "1");
  EXPECT_EQ(FirstOrEmpty(pairs, "b"), "");
  EXPECT_EQ(FirstOrEmpty(pairs, "c"), "");
}

}  // namespace
}  // namespace rtcroom
