#include <fstream>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "daemon/base/atomic_file.h"
#include "daemon/base/file_descriptor.h"
#include "daemon/base/system_random.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

class FileCopy : public testing::Test {
 protected:
  FileCopy() { std::ofstream(source()) << content_; }

  [[nodiscard]] std::filesystem::path source() const { return directory_.path() / "source"; }
  [[nodiscard]] std::filesystem::path target() const { return directory_.path() / "target"; }
  Status Copy(const std::filesystem::path& to, ExistingFile existing) {
    const FileDescriptor from(::open(source().c_str(), O_RDONLY | O_CLOEXEC));
    return CopyFileAtomically(from.get(), to, existing, random_);
  }
  static std::string ContentOf(const std::filesystem::path& path) {
    std::ostringstream content;
    content << std::ifstream(path).rdbuf();
    return content.str();
  }
  /// Counts source and target; a leftover temporary file would count too.
  [[nodiscard]] std::ptrdiff_t CountFiles() const {
    return std::distance(std::filesystem::directory_iterator(directory_.path()), {});
  }

  const TempDirectory directory_;
  const std::string content_ = std::string(3'000'000, 'x') + "end";
  SystemRandom random_;
};

TEST_F(FileCopy, CopiesAllContentWithOwnerOnlyPermissions) {
  ASSERT_OK(Copy(target(), ExistingFile::kRefused));
  EXPECT_EQ(ContentOf(target()), content_);
  struct stat found{};
  ASSERT_EQ(::stat(target().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, mode_t{0600});
  EXPECT_EQ(CountFiles(), 2);
}

TEST_F(FileCopy, OverwritesAFileOnlyOnRequest) {
  std::ofstream(target()) << "before";
  EXPECT_ERROR(kUnavailable, Copy(target(), ExistingFile::kRefused));
  EXPECT_EQ(ContentOf(target()), "before");
  EXPECT_EQ(CountFiles(), 2);
  ASSERT_OK(Copy(target(), ExistingFile::kReplaced));
  EXPECT_EQ(ContentOf(target()), content_);
  EXPECT_EQ(CountFiles(), 2);
}

TEST_F(FileCopy, NamesTheFileThatCannotBeWritten) {
  const Status failed = Copy(directory_.path() / "none" / "target", ExistingFile::kRefused);
  ASSERT_FALSE(failed.ok());
  EXPECT_THAT(failed.error().detail, HasSubstr("none/target"));
  EXPECT_EQ(CountFiles(), 1);
}

TEST_F(FileCopy, LeavesNothingOfAFileThatCannotBeRead) {
  constexpr int kNoDescriptor = -1;
  EXPECT_ERROR(kUnavailable,
               CopyFileAtomically(kNoDescriptor, target(), ExistingFile::kRefused, random_));
  EXPECT_EQ(CountFiles(), 1);
}

}  // namespace
}  // namespace rtcroom
