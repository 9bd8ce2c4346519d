// Restoring a backup over a store, and the fate of the previous store.
#include "daemon/process/store_restore.h"

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/file_descriptor.h"
#include "daemon/base/system_random.h"
#include "daemon/process/store_backup.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/full_store.h"
#include "tests/support/recording_listener.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

class StoreRestore : public testing::Test {
 protected:
  StoreRestore() { fs::create_directory(data()); }

  [[nodiscard]] fs::path data() const { return directory_.path() / "data"; }
  [[nodiscard]] fs::path store() const { return data() / "rtcroomd.db"; }
  [[nodiscard]] fs::path backup() const { return directory_.path() / "backup.db"; }

  std::unique_ptr<SqliteStore> Open(const fs::path& path) {
    auto opened =
        SqliteStore::Open({.path = path.string(), .new_epoch = "00c0ffee00c0ffee"}, listener_);
    EXPECT_OK(opened);
    return opened ? *std::move(opened) : nullptr;
  }
  void MakeBackup() {
    FillStore(*Open(backup()));
    epoch_ = Open(backup())->rooms().Newest()->epoch;
  }
  Result<RestoreOutcome> Restore(ExistingFile existing = ExistingFile::kRefused) {
    const FileDescriptor from(::open(backup().c_str(), O_RDONLY | O_CLOEXEC));
    return RestoreStore({.from = from.get(), .store = store(), .existing = existing, .now = kNoon},
                        random_);
  }
  [[nodiscard]] std::vector<std::string> FilesInData() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(data())) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  const TempDirectory directory_;
  RecordingListener listener_;
  SystemRandom random_;
  std::string epoch_;
};

TEST_F(StoreRestore, CreatesTheStoreWithANewEpoch) {
  MakeBackup();
  const auto outcome = Restore();
  ASSERT_OK(outcome);
  EXPECT_TRUE(outcome->report.findings.empty());
  EXPECT_EQ(outcome->kept, "");
  EXPECT_THAT(FilesInData(), ElementsAre("rtcroomd.db"));
  const auto restored = Open(store());
  EXPECT_EQ(restored->rooms().Scan(0, 100)->rooms, Open(backup())->rooms().Scan(0, 100)->rooms);
  EXPECT_NE(restored->rooms().Newest()->epoch, epoch_);
}

TEST_F(StoreRestore, CreatesANewEpochEachTime) {
  MakeBackup();
  ASSERT_OK(Restore());
  const std::string first = Open(store())->rooms().Newest()->epoch;
  ASSERT_OK(Restore(ExistingFile::kReplaced));
  EXPECT_NE(Open(store())->rooms().Newest()->epoch, first);
}

TEST_F(StoreRestore, ReplacesAStoreOnlyOnRequest) {
  MakeBackup();
  ASSERT_OK(Apply(*Open(store()), Creating(MakeRoom(RoomKind::kMulti, "mine"))));
  EXPECT_ERROR(kUnavailable, Restore());
  EXPECT_OK(Open(store())->rooms().Load(MakeKey(RoomKind::kMulti, "mine")));

  const auto outcome = Restore(ExistingFile::kReplaced);
  ASSERT_OK(outcome);
  EXPECT_THAT(outcome->kept, HasSubstr("rtcroomd.db.before-restore-20231114T"));
  EXPECT_ERROR(kRoomNotFound, Open(store())->rooms().Load(MakeKey(RoomKind::kMulti, "mine")));
  EXPECT_OK(Open(outcome->kept)->rooms().Load(MakeKey(RoomKind::kMulti, "mine")));
}

TEST_F(StoreRestore, KeepsTheWalOfAKilledServerWithItsStore) {
  MakeBackup();
  const fs::path killed = directory_.path() / "killed";
  {
    // Simulates a killed server: a copy of the files while the store is open.
    const auto running = Open(store());
    ASSERT_OK(Apply(*running, Creating(MakeRoom(RoomKind::kMulti, "mine"))));
    fs::copy(data(), killed);
  }
  fs::remove_all(data());
  fs::rename(killed, data());
  ASSERT_TRUE(fs::exists(store().string() + "-wal"));
  const auto outcome = Restore(ExistingFile::kReplaced);
  ASSERT_OK(outcome);
  EXPECT_ERROR(kRoomNotFound, Open(store())->rooms().Load(MakeKey(RoomKind::kMulti, "mine")));
  EXPECT_OK(Open(outcome->kept)->rooms().Load(MakeKey(RoomKind::kMulti, "mine")));
}

TEST_F(StoreRestore, MovesADamagedStoreAsideUnchanged) {
  MakeBackup();
  std::ofstream(store()) << std::string(8192, 'x');
  std::ofstream(store().string() + "-wal") << "its log";
  const auto outcome = Restore(ExistingFile::kReplaced);
  ASSERT_OK(outcome);
  EXPECT_EQ(fs::file_size(outcome->kept), 8192u);
  EXPECT_FALSE(fs::exists(store().string() + "-wal"));
  EXPECT_EQ(Open(store())->rooms().Scan(0, 100)->rooms.size(), 4u);
}

TEST_F(StoreRestore, KeepsTheJournalOfAStoreThatCannotBeRolledBack) {
  MakeBackup();
  Result<Database> writing =
      Database::Open(store().string(), {}, Database::Access::kReadWriteCreate);
  ASSERT_OK(writing);
  ASSERT_OK(writing->Execute("CREATE TABLE t (x); BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)"));
  ASSERT_TRUE(fs::exists(store().string() + "-journal"));
  const auto outcome = Restore(ExistingFile::kReplaced);
  ASSERT_OK(outcome);
  EXPECT_TRUE(fs::exists(outcome->kept + "-journal"));
  EXPECT_FALSE(fs::exists(store().string() + "-journal"));
  EXPECT_EQ(Open(store())->rooms().Scan(0, 100)->rooms.size(), 4u);
}

TEST_F(StoreRestore, RemovesFilesOfAKilledRestore) {
  MakeBackup();
  for (const char* const left :
       {".restoring.0123456789abcdef.new", ".restoring", ".restoring-wal", ".restoring-shm"}) {
    std::ofstream(store().string() + left) << "half";
  }
  ASSERT_OK(Restore());
  EXPECT_THAT(FilesInData(), ElementsAre("rtcroomd.db"));
}

TEST_F(StoreRestore, RefusesABackupWithFindings) {
  MakeBackup();
  ASSERT_OK(Apply(*Open(store()), Creating(MakeRoom(RoomKind::kMulti, "mine"))));
  {
    Result<Database> tampered = Database::Open(backup().string(), {}, Database::Access::kReadWrite);
    ASSERT_OK(tampered);
    ASSERT_OK(tampered->Execute("DELETE FROM pushers WHERE user_id = 'bob'"));
  }
  const auto outcome = Restore(ExistingFile::kReplaced);
  ASSERT_OK(outcome);
  EXPECT_FALSE(outcome->report.findings.empty());
  EXPECT_THAT(FilesInData(), ElementsAre("rtcroomd.db"));
  EXPECT_OK(Open(store())->rooms().Load(MakeKey(RoomKind::kMulti, "mine")));
}

TEST_F(StoreRestore, RefusesAFileThatIsNotABackup) {
  std::ofstream(backup()) << std::string(8192, 'x');
  EXPECT_ERROR(kStoreBroken, Restore());
  EXPECT_THAT(FilesInData(), IsEmpty());
}

class StoreBackupTest : public StoreRestore {
 protected:
  StoreBackup backup_{data(), store(), random_};
};

TEST_F(StoreBackupTest, CreatesACopyWithAUniqueName) {
  const auto running = Open(store());
  FillStore(*running);
  const auto name = backup_.Make(running.get());
  ASSERT_OK(name);
  EXPECT_TRUE(IsBackupName(*name)) << *name;
  EXPECT_EQ(Open(data() / *name)->rooms().Scan(0, 100)->rooms,
            running->rooms().Scan(0, 100)->rooms);
}

TEST_F(StoreBackupTest, KeepsThePreviousCopy) {
  FillStore(*Open(store()));
  const auto first = backup_.Make();
  ASSERT_OK(first);
  const auto second = backup_.Make();
  ASSERT_OK(second);
  EXPECT_EQ(Open(data() / *first)->rooms().Scan(0, 100)->rooms,
            Open(store())->rooms().Scan(0, 100)->rooms);
  ASSERT_OK(backup_.Make());
  EXPECT_THAT(FilesInData(), Not(Contains(*first)));
  EXPECT_THAT(FilesInData(), Contains(*second));
}

TEST_F(StoreBackupTest, RemovesLeftoverCopies) {
  FillStore(*Open(store()));
  const std::string killed = "backup-0123456789abcdef.part";
  std::ofstream(data() / killed) << "of a command that was killed";
  std::ofstream(data() / (killed + "-journal")) << "of a crash";
  const auto made = backup_.Make();
  ASSERT_OK(made);
  EXPECT_THAT(FilesInData(), Contains(*made));
  EXPECT_THAT(FilesInData(), Not(Contains(StartsWith(killed))));
  ASSERT_OK(backup_.Make());
  backup_.RemoveLeftovers();
  for (const std::string& left : FilesInData()) EXPECT_THAT(left, StartsWith("rtcroomd"));
}

TEST_F(StoreBackupTest, LeavesNothingIfItFails) {
  std::ofstream(store()) << std::string(8192, 'x');
  EXPECT_ERROR(kStoreBroken, backup_.Make());
  EXPECT_THAT(FilesInData(), UnorderedElementsAre("rtcroomd.db"));
}

TEST_F(StoreBackupTest, DistinguishesCopiesFromOtherFiles) {
  for (const char* name : {"", "rtcroomd.db", "backup-.part", "../backup-0123456789abcdef.part",
                           "backup-0123456789abcdeg.part", "backup-0123456789abcdef.part-journal",
                           "backup-../../../../etc.part"}) {
    EXPECT_FALSE(IsBackupName(name)) << name;
  }
  EXPECT_TRUE(IsBackupName("backup-0123456789abcdef.part"));
}

TEST(StoreBackup, IsUnavailableForAMemoryStore) {
  SystemRandom random;
  EXPECT_ERROR(kUnavailable, StoreBackup(".", "", random).Make());
}

}  // namespace
}  // namespace rtcroom
