#include "daemon/admin/admin_key.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/admin/admin_access.h"
#include "daemon/base/atomic_file.h"
#include "daemon/base/system_random.h"
#include "tests/support/captured_log.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

/// Prevents growth of any file by this process during its lifetime.
class NoSpace {
 public:
  NoSpace() : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoSpace() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }
  NoSpace(const NoSpace&) = delete;
  NoSpace& operator=(const NoSpace&) = delete;

 private:
  rlimit before_{};
  void (*const signal_)(int);
};

class AdminKey : public testing::Test {
 protected:
  std::string Renew() { return RenewAdminKey(directory_.path(), random_, logger_).Reveal(); }
  std::string RenewWithoutSpace() {
    const NoSpace no_space;
    return Renew();
  }
  [[nodiscard]] fs::path file() const { return directory_.path() / kAdminKeyFile; }

  const TempDirectory directory_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kDebug, log_.file()};
};

TEST_F(AdminKey, IsRegeneratedAtStartAndReadableByItsOwnerOnly) {
  const std::string first = Renew();
  EXPECT_EQ(first.size(), 64u);
  const std::string second = Renew();
  EXPECT_NE(second, first);
  EXPECT_EQ(*ReadSmallFile(file()), second);
  struct stat found{};
  ASSERT_EQ(::stat(file().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, mode_t{0600});
  EXPECT_THAT(log_.Text(), IsEmpty());
}

TEST_F(AdminKey, IsReusedOnAFullDisk) {
  const std::string before = Renew();
  EXPECT_EQ(RenewWithoutSpace(), before);
  EXPECT_EQ(*ReadSmallFile(file()), before);
}

TEST_F(AdminKey, IsEmptyOnAFullDiskWithoutAnEarlierKey) { EXPECT_EQ(RenewWithoutSpace(), ""); }

TEST_F(AdminKey, IsNotReusedFromAFileWritableByOthers) {
  const std::string guessed(64, 'a');
  std::ofstream(file()) << guessed;
  fs::permissions(file(), fs::perms(0640));
  EXPECT_EQ(RenewWithoutSpace(), "") << "readable by the owner's group";
  fs::permissions(file(), fs::perms(0600));
  EXPECT_EQ(RenewWithoutSpace(), guessed);
  const fs::path elsewhere = directory_.path() / "elsewhere";
  fs::rename(file(), elsewhere);
  fs::create_symlink(elsewhere, file());
  EXPECT_EQ(RenewWithoutSpace(), "");
  fs::remove(file());
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_EQ(RenewWithoutSpace(), "");
}

TEST_F(AdminKey, IsReusedOnlyIfComplete) {
  for (const std::size_t size : {0U, 63U, 65U}) {
    std::ofstream(file()) << std::string(size, 'a');
    fs::permissions(file(), fs::perms(0600));
    EXPECT_EQ(RenewWithoutSpace(), "") << size;
  }
}

TEST_F(AdminKey, IsReadByCommandsAsWritten) {
  const std::string key = Renew();
  ASSERT_TRUE(ReadAdminKey(directory_.path()));
  EXPECT_EQ(ReadAdminKey(directory_.path())->Reveal(), key);
}

TEST_F(AdminKey, IsNotReadByCommandsIfMalformedOrUnsafe) {
  const auto read = [this] { return ReadAdminKey(directory_.path()).ok(); };
  EXPECT_FALSE(read()) << "no file";
  std::ofstream(file()) << std::string(63, 'a') + '\n';
  fs::permissions(file(), fs::perms(0600));
  EXPECT_FALSE(read()) << "no hexadecimal digits";
  Renew();
  fs::permissions(file(), fs::perms(0604));
  EXPECT_FALSE(read()) << "readable by others";
  fs::permissions(file(), fs::perms(0600));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(file().c_str(), 47'110, 47'110), 0);
    EXPECT_FALSE(read()) << "owned by another user";
    ASSERT_EQ(::chown(file().c_str(), 0, 0), 0);
  }
  EXPECT_TRUE(read());
  fs::rename(file(), directory_.path() / "elsewhere");
  fs::create_symlink(directory_.path() / "elsewhere", file());
  EXPECT_FALSE(read()) << "a link";
  fs::remove(file());
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_FALSE(read()) << "a pipe, without waiting for a writer";
}

TEST_F(AdminKey, IsReportedIfNotWritable) {
  fs::create_directory(file());
  EXPECT_EQ(Renew(), "");
  EXPECT_THAT(log_.Text(), HasSubstr("admin_key_not_written"));
  EXPECT_THAT(log_.Text(), HasSubstr("none: "));
}

}  // namespace
}  // namespace rtcroom
