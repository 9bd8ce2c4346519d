// Operator commands on the store's files: backup, restore, check-store.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/store_commands.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    ApiClient client = server_.Https();
    for (const char* room : {"r1", "r2", "r3"}) {
      EXPECT_EQ(client.Call("multi_room", "create_room", CreateBody("host", room)).code(), kOk);
    }
    EXPECT_EQ(client.Call("multi_room", "add_pusher", PusherBody("r2", "guest")).code(), kOk);
  }

  [[nodiscard]] fs::path file() const { return directory_.path() / "backup.db"; }
  [[nodiscard]] fs::path store() const { return server_.data_directory() / "rtcroomd.db"; }
  FinishedCommand Restore(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"restore", file().string(), "--config",
                                          server_.config_file().string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunBinary(std::move(arguments));
  }
  void ExpectAGoodBackup() {
    const FinishedCommand checked = CheckStoreFile(file());
    EXPECT_EQ(checked.exit_code, kDone) << checked.out << checked.err;
    EXPECT_THAT(checked.out, HasSubstr("3 rooms, 4 pushers"));
    struct stat found{};
    ASSERT_EQ(::stat(file().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, mode_t{0600});
    EXPECT_THAT(FilesIn(directory_.path()), ElementsAre("backup.db"));
    EXPECT_THAT(FilesIn(server_.data_directory()), Each(Not(StartsWith("backup-"))));
  }

  const TempDirectory directory_;
  ServerProcess server_{{.settings = {{"room.heartbeat_timeout", "1h"}}}};
};

TEST_F(BackupTest, BacksUpARunningServer) {
  const FinishedCommand done = Backup(server_, file());
  EXPECT_EQ(done.exit_code, kDone) << done.err;
  ExpectAGoodBackup();
  ApiClient client = server_.Https();
  EXPECT_EQ(client.Call("multi_room", "create_room", CreateBody("host", "r4")).code(), kOk);
}

TEST_F(BackupTest, BacksUpAStoppedServer) {
  ASSERT_EQ(server_.Terminate(), 0);
  const FinishedCommand done =
      RunBinary({"backup", file().string(), "--config", server_.config_file().string(), "--url",
                 "http://127.0.0.1:1"});
  EXPECT_EQ(done.exit_code, kDone) << done.err;
  ExpectAGoodBackup();
  server_.Start();
}

TEST_F(BackupTest, BacksUpAcknowledgedWritesOfAKilledServer) {
  server_.Kill9();
  const FinishedCommand done = Backup(server_, file());
  EXPECT_EQ(done.exit_code, kDone) << done.err;
  ExpectAGoodBackup();
  server_.Start();
}

TEST_F(BackupTest, OverwritesAFileOnlyWithForce) {
  std::ofstream(file()) << "precious";
  EXPECT_EQ(Backup(server_, file()).exit_code, kWrongUsage);
  EXPECT_EQ(ReadWholeFile(file()), "precious");
  EXPECT_EQ(Backup(server_, file(), {"--force"}).exit_code, kDone);
  ExpectAGoodBackup();
  EXPECT_EQ(Backup(server_, store(), {"--force"}).exit_code, kWrongUsage);
}

TEST_F(BackupTest, WritesToAnotherFileSystem) {
  struct stat here{};
  ASSERT_EQ(::stat(directory_.path().c_str(), &here), 0);
  fs::path other;
  for (const char* const folder : {"/dev/shm", "/var/tmp"}) {
    struct stat there{};
    const bool is_another = ::stat(folder, &there) == 0 && there.st_dev != here.st_dev;
    if (is_another && ::access(folder, W_OK) == 0) other = folder;
  }
  if (other.empty()) GTEST_SKIP() << "there is no other file system";
  const fs::path target = other / ("rtcroom-test-" + std::to_string(::getpid()) + ".db");
  EXPECT_EQ(Backup(server_, target).exit_code, kDone);
  EXPECT_EQ(CheckStoreFile(target).exit_code, kDone);
  fs::remove(target);
}

TEST_F(BackupTest, LeavesNothingWhenTheTargetIsNotWritable) {
  const FinishedCommand failed = Backup(server_, directory_.path() / "none" / "backup.db");
  EXPECT_EQ(failed.exit_code, kFailed);
  EXPECT_THAT(failed.err, HasSubstr("none/backup.db"));
  EXPECT_THAT(FilesIn(server_.data_directory()), Each(Not(StartsWith("backup-"))));
}

TEST_F(BackupTest, RemovesLeftoverCopiesAtStartAndBackup) {
  const fs::path leftover = server_.data_directory() / "backup-0123456789abcdef.part";
  ASSERT_EQ(server_.Terminate(), 0);
  std::ofstream(leftover) << "of a crash";
  server_.Start();
  EXPECT_FALSE(fs::exists(leftover));
  std::ofstream(leftover) << "of a command that was killed";
  std::ofstream(file().string() + ".0123456789abcdef.new") << "of another one";
  EXPECT_EQ(Backup(server_, file()).exit_code, kDone);
  EXPECT_FALSE(fs::exists(leftover));
  ExpectAGoodBackup();
}

TEST_F(BackupTest, RequiresTheAdminKey) {
  ApiClient admin = server_.Admin();
  EXPECT_EQ(admin.Send({.target = "/backup"}).status, 401);
  EXPECT_EQ(
      admin.Send({.target = "/backup", .headers = {{"Authorization", "Bearer guess"}}}).status,
      401);
}

TEST_F(BackupTest, RefusesAnAdminKeyThatIsNotARegularFile) {
  const fs::path key = server_.data_directory() / "admin-key";
  const fs::path elsewhere = directory_.path() / "elsewhere";
  fs::rename(key, elsewhere);
  fs::create_symlink(elsewhere, key);
  const FinishedCommand link = Backup(server_, file());
  EXPECT_EQ(link.exit_code, kFailed) << "although its target is valid";
  EXPECT_THAT(link.err, HasSubstr("admin-key"));
  fs::remove(key);
  ASSERT_EQ(::mkfifo(key.c_str(), S_IRUSR | S_IWUSR), 0);
  const FinishedCommand pipe = Backup(server_, file());
  EXPECT_EQ(pipe.exit_code, kFailed) << "without waiting for a writer";
  EXPECT_THAT(pipe.err, HasSubstr("admin-key"));
  fs::remove(key);
  fs::copy_file(elsewhere, key);
  fs::permissions(key, fs::perms(0600));
  EXPECT_EQ(Backup(server_, file()).exit_code, kDone);
}

TEST_F(BackupTest, DoesNotBlockOnAStoreThatIsAPipe) {
  ASSERT_EQ(server_.Terminate(), 0);
  fs::rename(store(), directory_.path() / "elsewhere");
  ASSERT_EQ(::mkfifo(store().c_str(), S_IRUSR | S_IWUSR), 0);
  EXPECT_EQ(Backup(server_, file()).exit_code, kFailed);
  EXPECT_EQ(CheckStoreFile(store()).exit_code, kFailed);
  fs::remove(store());
  ASSERT_EQ(::mkfifo(file().c_str(), S_IRUSR | S_IWUSR), 0);
  EXPECT_EQ(Restore().exit_code, kFailed);
  fs::rename(directory_.path() / "elsewhere", store());
  server_.Start();
}

TEST_F(BackupTest, LeavesNoRootOwnedFilesInTheDataDirectory) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to act as another user";
  constexpr uid_t kServersUser = 47'110;
  ASSERT_EQ(server_.Terminate(), 0);
  // The account of the server must have access to its directory.
  fs::permissions(server_.data_directory().parent_path(), fs::perms(0755));
  ASSERT_EQ(::chown(server_.data_directory().c_str(), kServersUser, kServersUser), 0);
  fs::remove(server_.data_directory() / "LOCK");
  for (const std::string& name : FilesIn(server_.data_directory())) {
    ASSERT_EQ(::chown((server_.data_directory() / name).c_str(), kServersUser, kServersUser), 0);
  }
  const auto expect_owned = [&](const char* after) {
    for (const std::string& name : FilesIn(server_.data_directory())) {
      struct stat found{};
      ASSERT_EQ(::lstat((server_.data_directory() / name).c_str(), &found), 0);
      EXPECT_EQ(found.st_uid, kServersUser) << name << " after " << after;
      EXPECT_EQ(found.st_gid, kServersUser) << name << " after " << after;
    }
  };
  EXPECT_EQ(Backup(server_, file()).exit_code, kDone);
  expect_owned("backup");
  struct stat found{};
  ASSERT_EQ(::stat(file().c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, 0u);
  EXPECT_EQ(RunBinary({"check-store", "--config", server_.config_file().string()}).exit_code,
            kDone);
  expect_owned("check-store");
  EXPECT_EQ(Restore({"--force"}).exit_code, kDone);
  expect_owned("restore");
  server_.Start();
}

TEST_F(BackupTest, RestoreNeedsAStoppedServerAndNoStore) {
  ASSERT_EQ(Backup(server_, file()).exit_code, kDone);
  ApiClient client = server_.Https();
  ASSERT_EQ(client.Call("multi_room", "create_room", CreateBody("host", "late")).code(), kOk);
  const FinishedCommand running = Restore({"--force"});
  EXPECT_EQ(running.exit_code, kFailed);
  EXPECT_THAT(running.err, HasSubstr("stop the server first"));

  ASSERT_EQ(server_.Terminate(), 0);
  const FinishedCommand refused = Restore();
  EXPECT_EQ(refused.exit_code, kFailed);
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  const FinishedCommand done = Restore({"--force"});
  EXPECT_EQ(done.exit_code, kDone) << done.err;
  EXPECT_THAT(FilesIn(server_.data_directory()),
              Contains(StartsWith("rtcroomd.db.before-restore-")));
  server_.Start();
  ApiClient restored = server_.Https();
  EXPECT_THAT(RoomIds(restored, "multi_room"), ElementsAre("r1", "r2", "r3"));
  EXPECT_THAT(PushersOf(restored, "multi_room", "r2"), ElementsAre("host", "guest"));
}

TEST_F(BackupTest, RestoreRefusesAFileThatIsNotABackup) {
  ASSERT_EQ(server_.Terminate(), 0);
  const std::string before = ReadWholeFile(store());
  EXPECT_EQ(Restore({"--force"}).exit_code, kFailed);  // the file does not exist
  std::ofstream(file()) << std::string(8192, 'x');
  EXPECT_EQ(Restore({"--force"}).exit_code, kFailed);
  fs::copy(store(), file(), fs::copy_options::overwrite_existing);
  std::ofstream(file().string() + "-wal") << "a log";
  EXPECT_THAT(Restore({"--force"}).err, HasSubstr("has a log beside it"));
  EXPECT_EQ(ReadWholeFile(store()), before);
  server_.Start();
}

TEST_F(BackupTest, CheckPrintsTheFaultsOfARunningServersStore) {
  const std::vector<std::string> check = {"check-store", "--config",
                                          server_.config_file().string()};
  const FinishedCommand sound = RunBinary(check);
  EXPECT_EQ(sound.exit_code, kDone) << sound.out << sound.err;
  ASSERT_EQ(server_.Terminate(), 0);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(store().c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "DELETE FROM pushers WHERE user_id = 'guest'", nullptr, nullptr,
                         nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  const FinishedCommand wrong = RunBinary(check);
  EXPECT_EQ(wrong.exit_code, kFailed);
  EXPECT_THAT(wrong.out,
              HasSubstr("multi room r2: its pushers are host, by its events host, guest"));
  EXPECT_EQ(CheckStoreFile("/nonexistent").exit_code, kFailed);
  EXPECT_EQ(RunBinary({"check-store", "--config", "/nonexistent"}).exit_code, kWrongUsage);
  server_.Start();
}

}  // namespace
}  // namespace rtcroom
