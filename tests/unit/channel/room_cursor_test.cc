#include "daemon/channel/room_cursor.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(RoomCursor, IsReadAsItWasWritten) {
  const RoomCursor cursor{
      .epoch = "00000000000000aa", .room_number = 7, .at = {.event = 12, .message = 0}};
  EXPECT_EQ(cursor.Encode(), "00000000000000aa-7-12-0");
  EXPECT_EQ(RoomCursor::Parse(cursor.Encode()), cursor);
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  const RoomCursor largest{
      .epoch = "ffffffffffffffff", .room_number = kMost, .at = {.event = kMost, .message = kMost}};
  EXPECT_EQ(RoomCursor::Parse(largest.Encode()), largest);
  EXPECT_LE(largest.Encode().size(), 128U);
}

TEST(RoomCursor, HasOneTextForEachPosition) {
  for (const std::string_view text :
       {"", "00000000000000aa", "00000000000000aa-1-2", "00000000000000aa-1-2-3-4",
        "00000000000000aa-1-2-3 ", "00000000000000aa-01-2-3", "00000000000000aa-1--2",
        "00000000000000aa-1-2-", "00000000000000AA-1-2-3", "0000000000000aa-1-2-3",
        "00000000000000aa-+1-2-3", "00000000000000aa-1-2-18446744073709551616"}) {
    EXPECT_FALSE(RoomCursor::Parse(text)) << text;
  }
}

}  // namespace
}  // namespace rtcroom
