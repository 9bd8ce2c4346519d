// Long runs of random commands on the store of one process, with paged event reads, event trimming
// and repeated reopening of its file.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <ranges>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "storage/sqlite/sqlite_store.h"
#include "tests/fuzz/model_match.h"
#include "tests/fuzz/room_model.h"
#include "tests/support/cycles.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/room_commands.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

constexpr StoreLimits kStoreLimits{.max_rooms = 5};

/// Appends `event`, unless it merges with the previous event of its room.
void AppendMerging(std::vector<RoomEvent>& events, const RoomEvent& event) {
  if (std::holds_alternative<CustomChanged>(event.payload)) {
    for (RoomEvent& before : std::views::reverse(events)) {
      if (before.room != event.room) continue;
      if (!std::holds_alternative<CustomChanged>(before.payload)) break;
      if (before.room_sequence != event.room_sequence) continue;
      before = event;
      return;
    }
  }
  events.push_back(event);
}

/// The store, with the known state of its events.
class WatchedStore {
 public:
  void Watch(Store& store) { store_ = &store; }
  [[nodiscard]] Store& store() { return *store_; }
  RecordingListener& listener() { return listener_; }

  void Note(const RoomChange& change) {
    for (const RoomEvent& event : change.events) AppendMerging(committed_, event);
  }

  /// Reads the next `limit` events; restarts from the beginning when they are trimmed.
  void ReadOn(std::size_t limit) {
    if (cursor_ == Cursor::Start()) read_ = trimmed_;
    const auto page = store_->ReadEvents(cursor_, limit);
    if (!page) {
      EXPECT_ERROR(kCursorExpired, page);
      EXPECT_LT(read_, trimmed_);
      cursor_ = Cursor::Start();
      return;
    }
    for (const StoredEvent& stored : page->events) {
      ASSERT_LT(read_, committed_.size());
      EXPECT_EQ(stored.event, committed_[read_++]);
      EXPECT_GT(stored.position, cursor_.position);
      cursor_.position = stored.position;
    }
    if (page->events.size() < limit) {
      EXPECT_EQ(read_, committed_.size());
      EXPECT_EQ(*store_->Newest(), page->next);
    }
    cursor_ = page->next;
  }

  void Trim(const EventRetention& retention) {
    std::size_t expected = 0;
    while (trimmed_ + expected < committed_.size() && expected < retention.most_per_call &&
           (committed_[trimmed_ + expected].at < retention.keep_since ||
            committed_.size() - trimmed_ - expected > retention.max_events)) {
      ++expected;
    }
    const auto removed = store_->TrimEvents(retention);
    ASSERT_OK(removed);
    EXPECT_EQ(*removed, expected);
    trimmed_ += expected;
  }

  void ExpectAllReceived() const {
    std::vector<RoomEvent> heard;
    for (const StoredEvent& stored : listener_.events()) heard.push_back(stored.event);
    EXPECT_EQ(heard, committed_);
  }

 private:
  Store* store_ = nullptr;
  RecordingListener listener_;
  std::vector<RoomEvent> committed_;  ///< of every acknowledged change, in order
  std::size_t trimmed_ = 0;           ///< number of them that were removed
  std::size_t read_ = 0;              ///< number of them that the cursor has passed
  Cursor cursor_;
};

class StoreFuzz : public testing::Test {
 protected:
  void SetUp() override { OpenSqlite(); }

  void OpenSqlite() {
    sqlite_.reset();
    auto opened = SqliteStore::Open({.path = (directory_.path() / "fuzz.db").string(),
                                     .new_epoch = "00000000000000fe",
                                     .durability = Durability::kOff,
                                     .limits = kStoreLimits,
                                     .readers = 1},
                                    watched_.listener());
    ASSERT_OK(opened);
    sqlite_ = std::move(*opened);
    watched_.Watch(sqlite_->rooms());
  }

  void Run(RoomCommandPool pool, std::uint32_t seed, int steps) {
    random_.seed(Seed(seed));
    RoomCommandSource commands(std::move(pool));
    for (int step = 0; step < steps && !HasFailure(); ++step) {
      SCOPED_TRACE(step);
      ApplyBatch(commands);
      const std::size_t limit = 1 + random_() % 20;
      watched_.ReadOn(limit);
      if (step % 16 == 0) CompareWithModel();
      if (step % 64 == 0) Trim();
      if (step % 512 == 0) OpenSqlite();
    }
    watched_.ExpectAllReceived();
  }

 private:
  static constexpr RoomPolicy kPolicy{.limits = {.max_audiences = 3}};

  void ApplyBatch(RoomCommandSource& source) {
    std::vector<RoomCommand> commands(1 + random_() % 4);
    std::vector<RoomUpdate> updates;
    for (RoomCommand& command : commands) {
      command = source.Next(random_);
      updates.push_back(ToUpdate(command, kPolicy));
    }
    const auto outcomes = sqlite_->rooms().UpdateAll(updates);
    ASSERT_EQ(outcomes.size(), commands.size());
    for (std::size_t i = 0; i < commands.size(); ++i) {
      SCOPED_TRACE(testing::Message() << commands[i]);
      const RoomModel::Outcome expected = model_.Apply(commands[i]);
      EXPECT_EQ(CompareOutcome(expected, outcomes[i]), std::nullopt);
      if (outcomes[i]) watched_.Note(*outcomes[i]);
    }
  }

  void CompareWithModel() { EXPECT_EQ(CompareRooms(model_, sqlite_->rooms()), std::nullopt); }

  void Trim() {
    const EventRetention retention{
        .keep_since = kNoon + std::chrono::milliseconds(random_() % 200'000),
        .max_events = random_() % 200,
        .most_per_call = 1 + random_() % 100,
    };
    watched_.Trim(retention);
  }

  std::mt19937_64 random_;
  const TempDirectory directory_;
  WatchedStore watched_;
  std::unique_ptr<SqliteStore> sqlite_;
  RoomModel model_{kPolicy, kStoreLimits.max_rooms};
};

TEST_F(StoreFuzz, MatchesTheModelUnderContention) {
  Run({.rooms = 2, .users = 3, .kinds = {RoomKind::kLive, RoomKind::kMulti}}, 1, 1500);
}

TEST_F(StoreFuzz, MatchesTheModelAtTheRoomLimit) { Run({.rooms = 12, .users = 5}, 2, 1500); }

}  // namespace
}  // namespace rtcroom
