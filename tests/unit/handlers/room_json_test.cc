// Room replies are written directly as text; the reference uses the JSON library.
#include "handlers/rooms/room_json.h"

#include <limits>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "handlers/rooms/reply.h"
#include "tests/support/room_trees.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max();

std::string ListText(std::span<const Room> rooms, std::size_t max_bytes = kUnbounded) {
  JsonText text;
  text.BeginArray("rooms");
  WriteRooms(rooms, Protocol::kGen1, max_bytes, text);
  text.EndArray();
  return "{" + std::string(text.text()) + "}";
}

std::string PlainListText(std::span<const Room> rooms) {
  return TreeText({{"rooms", RoomsTree(rooms)}});
}

Room RoomOf(const std::string& id, std::size_t pushers) {
  Room room = MakeRoom(RoomKind::kMulti, id);
  for (std::size_t i = 0; i < pushers; ++i) {
    room.pushers.push_back(MakePusher(fmt::format("user-{}", i)));
  }
  return room;
}

/// Text as clients have sent it, and text that only a damaged store contains.
std::string RandomText(std::mt19937_64& random) {
  constexpr std::string_view kPieces[] = {"小明", "🎥", "\"",   "\\", "\n",   "\x01",    "<b>",
                                          "name", " ",  "\x7F", "é",  "\xFF", "\xE4\xBD"};
  std::string text;
  for (std::uint64_t pieces = random() % 8; pieces > 0; --pieces) {
    text += kPieces[random() % std::size(kPieces)];
  }
  return text;
}

Room RandomRoom(std::mt19937_64& random) {
  Room room = RoomOf(RandomText(random), random() % 5);
  room.creator.value = RandomText(random);
  room.info = RandomText(random);
  room.mixed_play_url = RandomText(random);
  for (Pusher& pusher : room.pushers) {
    pusher.user_id.value = RandomText(random);
    pusher.user_name = RandomText(random);
    pusher.user_avatar = RandomText(random);
    pusher.accelerate_url = RandomText(random);
  }
  return room;
}

TEST(RoomJson, MatchesTheReferenceEncoding) {
  const std::vector<Room> rooms = {RoomOf("r1", 4), RoomOf("r2", 0), RoomOf("r3", 1)};
  EXPECT_EQ(ListText(rooms), PlainListText(rooms));
  EXPECT_EQ(ListText({}), R"({"rooms":[]})");
  JsonText pushers;
  WritePushers(rooms.front(), pushers);
  EXPECT_EQ("{" + std::string(pushers.text()) + "}",
            TreeText({{"pushers", PushersTree(rooms.front())}}));
}

TEST(RoomJson, MatchesTheReferenceEncodingForRandomTexts) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Room> rooms;
    for (std::uint64_t count = random() % 4; count > 0; --count) {
      rooms.push_back(RandomRoom(random));
    }
    ASSERT_EQ(ListText(rooms), PlainListText(rooms)) << "round " << round;
  }
}

TEST(RoomJson, OmitsPushUrls) {
  const std::vector<Room> rooms = {RoomOf("r1", 4)};
  EXPECT_EQ(ListText(rooms).find("txSecret"), std::string::npos);
}

TEST(RoomJson, ListsWholeRoomsUpToTheBound) {
  const std::vector<Room> rooms = {RoomOf("r1", 4), RoomOf("r2", 2), RoomOf("r3", 3)};
  const std::span<const Room> all(rooms);
  for (std::size_t count = 1; count <= rooms.size(); ++count) {
    const std::string text = ListText(all.first(count));
    const std::size_t bytes = text.size() - std::string_view("{}").size();
    EXPECT_EQ(ListText(all, bytes), text);
    if (count > 1) {
      EXPECT_EQ(ListText(all, bytes - 1), ListText(all.first(count - 1)));
    }
  }
}

TEST(RoomJson, ListsOneRoomForAnyBound) {
  const std::vector<Room> rooms = {RoomOf("r1", 4), RoomOf("r2", 2)};
  EXPECT_EQ(ListText(rooms, 0), ListText(std::span(rooms).first(1)));
  EXPECT_EQ(ListText({}, 0), R"({"rooms":[]})");
}

TEST(RoomJson, ContinuesAListUpToTheTotalBound) {
  const std::vector<Room> rooms = {RoomOf("r1", 4), RoomOf("r2", 2), RoomOf("r3", 3)};
  const std::span<const Room> all(rooms);
  const std::size_t bytes = ListText(all.first(2)).size() - std::string_view("{}").size();
  JsonText text;
  text.BeginArray("rooms");
  EXPECT_TRUE(WriteRooms(all.first(1), Protocol::kGen1, bytes, text));
  EXPECT_FALSE(WriteRooms(all.subspan(1), Protocol::kGen1, bytes, text));
  text.EndArray();
  EXPECT_EQ("{" + std::string(text.text()) + "}", ListText(all.first(2)));
}

TEST(RoomJson, BoundsTheWholeReply) {
  const std::vector<Room> rooms = {RoomOf("r1", 4), RoomOf("r2", 2)};
  JsonText text;
  text.BeginArray("rooms");
  WriteRooms(rooms, Protocol::kGen1, kUnbounded, text);
  text.EndArray();
  const std::size_t fields = text.text().size();
  RequestLabel label;
  EXPECT_EQ(Render(Reply::Success(std::move(text)), label).body.size(),
            fields + SuccessFrameBytes());
}

}  // namespace
}  // namespace rtcroom
