// Random commands against both stores and a model, side by side: they must agree in everything.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "storage/memory/memory_store.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/fuzz/fuzz_seed.h"
#include "tests/fuzz/gen1_model.h"
#include "tests/support/matchers.h"
#include "tests/support/room_commands.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

constexpr Dialect kAllDialects[] = {Dialect::kGen1, Dialect::kGen2};

class RecordingListener : public CommitListener {
 public:
  void OnCommit(std::span<const RoomChange> changes) noexcept override {
    for (const RoomChange& change : changes) {
      events_.insert(events_.end(), change.events.begin(), change.events.end());
    }
  }
  [[nodiscard]] const std::vector<RoomEvent>& events() const { return events_; }

 private:
  std::vector<RoomEvent> events_;
};

/// Numbers of creation ascend in every store, but need not be the same.
Room WithoutSequence(Room room) {
  room.sequence = 0;
  return room;
}

std::vector<Room> WithoutSequences(std::vector<Room> rooms) {
  for (Room& room : rooms) room.sequence = 0;
  return rooms;
}

bool IsSameChange(const RoomChange& one, const RoomChange& other) {
  return WithoutSequence(one.room) == WithoutSequence(other.room) && one.events == other.events &&
         one.closed == other.closed;
}

bool Matches(const Room& room, const Gen1Model::ModelRoom& expected) {
  std::vector<Gen1Model::Member> members;
  members.reserve(room.pushers.size());
  for (const Pusher& pusher : room.pushers) {
    members.push_back({.user_id = pusher.user_id.value,
                       .user_name = pusher.user_name,
                       .push_url = pusher.push_url});
  }
  return room.key == expected.key && room.dialect == expected.dialect &&
         room.creator.value == expected.creator && members == expected.members;
}

std::vector<std::string> HappeningsOf(const RoomChange& change) {
  std::vector<std::string> names;
  names.reserve(change.events.size());
  for (const RoomEvent& event : change.events) names.emplace_back(HappeningName(event.happening));
  return names;
}

class StoreFuzz : public testing::Test {
 protected:
  void SetUp() override { OpenSqlite(); }

  void OpenSqlite() {
    sqlite_.reset();
    SqliteOptions options;
    options.path = (directory_.path() / "fuzz.db").string();
    options.new_epoch = "00000000000000fe";
    options.limits = kStoreLimits;
    options.readers = 1;
    options.durability = Durability::kOff;
    auto opened = SqliteStore::Open(options, sqlite_heard_);
    ASSERT_OK(opened);
    sqlite_ = std::move(*opened);
  }

  void Run(RoomCommandPool pool, std::uint64_t seed, int steps) {
    random_.seed(FuzzSeed(seed));
    RoomCommandSource commands(std::move(pool));
    for (int step = 0; step < steps && !HasFailure(); ++step) {
      SCOPED_TRACE(step);
      ApplyBatch(commands);
      ReadSomeEvents();
      if (step % 8 == 0) CompareRooms(commands);
      if (step % 16 == 0) CompareLists();
      if (step % 64 == 0) Trim();
      if (step % 512 == 0) OpenSqlite();
    }
    EXPECT_EQ(memory_heard_.events(), committed_);
    EXPECT_EQ(sqlite_heard_.events(), committed_);
  }

 private:
  static constexpr StoreLimits kStoreLimits{.max_rooms = 5};
  static constexpr RoomLimits kRoomLimits{};

  void ApplyBatch(RoomCommandSource& source) {
    std::vector<RoomCommand> commands(1 + random_() % 4);
    std::vector<RoomUpdate> updates;
    for (RoomCommand& command : commands) {
      command = source.Next(random_);
      updates.push_back(ToUpdate(command, {.limits = kRoomLimits}));
    }
    const auto in_memory = memory_.UpdateAll(updates);
    const auto in_sqlite = sqlite_->UpdateAll(updates);
    ASSERT_EQ(in_memory.size(), commands.size());
    ASSERT_EQ(in_sqlite.size(), commands.size());
    for (std::size_t i = 0; i < commands.size(); ++i) {
      SCOPED_TRACE(testing::Message() << commands[i]);
      Expect(model_.Apply(commands[i]), in_memory[i]);
      Expect(in_memory[i], in_sqlite[i]);
      if (!in_memory[i]) continue;
      committed_.insert(committed_.end(), in_memory[i]->events.begin(), in_memory[i]->events.end());
    }
  }

  static void Expect(const Gen1Model::Outcome& expected, const Result<RoomChange>& actual) {
    ASSERT_EQ(expected.failure.has_value(), !actual.ok());
    if (expected.failure) {
      EXPECT_EQ(actual.error().code, *expected.failure);
    } else {
      EXPECT_EQ(HappeningsOf(*actual), expected.happenings);
    }
  }

  static void Expect(const Result<RoomChange>& expected, const Result<RoomChange>& actual) {
    ASSERT_EQ(expected.ok(), actual.ok());
    if (expected) {
      EXPECT_TRUE(IsSameChange(*expected, *actual));
    } else {
      EXPECT_EQ(actual.error().code, expected.error().code);
    }
  }

  void CompareRooms(const RoomCommandSource& source) {
    for (std::size_t index = 0; index < source.pool().rooms; ++index) {
      for (const RoomKind kind : kAllRoomKinds) CompareRoom(source.Room(index, kind));
    }
  }

  void CompareRoom(const RoomKey& key) {
    SCOPED_TRACE(testing::Message() << key);
    const Gen1Model::ModelRoom* expected = model_.Find(key);
    const auto in_memory = memory_.Load(key);
    const auto in_sqlite = sqlite_->Load(key);
    if (expected == nullptr) {
      EXPECT_ERROR(kRoomNotFound, in_memory);
      EXPECT_ERROR(kRoomNotFound, in_sqlite);
      return;
    }
    ASSERT_OK(in_memory);
    ASSERT_OK(in_sqlite);
    EXPECT_TRUE(Matches(*in_memory, *expected));
    EXPECT_EQ(WithoutSequence(*in_memory), WithoutSequence(*in_sqlite));
  }

  void CompareLists() {
    for (const RoomKind kind : kAllRoomKinds) {
      std::uint64_t of_kind = 0;
      for (const Dialect dialect : kAllDialects) of_kind += CompareList(kind, dialect);
      EXPECT_EQ(memory_.CountRooms(kind), of_kind);
      EXPECT_EQ(sqlite_->CountRooms(kind), of_kind);
    }
    EXPECT_EQ(ScanAll(memory_), ScanAll(*sqlite_));
  }

  /// Returns how many rooms there are of that kind and dialect.
  std::uint64_t CompareList(RoomKind kind, Dialect dialect) {
    std::vector<const Gen1Model::ModelRoom*> expected;
    for (const Gen1Model::ModelRoom& room : model_.rooms()) {
      if (room.key.kind == kind && room.dialect == dialect) expected.push_back(&room);
    }
    const RoomListQuery query{
        .kind = kind, .dialect = dialect, .index = random_() % 4, .count = random_() % 4};
    const auto in_memory = memory_.List(query);
    const auto in_sqlite = sqlite_->List(query);
    EXPECT_OK(in_memory);
    EXPECT_OK(in_sqlite);
    if (!in_memory || !in_sqlite) return 0;
    EXPECT_EQ(WithoutSequences(*in_memory), WithoutSequences(*in_sqlite));
    const std::size_t skipped = std::min<std::size_t>(query.index, expected.size());
    const std::size_t listed = std::min(query.count, expected.size() - skipped);
    EXPECT_TRUE(std::equal(in_memory->begin(), in_memory->end(),
                           expected.begin() + static_cast<std::ptrdiff_t>(skipped),
                           expected.begin() + static_cast<std::ptrdiff_t>(skipped + listed),
                           [](const Room& room, const auto* one) { return Matches(room, *one); }));
    return expected.size();
  }

  /// All rooms, in pages of two, whose sequences must ascend.
  static std::vector<Room> ScanAll(Store& store) {
    std::vector<Room> rooms;
    std::uint64_t after = 0;
    for (;;) {
      const auto page = store.Scan(after, 2);
      EXPECT_OK(page);
      if (!page || page->rooms.empty()) return WithoutSequences(rooms);
      for (const Room& room : page->rooms) {
        EXPECT_GT(room.sequence, after);
        after = room.sequence;
        rooms.push_back(room);
      }
    }
  }

  void ReadSomeEvents() {
    const std::size_t limit = 1 + random_() % 20;
    if (memory_cursor_ == Cursor::Start()) read_ = trimmed_;
    const auto in_memory = memory_.ReadEvents(memory_cursor_, limit);
    const auto in_sqlite = sqlite_->ReadEvents(sqlite_cursor_, limit);
    if (!in_memory) {
      EXPECT_ERROR(kCursorExpired, in_memory);
      EXPECT_ERROR(kCursorExpired, in_sqlite);
      EXPECT_LT(read_, trimmed_);
      memory_cursor_ = sqlite_cursor_ = Cursor::Start();
      return;
    }
    ASSERT_OK(in_sqlite);
    ASSERT_EQ(in_memory->events.size(), in_sqlite->events.size());
    std::uint64_t last_position = sqlite_cursor_.position;
    for (std::size_t i = 0; i < in_memory->events.size(); ++i, ++read_) {
      ASSERT_LT(read_, committed_.size());
      EXPECT_EQ(in_memory->events[i].event, committed_[read_]);
      EXPECT_EQ(in_sqlite->events[i].event, committed_[read_]);
      EXPECT_GT(in_sqlite->events[i].position, last_position);
      last_position = in_sqlite->events[i].position;
    }
    if (in_memory->events.size() < limit) {
      EXPECT_EQ(read_, committed_.size());
      EXPECT_EQ(*memory_.Newest(), in_memory->next);
      EXPECT_EQ(*sqlite_->Newest(), in_sqlite->next);
    }
    memory_cursor_ = in_memory->next;
    sqlite_cursor_ = in_sqlite->next;
  }

  void Trim() {
    if (committed_.empty()) return;
    const EventRetention retention{
        .keep_since = committed_[random_() % committed_.size()].at,
        .max_events = random_() % 200,
        .most_per_call = 1 + random_() % 100,
    };
    const auto in_memory = memory_.TrimEvents(retention);
    const auto in_sqlite = sqlite_->TrimEvents(retention);
    ASSERT_OK(in_memory);
    ASSERT_OK(in_sqlite);
    EXPECT_EQ(*in_memory, *in_sqlite);
    trimmed_ += *in_memory;
  }

  std::mt19937_64 random_;
  const TempDirectory directory_;
  RecordingListener memory_heard_;
  RecordingListener sqlite_heard_;
  MemoryStore memory_{kStoreLimits, "00000000000000ff", memory_heard_};
  std::unique_ptr<SqliteStore> sqlite_;
  Gen1Model model_{kRoomLimits, kStoreLimits.max_rooms};

  std::vector<RoomEvent> committed_;  ///< of every acknowledged change, in order
  std::size_t trimmed_ = 0;           ///< how many of them were removed
  std::size_t read_ = 0;              ///< how many of them the cursors have passed
  Cursor memory_cursor_;
  Cursor sqlite_cursor_;
};

TEST_F(StoreFuzz, StoresAndModelAgreeWhereCommandsOftenMeet) {
  Run({.rooms = 2, .users = 3}, 1, 3000);
}

TEST_F(StoreFuzz, StoresAndModelAgreeAtTheLimitOfRooms) { Run({.rooms = 12, .users = 5}, 2, 3000); }

}  // namespace
}  // namespace rtcroom
