// Thousands of random histories on the store of one process: each must match the model.
#include "tests/fuzz/room_history.h"

#include <cstdint>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "storage/sqlite/sqlite_store.h"
#include "tests/support/cycles.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

constexpr StoreLimits kLimits{.max_rooms = kMostRoomsOfHistories};
constexpr std::uint64_t kShards = 4;
/// Number of histories per SQLite file: creating a file costs more than running a history.
constexpr std::size_t kHistoriesPerFile = 50;

class SqliteFile {
 public:
  SqliteFile() { Open(); }
  void Open() {
    store_.reset();
    auto opened = SqliteStore::Open({.path = (directory_.path() / "rooms.db").string(),
                                     .new_epoch = "00000000000000fe",
                                     .durability = Durability::kOff,
                                     .limits = kLimits,
                                     .readers = 1},
                                    listener_);
    EXPECT_OK(opened);
    if (opened) store_ = *std::move(opened);
  }
  [[nodiscard]] Store& store() { return store_->rooms(); }

 private:
  TempDirectory directory_;
  DeafListener listener_;
  std::unique_ptr<SqliteStore> store_;
};

Fault TryOnSqlite(const RoomHistory& history) {
  SqliteFile file;
  return TryHistory(history, file.store());
}

/// Reports how to reproduce the failure, and the minimal commands for it.
void Report(std::uint64_t seed, const RoomHistory& history, const Fault& fault) {
  const Fault again = TryOnSqlite(history);
  const RoomHistory shortest = again ? Shorten(history, TryOnSqlite) : history;
  ADD_FAILURE() << "RTCROOM_SEED=" << seed << " RTCROOM_CYCLES=1: " << *fault
                << (again ? "\nThe shortest of its kind:\n"
                          : "\nIt happens only after the histories before:\n")
                << Describe(shortest) << "ends with: " << *(again ? TryOnSqlite(shortest) : fault);
}

/// A quarter of the histories each, so that the shards can run in parallel.
class RoomHistories : public testing::TestWithParam<std::uint64_t> {
 protected:
  const std::size_t count_ = (Cycles(120) + kShards - 1) / kShards;
  const std::uint64_t first_seed_ = Seed(1) + GetParam() * 1'000'000;
};

TEST_P(RoomHistories, MatchTheModelOnSqlite) {
  std::unique_ptr<SqliteFile> file;
  for (std::uint64_t i = 0; i < count_; ++i) {
    if (i % kHistoriesPerFile == 0) file = std::make_unique<SqliteFile>();
    if (i % kHistoriesPerFile == kHistoriesPerFile / 2) file->Open();
    const RoomHistory history = DrawHistory(first_seed_ + i);
    const Fault fault = TryHistory(history, file->store());
    if (fault) return Report(first_seed_ + i, history, fault);
  }
}

INSTANTIATE_TEST_SUITE_P(Shards, RoomHistories, testing::Range<std::uint64_t>(0, kShards));

}  // namespace
}  // namespace rtcroom
