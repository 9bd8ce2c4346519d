#include "daemon/core/room_search.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class RoomSearchTest : public ServiceFixture {
 protected:
  void MakeRooms(int count) {
    for (int i = 0; i < count; ++i) ASSERT_OK(CreateRoom(Create(std::to_string(i), "host")));
  }
  static std::vector<std::string> Ids(const RoomsFound& found) {
    std::vector<std::string> ids;
    for (const Room& room : found.rooms) ids.push_back(room.key.id.value);
    return ids;
  }
};

TEST_F(RoomSearchTest, FindsAllRoomsInPages) {
  MakeRooms(5);
  const auto first = SearchRooms(store_, {.count = 3});
  ASSERT_OK(first);
  EXPECT_THAT(Ids(*first), ElementsAre("0", "1", "2"));
  ASSERT_TRUE(first->next.has_value());
  const auto second = SearchRooms(store_, {.after = *first->next, .count = 3});
  ASSERT_OK(second);
  EXPECT_THAT(Ids(*second), ElementsAre("3", "4"));
  EXPECT_FALSE(second->next.has_value());
}

TEST_F(RoomSearchTest, ScansABoundedNumberOfRooms) {
  MakeRooms(static_cast<int>(kMostRoomsSearched) + 10);
  std::size_t looked_at = 0;
  const auto nothing = [&](const Room&) { return ++looked_at == 0; };
  const auto first = SearchRooms(store_, {.wanted = nothing});
  ASSERT_OK(first);
  EXPECT_EQ(looked_at, kMostRoomsSearched);
  EXPECT_THAT(first->rooms, IsEmpty());
  const auto second = SearchRooms(store_, {.after = first->next.value(), .wanted = nothing});
  ASSERT_OK(second);
  EXPECT_EQ(looked_at, kMostRoomsSearched + 10);
  EXPECT_FALSE(second->next.has_value());
}

TEST_F(RoomSearchTest, ContinuesAfterTheLastMatch) {
  MakeRooms(10);
  const auto odd = [](const Room& room) { return (room.key.id.value.back() - '0') % 2 == 1; };
  const auto first = SearchRooms(store_, {.count = 2, .wanted = odd});
  ASSERT_OK(first);
  EXPECT_THAT(Ids(*first), ElementsAre("1", "3"));
  const auto second = SearchRooms(store_, {.after = first->next.value(), .wanted = odd});
  ASSERT_OK(second);
  EXPECT_THAT(second->rooms, SizeIs(3));
}

TEST(SearchPosition, RoundTrips) {
  for (const std::uint64_t after :
       {std::uint64_t{0}, std::uint64_t{77}, std::uint64_t{UINT64_MAX}}) {
    EXPECT_EQ(ParseSearchPosition(EncodeSearchPosition(after)), after);
  }
  for (const char* text : {"", "1", "000000000000000G", "00000000000000001", "000000000000004D"}) {
    EXPECT_EQ(ParseSearchPosition(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace rtcroom
