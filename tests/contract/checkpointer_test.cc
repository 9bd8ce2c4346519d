// Bounds on the size of the write-ahead log.
#include "storage/sqlite/checkpointer.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/sqlite/interruption.h"
#include "storage/sqlite/page_copy.h"
#include "tests/contract/failing_vfs.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

constexpr int kMostPages = 6000;

class CheckpointerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Database::Open((directory_.path() / "log.db").string(), vfs_.name(),
                                 Database::Access::kReadWriteCreate);
    ASSERT_OK(opened);
    database_.emplace(*std::move(opened));
    ASSERT_OK(
        database_->Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
                           "CREATE TABLE text (line TEXT)"));
    checkpointer_.emplace(*database_, commits_,
                          Checkpointer::Bounds{.most_pages = kMostPages,
                                               .free_bytes = [this] { return free_bytes_; }});
  }
  /// Commits up to `most` transactions of one megabyte of log each.
  /// @return the number committed before `CheckRoom` failed.
  int WriteMegabytes(int most) {
    for (int written = 0; written < most; ++written) {
      if (!checkpointer_->CheckRoom()) return written;
      EXPECT_OK(database_->Execute("INSERT INTO text VALUES (hex(zeroblob(512 * 1024)))"));
      checkpointer_->RunWhenDue();
    }
    return most;
  }

  /// Another program begins to read.
  Database BeginToRead() {
    auto reader =
        Database::Open((directory_.path() / "log.db").string(), {}, Database::Access::kReadOnly);
    EXPECT_OK(reader->Execute("BEGIN; SELECT * FROM text"));
    return *std::move(reader);
  }

  const TempDirectory directory_;
  std::uint64_t free_bytes_ = std::uint64_t{1} << 40;
  FailingVfs vfs_{"checkpoints"};
  CommitCount commits_;
  std::optional<Database> database_;
  std::optional<Checkpointer> checkpointer_;
};

TEST_F(CheckpointerTest, AllowsAnyAmountOfWritesWhileCheckpointsSucceed) {
  EXPECT_EQ(WriteMegabytes(60), 60);
  EXPECT_LT(std::filesystem::file_size(directory_.path() / "log.db-wal"), 20u << 20);
}

TEST_F(CheckpointerTest, RefusesWritesAtTheWalBoundWhileCheckpointsFail) {
  vfs_.database_write_failure = SQLITE_IOERR_WRITE;
  const int taken = WriteMegabytes(60);
  EXPECT_GE(taken, 20);
  EXPECT_LE(taken, 26);
  const Status refused = checkpointer_->CheckRoom();
  EXPECT_ERROR(kStoreBroken, refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("write-ahead log"));

  vfs_.database_write_failure = SQLITE_OK;
  EXPECT_OK(checkpointer_->CheckRoom());  // moves the log into the database
  EXPECT_EQ(WriteMegabytes(60), 60);
}

TEST_F(CheckpointerTest, RefusesWritesAtTheWalBoundWhileAnotherProgramReads) {
  {
    const Database reader = BeginToRead();
    EXPECT_LE(WriteMegabytes(60), 26);
    EXPECT_THAT(checkpointer_->CheckRoom().error().detail, HasSubstr("in one transaction"));
  }
  EXPECT_EQ(WriteMegabytes(60), 60);
}

TEST_F(CheckpointerTest, RefusesWritesBelowTheFloorOfFreeSpaceWhileAnotherProgramReads) {
  checkpointer_.emplace(*database_, commits_,
                        Checkpointer::Bounds{.free_bytes = [this] { return free_bytes_; }});
  free_bytes_ = Checkpointer::kLeastFree - 1;
  EXPECT_EQ(WriteMegabytes(60), 60) << "the log is moved";
  const Database reader = BeginToRead();
  EXPECT_LE(WriteMegabytes(60), 34);
  free_bytes_ = Checkpointer::kLeastFree;
  EXPECT_EQ(WriteMegabytes(60), 60);
}

TEST_F(CheckpointerTest, IsNotHinderedByACopyThatIsMadeInSteps) {
  EXPECT_EQ(WriteMegabytes(20), 20);
  auto to = Database::Open((directory_.path() / "copy.db").string(), {},
                           Database::Access::kReadWriteCreate);
  ASSERT_OK(to);
  {
    PageCopy copy(*database_, *to);
    EXPECT_FALSE(*copy.Step());
    EXPECT_EQ(WriteMegabytes(60), 60);
    Result<bool> is_complete = false;
    while (is_complete && !*is_complete) is_complete = copy.Step();
    ASSERT_OK(is_complete);
  }
  EXPECT_EQ(*to->QueryInteger("SELECT count(*) FROM text"), 80);
}

TEST_F(CheckpointerTest, IsGivenWayToByALongCheck) {
  Database reader = BeginToRead();
  const Interruption interruption(reader, {});
  const std::string count =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000)"
      " SELECT count(*) FROM n";
  EXPECT_OK(reader.QueryInteger(count));
  std::filesystem::resize_file(directory_.path() / "log.db-wal", 128u << 20);
  EXPECT_ERROR(kStoreBroken, reader.QueryInteger(count));
  EXPECT_TRUE(interruption.gave_way());
}

TEST_F(CheckpointerTest, AcceptsWritesAgainAfterATransientFailure) {
  vfs_.database_write_failure = SQLITE_FULL;
  EXPECT_EQ(WriteMegabytes(18), 18);
  vfs_.database_write_failure = SQLITE_OK;
  EXPECT_EQ(WriteMegabytes(60), 60);
}

}  // namespace
}  // namespace rtcroom
