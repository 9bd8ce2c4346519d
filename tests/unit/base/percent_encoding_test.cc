#include "daemon/base/percent_encoding.h"

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(PercentEncode, KeepsUnreservedCharacters) {
  const char* const unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  EXPECT_EQ(PercentEncode(unreserved), unreserved);
}

TEST(PercentEncode, EncodesEveryOtherByte) {
  EXPECT_EQ(PercentEncode("a&b=c d+e%f/?#"), "a%26b%3Dc%20d%2Be%25f%2F%3F%23");
  EXPECT_EQ(PercentEncode("\r\n"), "%0D%0A");
  EXPECT_EQ(PercentEncode("\xE4\xBA\xBA"), "%E4%BA%BA");
  EXPECT_EQ(PercentEncode(std::string_view("\0", 1)), "%00");
}

TEST(PercentEncode, KeepsAdditionallyAllowedCharacters) {
  EXPECT_EQ(PercentEncode("a/b c?d", "/"), "a/b%20c%3Fd");
}

TEST(PercentDecode, DecodesEachByteOnce) {
  EXPECT_EQ(PercentDecode("/a%2541%2fB+c"), "/a%41/B+c");
  EXPECT_EQ(PercentDecode("%00"), std::string(1, '\0'));
}

TEST(PercentDecode, KeepsAPercentSignWithoutTwoDigits) {
  EXPECT_EQ(PercentDecode("%"), "%");
  EXPECT_EQ(PercentDecode("%4"), "%4");
  EXPECT_EQ(PercentDecode("%4g%zz%u0041"), "%4g%zz%u0041");
}

}  // namespace
}  // namespace rtcroom
