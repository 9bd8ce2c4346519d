// The server under a service manager, which is notified of ready, reload, hand-over and stop, and
// by the watchdog.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/file_descriptor.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/manager_stand_in.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

class ServiceManagerTest : public testing::Test {
 protected:
  static std::string OwnName() {
    return "@rtcroomd-e2e/" + std::to_string(getpid()) + "/" +
           testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  [[nodiscard]] ServerOptions Options(const std::string& watchdog_usec = {}) const {
    ServerOptions options;
    options.environment = {{"NOTIFY_SOCKET", manager_.address()}};
    if (!watchdog_usec.empty()) options.environment.emplace_back("WATCHDOG_USEC", watchdog_usec);
    return options;
  }

  ManagerStandIn manager_{OwnName()};
};

TEST_F(ServiceManagerTest, IsNotifiedWhenAllListenersAreOpen) {
  ServerProcess server(Options());
  const std::optional<Notice> ready = manager_.Await("READY", "1");
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->sender, server.child().pid());
  EXPECT_EQ(ready->Value("STATUS"), "serving");
  const std::optional<Notice> next = manager_.Next(std::chrono::milliseconds(0));
  EXPECT_TRUE(!next || !next->Value("READY")) << "once";
}

TEST_F(ServiceManagerTest, IsNotifiedOfTheStatus) {
  ServerProcess server(Options());
  ASSERT_EQ(server.Http().Call("double_room", "create_room", CreateBody("u1")).code(), kOk);
  EXPECT_TRUE(manager_.Await("STATUS", "1 rooms, 1 pushers"));
}

TEST_F(ServiceManagerTest, IsNotifiedOfReloadsIncludingRefusedOnes) {
  ServerProcess server(Options());
  ASSERT_TRUE(manager_.Await("READY", "1"));
  for (const char* const added : {"", "[nonsense]\nkey = 1\n"}) {
    std::ofstream(server.config_file(), std::ios::app) << added;
    const auto before = std::chrono::steady_clock::now();
    server.Signal(SIGHUP);
    const std::optional<Notice> reloading = manager_.Await("RELOADING", "1");
    ASSERT_TRUE(reloading);
    // The manager compares it with its own clock, which is the same one.
    const std::chrono::microseconds at(
        std::stoll(reloading->Value("MONOTONIC_USEC").value_or("0")));
    EXPECT_GE(at + std::chrono::microseconds(1), before.time_since_epoch());
    EXPECT_LE(at, std::chrono::steady_clock::now().time_since_epoch());
    EXPECT_TRUE(manager_.Await("READY", "1"));
  }
}

TEST_F(ServiceManagerTest, IsNotifiedBeforeTheServerStops) {
  ServerProcess server(Options());
  EXPECT_EQ(server.Terminate(), 0);
  const std::optional<Notice> stopping = manager_.Await("STOPPING", "1");
  ASSERT_TRUE(stopping);
}

TEST_F(ServiceManagerTest, SeesTheSameProcessAfterAHandOver) {
  ServerProcess server(Options("1000000"));
  const pid_t pid = server.child().pid();
  ASSERT_TRUE(manager_.Await("READY", "1"));
  server.HandOver();
  const std::optional<Notice> reloading = manager_.Await("RELOADING", "1");
  ASSERT_TRUE(reloading);
  EXPECT_EQ(reloading->Value("STATUS"), "handing over");
  const std::optional<Notice> ready = manager_.Await("READY", "1");
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->sender, pid);
  EXPECT_TRUE(manager_.Await("WATCHDOG", "1"))
      << "the successor continues the watchdog notifications";
}

TEST_F(ServiceManagerTest, IsNotifiedReadyAfterARefusedHandOver) {
  ServerProcess server(Options());
  ASSERT_TRUE(manager_.Await("READY", "1"));
  std::ofstream(server.config_file(), std::ios::app) << "[nonsense]\nkey = 1\n";
  server.Signal(SIGUSR2);
  EXPECT_TRUE(manager_.Await("RELOADING", "1"));
  EXPECT_TRUE(manager_.Await("READY", "1"));
}

TEST_F(ServiceManagerTest, ReceivesWatchdogPingsWhileTheServerRuns) {
  ServerProcess server(Options("200000"));
  ASSERT_TRUE(manager_.Await("READY", "1"));
  for (int sign = 0; sign < 20; ++sign) ASSERT_TRUE(manager_.Await("WATCHDOG", "1"));
  server.Signal(SIGSTOP);
  // The pending messages are read; then there is none for many times the watchdog period.
  while (manager_.Next(std::chrono::milliseconds(1000))) {
  }
  EXPECT_FALSE(manager_.Next(std::chrono::milliseconds(400)));
  server.Signal(SIGCONT);
  EXPECT_TRUE(manager_.Await("WATCHDOG", "1"));
}

TEST_F(ServiceManagerTest, ReceivesWatchdogPingsOfAWorker) {
  const ChildProcess worker(
      {.program = ServerBinary(),
       .arguments = {"mix-worker", "--target", "unix:/nowhere", "--server", "rtmp://127.0.0.1"},
       .environment = Options("4000000").environment,
       .stdout_file = "/dev/null",
       .stderr_file = "/dev/null"});
  ASSERT_TRUE(manager_.Await("READY", "1"));
  for (int sign = 0; sign < 2; ++sign) EXPECT_TRUE(manager_.Await("WATCHDOG", "1"));
}

TEST_F(ServiceManagerTest, ReceivesWatchdogPingsDuringTheStart) {
  const TempDirectory directory;
  const std::filesystem::path key = directory.path() / "data" / "dev" / "dev-sig-key";
  std::filesystem::create_directories(key.parent_path());
  // The start waits until data is written to it.
  ASSERT_EQ(::mkfifo(key.c_str(), S_IRUSR | S_IWUSR), 0);
  const std::filesystem::path config = directory.path() / "rtcroomd.toml";
  std::ofstream(config) << TomlOf({{"server.http_listen", "127.0.0.1:0"},
                                   {"server.https_listen", ""},
                                   {"admin.listen", "127.0.0.1:0"},
                                   {"grpc.listen", ""},
                                   {"store.data_dir", (directory.path() / "data").string()}});
  ChildProcess server({.program = ServerBinary(),
                       .arguments = {"serve", "--dev", "--config", config.string()},
                       .environment = Options("200000").environment,
                       .stdout_file = directory.path() / "out",
                       .stderr_file = directory.path() / "log"});
  for (int sign = 0; sign < 10; ++sign) {
    const std::optional<Notice> notice = manager_.Await("WATCHDOG", "1");
    ASSERT_TRUE(notice) << ReadWholeFile(directory.path() / "log");
    EXPECT_TRUE(notice->Value("EXTEND_TIMEOUT_USEC")) << "the start timeout is extended";
  }
  FileDescriptor pipe;
  ASSERT_TRUE(Eventually([&] {
    pipe = FileDescriptor(::open(key.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    return pipe.valid();
  }));
  ASSERT_EQ(::write(pipe.get(), "a key\n", 6), 6);
  pipe = FileDescriptor();
  EXPECT_TRUE(manager_.Await("READY", "1"));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitForExit(), 0);
}

TEST_F(ServiceManagerTest, ReceivesNoLivenessWarningsFromAHealthyServer) {
  // Half of this exceeds the response time of every part of a busy server.
  ServerProcess server(Options("20000000"));
  for (int sign = 0; sign < 2; ++sign) ASSERT_TRUE(manager_.Await("WATCHDOG", "1"));
  EXPECT_THAT(server.StopAndReadLog(), Not(HasSubstr("component_stalled")));
}

TEST_F(ServiceManagerTest, ReceivesNoWatchdogPingsUnlessRequested) {
  ServerOptions options = Options("200000");
  options.environment.emplace_back("WATCHDOG_PID", "1");
  ServerProcess server(std::move(options));
  ASSERT_TRUE(manager_.Await("READY", "1"));
  EXPECT_EQ(server.Terminate(), 0);
  while (const std::optional<Notice> notice = manager_.Next(std::chrono::milliseconds(0))) {
    EXPECT_FALSE(notice->Value("WATCHDOG")) << notice->text;
  }
}

TEST_F(ServiceManagerTest, IsNotifiedOfTheReasonOfAFailedStart) {
  ServerProcess first;
  const FinishedCommand second =
      RunToEnd({.program = ServerBinary(),
                .arguments = {"serve", "--config", first.config_file().string()},
                .environment = Options().environment});
  EXPECT_EQ(second.exit_code, 1);
  std::optional<Notice> status;
  while (std::optional<Notice> notice = manager_.Next(std::chrono::milliseconds(0))) {
    EXPECT_FALSE(notice->Value("READY"));
    if (notice->Value("STATUS")) status = std::move(notice);
  }
  ASSERT_TRUE(status);
  EXPECT_THAT(*status->Value("STATUS"), HasSubstr("cannot start: "));
}

TEST_F(ServiceManagerTest, IsNotRequiredToBeReachable) {
  ServerOptions options;
  options.environment = {{"NOTIFY_SOCKET", "vsock:2:1234"}, {"WATCHDOG_USEC", "soon"}};
  ServerProcess server(std::move(options));
  EXPECT_TRUE(server.WaitForLog("service_manager_unreachable"));
  EXPECT_TRUE(server.WaitForLog("watchdog_disabled"));
}

}  // namespace
}  // namespace rtcroom
