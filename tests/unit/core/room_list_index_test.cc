#include "daemon/core/room_list_index.h"

#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

RoomListEntry At(std::uint64_t place, RoomKind kind = RoomKind::kLive,
                 Dialect dialect = Dialect::kGen1) {
  return {.kind = kind, .dialect = dialect, .place = place};
}
RoomListQuery From(std::uint64_t index, RoomKind kind = RoomKind::kLive,
                   std::optional<Dialect> dialect = Dialect::kGen1) {
  return {.kind = kind, .dialect = dialect, .index = index};
}

TEST(RoomListIndex, FindsTheNthRoomAfterAnyInsertionsAndRemovals) {
  RoomListIndex order;
  for (std::uint64_t place = 1; place <= 1000; ++place) order.Insert(At(place));
  for (std::uint64_t place = 2; place <= 1000; place += 2) order.Erase(At(place));
  EXPECT_EQ(order.At(From(0)), 1U);
  EXPECT_EQ(order.At(From(499)), 999U);
  EXPECT_EQ(order.At(From(500)), std::nullopt);
  EXPECT_EQ(order.At(From(UINT64_MAX)), std::nullopt);
}

TEST(RoomListIndex, ContinuesAfterARoomThatMayHaveEnded) {
  RoomListIndex order;
  for (std::uint64_t place = 1; place <= 10; ++place) order.Insert(At(place));
  RoomListQuery query = From(0);
  query.after = 4;
  EXPECT_EQ(order.At(query), 5U);
  order.Erase(At(4));
  order.Erase(At(5));
  EXPECT_EQ(order.At(query), 6U);
  query.index = 2;
  EXPECT_EQ(order.At(query), 8U);
  query.index = 5;
  EXPECT_EQ(order.At(query), std::nullopt);
  query = From(0);
  query.after = 10;
  EXPECT_EQ(order.At(query), std::nullopt);
}

TEST(RoomListIndex, KeepsKindsAndDialectsApart) {
  RoomListIndex order;
  order.Insert(At(1, RoomKind::kDouble));
  order.Insert(At(2));
  order.Insert(At(3, RoomKind::kLive, Dialect::kGen2));
  EXPECT_EQ(order.At(From(0)), 2U);
  EXPECT_EQ(order.At(From(0, RoomKind::kLive, Dialect::kGen2)), 3U);
  EXPECT_EQ(order.At(From(0, RoomKind::kMulti)), std::nullopt);
  EXPECT_EQ(order.Count(RoomKind::kLive), 2U);
  EXPECT_EQ(order.Count(RoomKind::kMulti), 0U);
}

TEST(RoomListIndex, ListsBothDialectsTogetherWhenNoneIsNamed) {
  RoomListIndex order;
  order.Insert(At(5));
  order.Insert(At(7, RoomKind::kLive, Dialect::kGen2));
  order.Insert(At(9));
  EXPECT_EQ(order.At(From(1, RoomKind::kLive, std::nullopt)), 7U);
  order.Erase(At(7, RoomKind::kLive, Dialect::kGen2));
  EXPECT_EQ(order.At(From(1, RoomKind::kLive, std::nullopt)), 9U);
}

TEST(RoomListIndex, ListsARoomOnlyOnceItHasAPlace) {
  RoomListIndex order;
  order.Insert(At(0));
  EXPECT_EQ(order.Count(RoomKind::kLive), 1U);
  EXPECT_EQ(order.At(From(0)), std::nullopt);
  order.Activate(At(4));
  EXPECT_EQ(order.Count(RoomKind::kLive), 1U);
  EXPECT_EQ(order.At(From(0)), 4U);
  order.Erase(At(4));
  EXPECT_EQ(order.Count(RoomKind::kLive), 0U);
}

TEST(RoomListIndex, ListsWebrtcRoomsByTypeToo) {
  RoomListIndex order;
  const auto typed = [](const std::string& type, std::uint64_t place) {
    return RoomListEntry{
        .kind = RoomKind::kWebrtc, .dialect = Dialect::kGen2, .type = type, .place = place};
  };
  const auto query = [](const std::string& type, std::uint64_t index) {
    return RoomListQuery{.kind = RoomKind::kWebrtc, .type = type, .index = index};
  };
  order.Insert(typed("a", 1));
  order.Insert(typed("", 2));
  order.Insert(typed("a", 3));
  EXPECT_EQ(order.At(query("a", 1)), 3U);
  EXPECT_EQ(order.At(query("", 0)), 2U) << "an empty type is a separate type";
  EXPECT_EQ(order.At(query("", 1)), std::nullopt);
  EXPECT_EQ(order.At(query("b", 0)), std::nullopt);
  EXPECT_EQ(order.At(From(1, RoomKind::kWebrtc, Dialect::kGen2)), 2U) << "of any type";
  order.Erase(typed("", 2));
  EXPECT_EQ(order.At(query("", 0)), std::nullopt);
}

}  // namespace
}  // namespace rtcroom
