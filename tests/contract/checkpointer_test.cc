// Bounds on the size of the write-ahead log.
#include "storage/sqlite/checkpointer.h"

#include <filesystem>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    checkpointer_.emplace(*database_, commits_, kMostPages);
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

  const TempDirectory directory_;
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

TEST_F(CheckpointerTest, AcceptsWritesAgainAfterATransientFailure) {
  vfs_.database_write_failure = SQLITE_FULL;
  EXPECT_EQ(WriteMegabytes(18), 18);
  vfs_.database_write_failure = SQLITE_OK;
  EXPECT_EQ(WriteMegabytes(60), 60);
}

}  // namespace
}  // namespace rtcroom
