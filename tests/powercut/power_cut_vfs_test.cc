#include "tests/support/power_cut_vfs.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/powercut/raw_sqlite.h"

namespace rtcroom {
namespace {

constexpr char kVfsName[] = "power-cut-vfs-test";
constexpr char kBusy[] = "error 5";
constexpr char kIoError[] = "error 10";

class PowerCutVfsTest : public testing::Test {
 protected:
  static RawSqlite Open() { return {"test.db", kVfsName}; }

  std::mt19937_64 random_{20231114};
  PowerCutDisk disk_;
  PowerCutVfs vfs_{kVfsName, disk_};
};

TEST_F(PowerCutVfsTest, IsolatesAReaderFromAConcurrentWriter) {
  RawSqlite writer = Open();
  ASSERT_EQ(writer.Query("PRAGMA journal_mode=WAL"), "wal");
  ASSERT_EQ(writer.Query("CREATE TABLE t(x); INSERT INTO t VALUES(1)"), "");
  RawSqlite reader = Open();
  ASSERT_EQ(reader.Query("BEGIN; SELECT max(x) FROM t"), "1");
  ASSERT_EQ(writer.Query("INSERT INTO t VALUES(2)"), "");
  EXPECT_EQ(reader.Query("SELECT max(x) FROM t"), "1");
  EXPECT_EQ(reader.Query("COMMIT; SELECT max(x) FROM t"), "2");
}

TEST_F(PowerCutVfsTest, AllowsOneWriterAtATime) {
  for (const std::string mode : {"delete", "wal"}) {
    RawSqlite first = Open();
    RawSqlite second = Open();
    ASSERT_EQ(first.Query("PRAGMA journal_mode=" + mode), mode);
    ASSERT_EQ(first.Query("CREATE TABLE IF NOT EXISTS t(x); BEGIN IMMEDIATE"), "");
    EXPECT_EQ(second.Query("BEGIN IMMEDIATE"), kBusy) << mode;
    ASSERT_EQ(first.Query("COMMIT"), "");
    EXPECT_EQ(second.Query("BEGIN IMMEDIATE; ROLLBACK"), "") << mode;
  }
}

TEST_F(PowerCutVfsTest, FailsOpenConnectionsAfterACutAndServesNewOnesAfterTheBoot) {
  RawSqlite before = Open();
  ASSERT_EQ(before.Query("PRAGMA journal_mode=WAL"), "wal");
  ASSERT_EQ(before.Query("CREATE TABLE t(x); INSERT INTO t VALUES(7)"), "");
  disk_.Cut();
  EXPECT_EQ(before.Query("INSERT INTO t VALUES(8)"), kIoError);
  EXPECT_EQ(Open().Query("SELECT x FROM t"), kIoError);
  disk_.Boot(random_);
  EXPECT_EQ(before.Query("INSERT INTO t VALUES(8)"), kIoError);
  EXPECT_EQ(Open().Query("SELECT x FROM t"), "7");
}

struct JournalMode {
  std::string journal;
  std::string synchronous;
};

/// Commits numbered rows across power cuts at random operations.
/// @return whether any cut lost a committed row or damaged the database.
bool LosesSomething(const JournalMode& mode, int cuts, const PowerCutDiskOptions& options = {}) {
  std::mt19937_64 random(7);
  PowerCutDisk disk(options);
  const PowerCutVfs vfs(kVfsName, disk);
  int committed = 0;
  for (int cut = 0; cut < cuts; ++cut) {
    disk.CutAtOperation(1 + random() % 200);
    {
      RawSqlite database("test.db", kVfsName);
      database.Query("PRAGMA journal_mode=" + mode.journal);
      database.Query("PRAGMA synchronous=" + mode.synchronous);
      database.Query("PRAGMA wal_autocheckpoint=20");
      database.Query("CREATE TABLE IF NOT EXISTS t(x INTEGER PRIMARY KEY, y)");
      const std::string insert = "INSERT INTO t(y) VALUES(randomblob(3000)) RETURNING x";
      for (std::string row = database.Query(insert); disk.IsPowered();
           row = database.Query(insert)) {
        committed = std::stoi(row);
      }
    }
    disk.Boot(random);

    RawSqlite database("test.db", kVfsName);
    if (database.Query("PRAGMA integrity_check") != "ok") return true;
    // The cut may precede the creation of the table.
    const bool has_table = database.Query("SELECT 1 FROM sqlite_schema") == "1";
    const std::string found = has_table ? database.Query("SELECT ifnull(max(x), 0) FROM t") : "0";
    if (std::stoi(found) < committed) return true;
  }
  return false;
}

TEST(PowerCutVfs, SqliteLosesNothingWithFullSync) {
  for (const std::size_t sector_size : {512U, 4096U}) {
    for (const bool powersafe_overwrite : {true, false}) {
      const PowerCutDiskOptions options{.sector_size = sector_size,
                                        .powersafe_overwrite = powersafe_overwrite};
      EXPECT_FALSE(LosesSomething({"WAL", "FULL"}, 30, options));
      EXPECT_FALSE(LosesSomething({"DELETE", "EXTRA"}, 30, options));
    }
  }
}

TEST(PowerCutVfs, SqliteLosesDataWithLessSync) {
  EXPECT_TRUE(LosesSomething({"WAL", "OFF"}, 20));
  EXPECT_TRUE(LosesSomething({"WAL", "NORMAL"}, 20)) << "it syncs at checkpoints only";
  EXPECT_TRUE(LosesSomething({"DELETE", "OFF"}, 20));
}

}  // namespace
}  // namespace rtcroom
