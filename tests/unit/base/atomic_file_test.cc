#include "daemon/base/atomic_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "daemon/base/file_descriptor.h"
#include "daemon/base/system_random.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  [[nodiscard]] std::ptrdiff_t FileCount() const {
    return std::distance(fs::directory_iterator(directory_.path()), fs::directory_iterator());
  }

  const TempDirectory directory_;
  const fs::path path_ = directory_.path() / "file";
  SystemRandom random_;
};

TEST_F(AtomicFile, ContainsTheWrittenBytes) {
  const std::string content(100'000, 'x');
  ASSERT_OK(WriteFileAtomically(path_, content, 0600, random_));
  const auto read = ReadSmallFile(path_);
  ASSERT_OK(read);
  EXPECT_EQ(*read, content);
}

TEST_F(AtomicFile, ReplacesTheOldFile) {
  ASSERT_OK(WriteFileAtomically(path_, "old and long", 0644, random_));
  ASSERT_OK(WriteFileAtomically(path_, "new", 0600, random_));
  EXPECT_EQ(*ReadSmallFile(path_), "new");
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(FileCount(), 1);
}

TEST_F(AtomicFile, LeavesNothingBehindWhenItFails) {
  fs::create_directory(path_);
  EXPECT_ERROR(kUnavailable, WriteFileAtomically(path_, "new", 0600, random_));
  EXPECT_EQ(FileCount(), 1);
}

TEST_F(AtomicFile, RemovesTemporaryFilesOfKilledWriters) {
  const auto make = [this](const char* name) { std::ofstream(directory_.path() / name) << "half"; };
  make("file.0123456789abcdef.new");
  const auto others = {"file.0123456789abcde.new", "file.0123456789abcdeg.new", "file.new",
                       "other.0123456789abcdef.new", "file.0123456789abcdef.new.old"};
  for (const char* const other : others) make(other);
  ASSERT_OK(WriteFileAtomically(path_, "new", 0600, random_));
  EXPECT_FALSE(fs::exists(directory_.path() / "file.0123456789abcdef.new"));
  for (const char* const other : others) EXPECT_TRUE(fs::exists(directory_.path() / other));
}

TEST_F(AtomicFile, KeepsTemporaryFilesOfActiveWriters) {
  const fs::path making = directory_.path() / "file.0123456789abcdef.new";
  const FileDescriptor writer(::open(making.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::flock(writer.get(), LOCK_EX | LOCK_NB), 0);
  ASSERT_OK(WriteFileAtomically(path_, "new", 0600, random_));
  EXPECT_TRUE(fs::exists(making));
}

TEST_F(AtomicFile, NamesThePathOfAFailure) {
  const Status written = WriteFileAtomically("/nowhere/at/all", "x", 0600, random_);
  EXPECT_ERROR(kUnavailable, written);
  EXPECT_EQ(written.error().detail, "cannot write /nowhere/at/all: No such file or directory");
}

TEST_F(AtomicFile, IsNotReadWhenMissingOrLarge) {
  const auto missing = ReadSmallFile(path_);
  EXPECT_ERROR(kUnavailable, missing);
  EXPECT_EQ(missing.error().detail, path_.string() + " cannot be read: No such file or directory");
  ASSERT_OK(WriteFileAtomically(path_, std::string(1'048'577, 'x'), 0600, random_));
  EXPECT_ERROR(kUnavailable, ReadSmallFile(path_));
}

}  // namespace
}  // namespace rtcroom
