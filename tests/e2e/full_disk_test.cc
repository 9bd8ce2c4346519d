// The real server on a disk that fills and empties, again and again.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/base/file_descriptor.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/room_changes.h"
#include "tests/e2e/store_audit.h"
#include "tests/e2e/store_commands.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr std::size_t kFillers = 4;
constexpr int kRounds = 5;

/// A disk of some megabytes, in a mount namespace that ends with this process.
class SmallDisk {
 public:
  /// Empty when this process lacks the permission to mount.
  static std::string WhyNot() {
    static const bool may = ::unshare(CLONE_NEWNS) == 0 &&
                            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    return may ? "" : "a disk of its own needs the right to mount (CAP_SYS_ADMIN)";
  }

  explicit SmallDisk(const std::string& size) {
    mounted_ = ::mount("rtcroom-test", path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] const fs::path& path() const { return directory_.path(); }

  /// Uses up all free space.
  void Fill() const {
    const FileDescriptor filler(::open(filler_path().c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600));
    for (std::size_t size = std::size_t{1} << 20; size > 0;) {
      const std::string piece(size, 'f');
      if (::write(filler.get(), piece.data(), piece.size()) <= 0) size /= 2;
    }
  }
  void Free() const { fs::remove(filler_path()); }
  /// @return whether it succeeded: it fails while a file is open for writing.
  [[nodiscard]] bool SetReadOnly(bool is_read_only) const {
    return ::mount(nullptr, path().c_str(), nullptr, MS_REMOUNT | (is_read_only ? MS_RDONLY : 0),
                   nullptr) == 0;
  }

 private:
  [[nodiscard]] fs::path filler_path() const { return path() / "filler"; }

  const TempDirectory directory_;
  bool mounted_ = false;
};

class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = SmallDisk::WhyNot(); !why.empty()) GTEST_SKIP() << why;
    disk_.emplace("48m");
    ASSERT_TRUE(disk_->mounted());
  }
  void StartServer(const char* heartbeat_timeout) {
    server_.emplace(ServerOptions{.settings = {{"store.data_dir", data().string()},
                                               {"room.heartbeat_timeout", heartbeat_timeout},
                                               {"room.sweep_period", "200ms"},
                                               {"log.level", "info"}}});
  }
  void TearDown() override {
    if (disk_) disk_->Free();
    server_.reset();
  }

  [[nodiscard]] fs::path data() const { return disk_->path() / "data"; }

  void StartWriters() {
    for (RoomRecorder& recorder : recorders_) {
      threads_.emplace_back([this, &recorder, client = server_->Https()]() mutable {
        recorder.WriteUntilStopped(std::move(client), stop_, counts_);
      });
    }
  }
  void StopWriters() {
    stop_ = true;
    threads_.clear();
  }
  /// Fills the disk and waits until every change of the server fails. Until then the server uses up
  /// the free space in its files.
  void FillUntilWritesFail() {
    std::size_t acknowledged = 0;
    std::size_t refused = 0;
    ASSERT_TRUE(Eventually([&] {
      disk_->Fill();  // the space that the server has freed meanwhile
      const bool goes_on = counts_.acknowledged != acknowledged;
      if (goes_on) refused = counts_.refused;
      acknowledged = counts_.acknowledged;
      return !goes_on && counts_.refused > refused + 100;
    }));
    ApiClient admin = server_->Admin();
    ApiReply ready;
    EXPECT_TRUE(Eventually([&] { return (ready = admin.Get("/readyz")).status == 503; }));
    EXPECT_THAT(ready.Text("reason"), HasSubstr("full"));
  }
  void ExpectAllKept() {
    ApiClient client = server_->Https();
    ExpectKept(client, recorders_);
  }

  std::mt19937 random_{std::random_device()()};
  std::optional<SmallDisk> disk_;
  std::optional<ServerProcess> server_;
  std::deque<RoomRecorder> recorders_ = RoomRecorders(kFillers, random_);
  WriteCounts counts_;
  std::atomic<bool> stop_{false};
  std::vector<std::jthread> threads_;
};

TEST_F(FullDisk, LosesNoAcknowledgedWriteAndRecovers) {
  StartServer("1h");
  ApiClient client = server_->Https();
  ASSERT_EQ(client.Call("multi_room", "create_room", CreateBody("host", "steady")).code(), kOk);
  StartWriters();
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    const std::size_t before = counts_.acknowledged;
    ASSERT_TRUE(Eventually([&] { return counts_.acknowledged > before + 200; }));
    FillUntilWritesFail();

    ApiClient admin = server_->Admin();
    EXPECT_EQ(admin.Get("/healthz").status, 200);
    EXPECT_EQ(client.Call("multi_room", "pusher_heartbeat", MemberBody("steady", "host")).code(),
              kOk);
    EXPECT_EQ(PushersOf(client, "multi_room", "steady"), std::vector<std::string>{"host"});
    EXPECT_EQ(client.Call("multi_room", "add_pusher", PusherBody("steady", "late")).code(),
              kInternalFailure);

    disk_->Free();
    const std::size_t acknowledged = counts_.acknowledged;
    EXPECT_TRUE(Eventually([&] { return counts_.acknowledged > acknowledged + 20; }));
    EXPECT_TRUE(Eventually([&] { return admin.Get("/readyz").status == 200; }));
    EXPECT_EQ(PushersOf(client, "multi_room", "steady"), std::vector<std::string>{"host"});
  }
  RecordProperty("acknowledged", std::to_string(counts_.acknowledged));
  RecordProperty("refused", std::to_string(counts_.refused));
  StopWriters();
  ExpectAllKept();
  server_->Kill9();
  server_->Start();
  ExpectAllKept();
  EXPECT_THAT(AuditStore(data() / "rtcroomd.db"), IsEmpty());
}

TEST_F(FullDisk, DelaysEvictionsUntilItRecovers) {
  StartServer("2s");
  ApiClient client = server_->Https();
  const auto create = [&client](const std::string& user, const std::string& room = {}) {
    return client.Call("multi_room", "create_room", CreateBody(user, room)).code();
  };
  // Members evicted before the disk was full rejoin.
  ASSERT_TRUE(Eventually([&] {
    disk_->Free();
    EXPECT_TRUE(Eventually([&] { return create("host", "silent") == kOk; }));
    disk_->Fill();
    EXPECT_TRUE(Eventually([&] { return create("other") == kInternalFailure; }));
    return PushersOf(client, "multi_room", "silent") == std::vector<std::string>{"host"};
  }));
  ASSERT_TRUE(server_->WaitForLog("evictions_failed"));
  EXPECT_EQ(PushersOf(client, "multi_room", "silent"), std::vector<std::string>{"host"});
  disk_->Free();
  EXPECT_TRUE(Eventually([&] { return PushersOf(client, "multi_room", "silent").empty(); }));
  EXPECT_THAT(AuditStore(data() / "rtcroomd.db"), IsEmpty());
}

TEST_F(FullDisk, FailsABackupCleanly) {
  StartServer("1h");
  const TempDirectory elsewhere;
  disk_->Fill();
  const FinishedCommand no_space_for_the_copy = Backup(*server_, elsewhere.path() / "backup.db");
  EXPECT_EQ(no_space_for_the_copy.exit_code, 1);
  EXPECT_THAT(no_space_for_the_copy.err, HasSubstr("no space for a copy"));
  disk_->Free();
  EXPECT_THAT(FilesIn(elsewhere.path()), IsEmpty());

  const SmallDisk target("64k");
  ASSERT_TRUE(target.mounted());
  target.Fill();
  const FinishedCommand no_space_for_the_file = Backup(*server_, target.path() / "backup.db");
  EXPECT_EQ(no_space_for_the_file.exit_code, 1);
  EXPECT_THAT(no_space_for_the_file.err, HasSubstr("backup.db"));
  EXPECT_THAT(FilesIn(target.path()), testing::ElementsAre("filler"));
  EXPECT_THAT(FilesIn(data()), Each(Not(StartsWith("backup-"))));
  EXPECT_EQ(Backup(*server_, elsewhere.path() / "backup.db").exit_code, 0);
}

TEST_F(FullDisk, AllowsAServerToStartAndServeReads) {
  StartServer("1h");
  ApiClient before = server_->Https();
  ASSERT_EQ(before.Call("multi_room", "create_room", CreateBody("host", "steady")).code(), kOk);
  const std::string key = ReadWholeFile(data() / "admin-key");
  server_->Kill9();
  disk_->Fill();
  server_->Start(ServerProcess::Until::kListening);
  EXPECT_TRUE(server_->WaitForLog("admin_key_not_written"));
  ApiClient client = server_->Https();
  const auto expect_served = [&client] {
    EXPECT_EQ(client.Call("multi_room", "pusher_heartbeat", MemberBody("steady", "host")).code(),
              kOk);
    EXPECT_EQ(PushersOf(client, "multi_room", "steady"), std::vector<std::string>{"host"});
  };
  expect_served();
  EXPECT_EQ(client.Call("multi_room", "add_pusher", PusherBody("steady", "late")).code(),
            kInternalFailure);
  // The key of the previous start is still accepted; this fails for another reason.
  EXPECT_EQ(ReadWholeFile(data() / "admin-key"), key);
  const TempDirectory elsewhere;
  EXPECT_THAT(Backup(*server_, elsewhere.path() / "backup.db").err,
              HasSubstr("no space for a copy"));

  server_->HandOver();
  client = server_->Https();
  expect_served();

  disk_->Free();
  EXPECT_TRUE(Eventually([&] {
    return client.Call("multi_room", "add_pusher", PusherBody("steady", "late")).code() == kOk;
  }));
  EXPECT_EQ(PushersOf(client, "multi_room", "steady"), (std::vector<std::string>{"host", "late"}));
}

TEST_F(FullDisk, ReportsAReadOnlyDiskAtStart) {
  StartServer("1h");
  ApiClient client = server_->Https();
  ASSERT_EQ(client.Call("multi_room", "create_room", CreateBody("host", "kept")).code(), kOk);
  ASSERT_EQ(server_->Terminate(), 0);
  ASSERT_TRUE(disk_->SetReadOnly(true));
  const FinishedCommand refused = RunBinary({"serve", "--config", server_->config_file().string()});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("Read-only file system"));
  const TempDirectory elsewhere;
  EXPECT_EQ(Backup(*server_, elsewhere.path() / "backup.db").exit_code, 1);
  EXPECT_THAT(FilesIn(elsewhere.path()), IsEmpty());
  ASSERT_TRUE(disk_->SetReadOnly(false));
  server_->Start();
  ApiClient again = server_->Https();
  EXPECT_EQ(PushersOf(again, "multi_room", "kept"), std::vector<std::string>{"host"});
}

TEST(LimitOnFileSizes, IsLikeAFullDisk) {
  ServerProcess server({.settings = {{"room.heartbeat_timeout", "1h"}}});
  ApiClient client = server.Https();
  const auto create = [&client](const std::string& room) {
    return client.Call("multi_room", "create_room", CreateBody("host", room)).code();
  };
  ASSERT_EQ(create("before"), kOk);
  rlimit usual{};
  ASSERT_EQ(::prlimit(server.child().pid(), RLIMIT_FSIZE, nullptr, &usual), 0);
  const rlimit lowered{.rlim_cur = 4096, .rlim_max = usual.rlim_max};
  ASSERT_EQ(::prlimit(server.child().pid(), RLIMIT_FSIZE, &lowered, nullptr), 0);
  EXPECT_EQ(create("beyond"), kInternalFailure);
  EXPECT_EQ(server.Admin().Get("/readyz").status, 503);
  EXPECT_EQ(PushersOf(client, "multi_room", "before"), std::vector<std::string>{"host"});

  ASSERT_EQ(::prlimit(server.child().pid(), RLIMIT_FSIZE, &usual, nullptr), 0);
  EXPECT_EQ(create("after"), kOk);
}

TEST(LimitOnFileSizes, IsAFullDiskToACommand) {
  ServerProcess server;
  ASSERT_EQ(server.Terminate(), 0);
  const TempDirectory directory;
  const FinishedCommand backup =
      RunToEnd({.program = "/bin/sh",
                .arguments = {"-c", R"(ulimit -f 128; exec "$0" "$@")", ServerBinary(), "backup",
                              (directory.path() / "backup").string(), "--config",
                              server.config_file().string()}},
               std::chrono::seconds(60));
  EXPECT_EQ(backup.exit_code, 1) << backup.err;
  EXPECT_THAT(backup.err, HasSubstr("disk"));
  EXPECT_THAT(FilesIn(directory.path()), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
