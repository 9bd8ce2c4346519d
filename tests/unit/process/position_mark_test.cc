// The mark file next to a store, and how it reveals a store that lost the end of its log.
#include "daemon/process/position_mark.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "daemon/base/system_random.h"
#include "daemon/core/system_ids.h"
#include "storage/sqlite/sqlite_store.h"
#include "storage/sqlite/store_copy.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;

constexpr char kEpoch[] = "00c0ffee00c0ffee";
constexpr int kRooms = 20;

class PositionMarkTest : public testing::Test {
 protected:
  [[nodiscard]] fs::path path() const { return directory_.path() / "rtcroomd.db"; }
  [[nodiscard]] fs::path mark_path() const { return directory_.path() / "rtcroomd.db.newest"; }

  std::unique_ptr<SqliteStore> Open(const fs::path& path) {
    auto opened = SqliteStore::Open({.path = path.string(), .new_epoch = kEpoch}, listener_);
    EXPECT_OK(opened);
    return opened ? *std::move(opened) : nullptr;
  }
  void FillStore(Store& store) {
    for (int i = 0; i < kRooms; ++i) {
      ASSERT_OK(Apply(store, Creating(MakeRoom(RoomKind::kMulti, "r" + std::to_string(i)))));
    }
  }
  /// Copies the current files of `store`, as after kill -9.
  void CopyAsKilled(const fs::path& copy) {
    fs::copy_file(path(), copy);
    fs::copy_file(path().string() + "-wal", copy.string() + "-wal");
  }
  void WriteMark(const std::string& content) { std::ofstream(mark_path()) << content; }
  std::optional<Cursor> ReadMark() { return PositionMark(path(), random_).Read(); }

  const TempDirectory directory_;
  SystemRandom random_;
  RecordingListener listener_;
};

TEST_F(PositionMarkTest, ContainsTheLastNotedPosition) {
  EXPECT_EQ(ReadMark(), std::nullopt);
  PositionMark mark(path(), random_);
  ASSERT_OK(mark.Record({.epoch = kEpoch, .position = 7}));
  ASSERT_OK(mark.Record({.epoch = kEpoch, .position = 8}));
  EXPECT_EQ(ReadMark(), (Cursor{.epoch = kEpoch, .position = 8}));
  struct stat status{};
  ASSERT_EQ(::stat(mark_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(PositionMarkTest, IsNotRewrittenIfUnchanged) {
  PositionMark mark(path(), random_);
  ASSERT_OK(mark.Record({.epoch = kEpoch, .position = 7}));
  fs::remove(mark_path());
  ASSERT_OK(mark.Record({.epoch = kEpoch, .position = 7}));
  EXPECT_FALSE(fs::exists(mark_path()));
  ASSERT_OK(mark.Record({.epoch = kEpoch, .position = 8}));
  EXPECT_TRUE(fs::exists(mark_path()));
}

TEST_F(PositionMarkTest, ReportsAWriteFailure) {
  fs::create_directory(mark_path());
  PositionMark mark(path(), random_);
  for (int again = 0; again < 2; ++again) {
    const Status recorded = mark.Record({.epoch = kEpoch, .position = 7});
    EXPECT_ERROR(kUnavailable, recorded);
  }
  EXPECT_EQ(mark.Read(), std::nullopt);
}

TEST_F(PositionMarkTest, IsIgnoredIfMalformed) {
  for (const std::string& content :
       {std::string(), std::string("00c0ffee00c0ffee-7"), std::string("00c0ffee00c0ffee 7\n"),
        std::string("00c0ffee00c0ffee-\n"), std::string("x-7\n"), std::string(100, '7') + '\n',
        std::string(10, '\0')}) {
    WriteMark(content);
    EXPECT_EQ(ReadMark(), std::nullopt) << content;
  }
  fs::remove(mark_path());
  ASSERT_EQ(::mkfifo(mark_path().c_str(), 0600), 0);
  EXPECT_EQ(ReadMark(), std::nullopt);
}

TEST_F(PositionMarkTest, CountsMissingEvents) {
  const Cursor newest{.epoch = kEpoch, .position = 40};
  EXPECT_EQ(CountMissingEvents(std::nullopt, newest), 0U);
  EXPECT_EQ(CountMissingEvents(Cursor{.epoch = kEpoch, .position = 39}, newest), 0U);
  EXPECT_EQ(CountMissingEvents(newest, newest), 0U);
  EXPECT_EQ(CountMissingEvents(Cursor{.epoch = kEpoch, .position = 43}, newest), 3U);
  const Cursor of_another{.epoch = "0123456789abcdef", .position = 43};
  EXPECT_EQ(CountMissingEvents(of_another, newest), 0U) << "a backup";
  EXPECT_EQ(CountMissingEvents(of_another, {.epoch = kEpoch, .position = 0}), 43U)
      << "the store was lost and created again";
}

TEST_F(PositionMarkTest, DetectsALossByAFlippedByteInTheWal) {
  const auto store = Open(path());
  FillStore(store->rooms());
  PositionMark mark(path(), random_);
  ASSERT_OK(mark.Record(*store->rooms().Newest()));
  const fs::path copy = directory_.path() / "copy.db";
  CopyAsKilled(copy);
  {
    std::fstream log(copy.string() + "-wal", std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(fs::file_size(copy.string() + "-wal") / 2);
    log.seekg(middle);
    const int byte = log.get();
    log.seekp(middle);
    log.put(static_cast<char>(byte ^ 1));
  }
  const auto damaged = Open(copy);
  const Cursor newest = *damaged->rooms().Newest();
  EXPECT_GT(newest.position, 0U);
  const std::uint64_t missing = CountMissingEvents(mark.Read(), newest);
  EXPECT_GT(missing, 0U);
  EXPECT_EQ(missing, 2 * kRooms - newest.position);
}

TEST_F(PositionMarkTest, ReportsNoLossAfterAKillStopOrBackup) {
  auto store = Open(path());
  FillStore(store->rooms());
  PositionMark mark(path(), random_);
  ASSERT_OK(mark.Record(*store->rooms().Newest()));
  ASSERT_OK(Apply(*store, Destroying(MakeKey(RoomKind::kMulti, "r1"))));
  const fs::path killed = directory_.path() / "killed.db";
  CopyAsKilled(killed);
  EXPECT_EQ(CountMissingEvents(mark.Read(), *Open(killed)->rooms().Newest()), 0U);

  const fs::path backup = directory_.path() / "backup.db";
  ASSERT_OK(store->CopyTo({.to = backup.string(), .new_epoch = NewEpoch(random_)}));
  store.reset();
  EXPECT_EQ(CountMissingEvents(mark.Read(), *Open(path())->rooms().Newest()), 0U);
  ASSERT_OK(mark.Record({.epoch = kEpoch, .position = 1000}));
  EXPECT_EQ(CountMissingEvents(mark.Read(), *Open(backup)->rooms().Newest()), 0U);
}

}  // namespace
}  // namespace rtcroom
