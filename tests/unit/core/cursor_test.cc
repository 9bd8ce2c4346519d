#include "daemon/core/cursor.h"

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(Cursor, RoundTrips) {
  const Cursor cursor{.epoch = "0123456789abcdef", .position = 18446744073709551615ULL};
  EXPECT_EQ(Cursor::Parse(cursor.Encode()), cursor);
  EXPECT_EQ(Cursor::Parse(Cursor::Start().Encode()), Cursor::Start());
}

TEST(Cursor, RejectsNonCanonicalText) {
  for (const char* text :
       {"0123456789abcdef", "0123456789abcdef-", "0123456789ABCDEF-1", "0123456789abcdef-01",
        "0123456789abcdef--1", "0123456789abcdef-1x", "0123456789abcdef-18446744073709551616",
        "123456789abcdef-1", "0123456789abcdef:1", "-1", " 0123456789abcdef-1"}) {
    EXPECT_EQ(Cursor::Parse(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace rtcroom
