#include "daemon/core/room_order.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

constexpr RoomKind kKind = RoomKind::kLive;
constexpr Dialect kDialect = Dialect::kGen1;

TEST(RoomOrder, FindsTheNthRoomAfterAnyInsertionsAndRemovals) {
  RoomOrder order;
  for (std::uint64_t sequence = 1; sequence <= 1000; ++sequence) {
    order.Insert(kKind, kDialect, sequence);
  }
  for (std::uint64_t sequence = 2; sequence <= 1000; sequence += 2) {
    order.Erase(kKind, kDialect, sequence);
  }
  EXPECT_EQ(order.At(kKind, kDialect, 0), 1U);
  EXPECT_EQ(order.At(kKind, kDialect, 499), 999U);
  EXPECT_EQ(order.At(kKind, kDialect, 500), std::nullopt);
  EXPECT_EQ(order.At(kKind, kDialect, UINT64_MAX), std::nullopt);
}

TEST(RoomOrder, CountsWithinKindAndDialect) {
  RoomOrder order;
  order.Insert(RoomKind::kDouble, Dialect::kGen1, 1);
  order.Insert(RoomKind::kLive, Dialect::kGen1, 2);
  order.Insert(RoomKind::kLive, Dialect::kGen2, 3);
  EXPECT_EQ(order.At(RoomKind::kLive, Dialect::kGen1, 0), 2U);
  EXPECT_EQ(order.At(RoomKind::kLive, Dialect::kGen2, 0), 3U);
  EXPECT_EQ(order.At(RoomKind::kMulti, Dialect::kGen1, 0), std::nullopt);
  EXPECT_EQ(order.Count(RoomKind::kLive), 2U);
  EXPECT_EQ(order.Count(RoomKind::kMulti), 0U);
}

}  // namespace
}  // namespace rtcroom
