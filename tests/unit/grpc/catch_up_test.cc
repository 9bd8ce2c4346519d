#include "daemon/grpc/catch_up.h"

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"
#include "tests/unit/grpc/room_mirror.h"
#include "tests/unit/grpc/wire.h"

namespace rtcroom {
namespace {

using testing::IsEmpty;

constexpr CatchUpLimits kSmall{.events_per_read = 4, .rooms_per_read = 3, .max_bytes = 600};

class CatchUpTest : public testing::Test {
 protected:
  RoomKey CreateRoom(const std::string& id) {
    const Room room = MakeRoom(RoomKind::kMulti, id);
    EXPECT_OK(Apply(store_, Creating(room)));
    return room.key;
  }

  /// Reads until nothing is left.
  std::vector<v1::WatchResponse> ReadAll(CatchUp& catch_up) {
    std::vector<v1::WatchResponse> messages;
    std::optional<Cursor> stood = Cursor::Start();
    while (true) {
      const Result<CatchUpPage> page = catch_up.Read(store_.rooms());
      EXPECT_OK(page);
      if (!page || (page->messages.empty() && page->cursor && page->cursor == stood)) break;
      for (const auto& message : page->messages) messages.push_back(Parsed(message.bytes));
      stood = page->cursor;
    }
    return messages;
  }

  RecordingListener listener_;
  TempStore store_{StoreLimits{}, "00112233aabbccdd", listener_};
};

TEST_F(CatchUpTest, FromNowSkipsEarlierEvents) {
  CreateRoom("before");
  const WatchSpec spec;
  CatchUp catch_up(spec, kSmall);
  EXPECT_TRUE(catch_up.IsOnlySeekingEnd());
  const Result<CatchUpPage> page = catch_up.Read(store_.rooms());
  ASSERT_OK(page);
  EXPECT_THAT(page->messages, IsEmpty());
  EXPECT_EQ(page->cursor, *store_.rooms().Newest());

  CreateRoom("after");
  const auto messages = ReadAll(catch_up);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].event().room().room_id(), "after");
}

TEST_F(CatchUpTest, FromEarliestReturnsAllRetainedEvents) {
  for (int i = 0; i < 10; ++i) CreateRoom("r" + std::to_string(i));
  const WatchSpec spec{.after = Cursor::Start()};
  CatchUp catch_up(spec, kSmall);
  RoomMirror mirror;
  for (const auto& message : ReadAll(catch_up)) mirror.Apply(message);
  EXPECT_THAT(mirror.faults(), IsEmpty());
  EXPECT_EQ(mirror.Lines(), LinesOf(store_));
}

TEST_F(CatchUpTest, IncludesAResumeCursorInEachMessage) {
  for (int i = 0; i < 6; ++i) CreateRoom("r" + std::to_string(i));
  const WatchSpec spec{.after = Cursor::Start()};
  CatchUp catch_up(spec, kSmall);
  const Result<CatchUpPage> page = catch_up.Read(store_.rooms());
  ASSERT_OK(page);
  for (const CatchUpMessage& message : page->messages) {
    EXPECT_EQ(Parsed(message.bytes).event().cursor(), message.cursor->Encode());
    const WatchSpec later{.after = message.cursor};
    CatchUp resumed(later, kSmall);
    const auto rest = ReadAll(resumed);
    ASSERT_FALSE(rest.empty());
    EXPECT_EQ(Cursor::Parse(rest[0].event().cursor())->position, message.cursor->position + 1);
  }
}

TEST_F(CatchUpTest, BoundsThePageSize) {
  for (int i = 0; i < 50; ++i) CreateRoom("r" + std::to_string(i));
  const WatchSpec spec{.after = Cursor::Start()};
  constexpr CatchUpLimits kFewBytes{
      .events_per_read = 100, .rooms_per_read = 100, .max_bytes = 500};
  CatchUp catch_up(spec, kFewBytes);
  const Result<CatchUpPage> page = catch_up.Read(store_.rooms());
  ASSERT_OK(page);
  std::size_t bytes = 0;
  for (const CatchUpMessage& message : page->messages) bytes += message.bytes.Length();
  EXPECT_GE(bytes, 500U);
  EXPECT_LE(bytes, 800U);
  EXPECT_EQ(page->cursor, page->messages.back().cursor);
}

TEST_F(CatchUpTest, SkipsFilteredEvents) {
  for (int i = 0; i < 10; ++i) CreateRoom("r" + std::to_string(i));
  const WatchSpec spec{.filter = WatchFilter(0, {{.id = {"r7"}}}, {}), .after = Cursor::Start()};
  CatchUp catch_up(spec, kSmall);
  const auto messages = ReadAll(catch_up);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].event().room().room_id(), "r7");
}

TEST_F(CatchUpTest, CompletesAnEmptySnapshot) {
  const WatchSpec spec{.snapshot = true};
  CatchUp catch_up(spec, kSmall);
  const Result<CatchUpPage> page = catch_up.Read(store_.rooms());
  ASSERT_OK(page);
  ASSERT_EQ(page->messages.size(), 1U);
  EXPECT_EQ(Parsed(page->messages[0].bytes).snapshot_end().cursor(),
            store_.rooms().Newest()->Encode());
  EXPECT_EQ(page->cursor, *store_.rooms().Newest());
}

TEST_F(CatchUpTest, IncludesOnlyMatchingRoomsInASnapshot) {
  for (int i = 0; i < 10; ++i) CreateRoom("r" + std::to_string(i));
  ASSERT_OK(Apply(store_, Adding(MakeKey(RoomKind::kMulti, "r3"), "guest")));
  const WatchSpec spec{.filter = WatchFilter(0, {}, {{"guest"}}), .snapshot = true};
  CatchUp catch_up(spec, kSmall);
  const auto messages = ReadAll(catch_up);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].snapshot_room().room().room_id(), "r3");
  EXPECT_TRUE(messages[1].has_snapshot_end());
}

TEST_F(CatchUpTest, HandlesARoomIdReusedDuringASnapshot) {
  for (int i = 0; i < 4; ++i) CreateRoom("r" + std::to_string(i));
  const WatchSpec spec{.snapshot = true};
  CatchUp catch_up(spec, kSmall);
  RoomMirror mirror;
  const Result<CatchUpPage> first = catch_up.Read(store_.rooms());
  ASSERT_OK(first);
  for (const auto& message : first->messages) mirror.Apply(Parsed(message.bytes));
  EXPECT_FALSE(mirror.snapshot_ended());

  ASSERT_OK(Apply(store_, Destroying(MakeKey(RoomKind::kMulti, "r0"))));
  CreateRoom("r0");
  for (const auto& message : ReadAll(catch_up)) mirror.Apply(message);
  EXPECT_TRUE(mirror.snapshot_ended());
  EXPECT_THAT(mirror.faults(), IsEmpty());
  EXPECT_EQ(mirror.Lines(), LinesOf(store_));
}

TEST_F(CatchUpTest, OmitsCursorsWithinASnapshot) {
  for (int i = 0; i < 4; ++i) CreateRoom("r" + std::to_string(i));
  const WatchSpec spec{.snapshot = true};
  CatchUp catch_up(spec, kSmall);
  const Result<CatchUpPage> first = catch_up.Read(store_.rooms());
  ASSERT_OK(first);
  EXPECT_EQ(first->cursor, std::nullopt);
  ASSERT_OK(Apply(store_, Adding(MakeKey(RoomKind::kMulti, "r0"), "guest")));

  const Result<CatchUpPage> second = catch_up.Read(store_.rooms());
  ASSERT_OK(second);
  const v1::WatchResponse message = Parsed(second->messages.at(0).bytes);
  ASSERT_TRUE(message.has_event());
  EXPECT_EQ(message.event().cursor(), "");
  EXPECT_EQ(second->messages[0].cursor, std::nullopt);
}

TEST_F(CatchUpTest, ReportsAnExpiredCursor) {
  for (int i = 0; i < 4; ++i) CreateRoom("r" + std::to_string(i));
  ASSERT_OK(store_.rooms().TrimEvents({.keep_since = {}, .max_events = 2}));
  const WatchSpec trimmed{.after = Cursor{.epoch = "00112233aabbccdd", .position = 1}};
  EXPECT_ERROR(kCursorExpired, CatchUp(trimmed, kSmall).Read(store_.rooms()));
  const WatchSpec foreign{.after = Cursor{.epoch = "ffffffffffffffff", .position = 8}};
  EXPECT_ERROR(kCursorExpired, CatchUp(foreign, kSmall).Read(store_.rooms()));
}

// Random changes between any two reads; a subscriber reconstructs the rooms from the messages only.
class SnapshotDuringChanges : public CatchUpTest,
                              public testing::WithParamInterface<std::uint32_t> {
 protected:
  void ChangeSomething() {
    const RoomKey key = MakeKey(RoomKind::kMulti, "r" + std::to_string(Below(40)));
    const std::string user = "u" + std::to_string(Below(5));
    switch (Below(8)) {
      case 0:
      case 1:
      case 2:
        (void)Apply(store_, Creating(MakeRoom(key.kind, key.id.value, user)));
        break;
      case 3:
      case 4:
      case 5:
        (void)Apply(store_, Adding(key, user));
        break;
      case 6:
        (void)Apply(store_, Deleting(key, user));
        break;
      default:
        if (const Result<Room> room = store_.rooms().Load(key)) {
          (void)Apply(store_, Destroying(key, room->creator.value));
        }
        break;
    }
  }
  void Note() { history_[store_.rooms().Newest()->Encode()] = LinesOf(store_); }

  std::uint32_t Below(std::uint32_t limit) {
    return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(random_);
  }

  std::mt19937 random_{GetParam()};
  /// The rooms at each cursor since the snapshot began.
  std::map<std::string, std::vector<std::string>> history_;
};

TEST_P(SnapshotDuringChanges, MatchesTheStore) {
  for (int i = 0; i < 200; ++i) ChangeSomething();
  Note();
  const WatchSpec spec{.snapshot = true};
  CatchUp catch_up(spec, kSmall);
  RoomMirror mirror;
  int reads = 0;
  while (!mirror.snapshot_ended()) {
    ASSERT_LT(++reads, 1000);
    const Result<CatchUpPage> page = catch_up.Read(store_.rooms());
    ASSERT_OK(page);
    for (const auto& message : page->messages) mirror.Apply(Parsed(message.bytes));
    for (std::uint32_t i = Below(8); i > 0; --i) {
      ChangeSomething();
      Note();
    }
  }
  EXPECT_GT(reads, 5);
  EXPECT_EQ(mirror.Lines(), history_[mirror.cursor()]);
  for (const auto& message : ReadAll(catch_up)) mirror.Apply(message);
  EXPECT_THAT(mirror.faults(), IsEmpty());
  EXPECT_EQ(mirror.Lines(), LinesOf(store_));
  EXPECT_EQ(mirror.cursor(), store_.rooms().Newest()->Encode());
}

INSTANTIATE_TEST_SUITE_P(Seeds, SnapshotDuringChanges, testing::Range(1U, 41U));

}  // namespace
}  // namespace rtcroom
