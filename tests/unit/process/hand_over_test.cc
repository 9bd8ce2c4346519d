#include "daemon/process/hand_over.h"

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "daemon/base/system_clock.h"
#include "daemon/process/passed_sockets.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

NamedSocket ListeningFor(const std::string& name) {
  Result<ListeningSocket> socket = Listen("127.0.0.1:0");
  EXPECT_OK(socket);
  return {.name = name, .listening = *std::move(socket)};
}

/// The file open at a descriptor, such as "socket:[4711]"; empty when there is none.
std::string OpenAt(int descriptor) {
  std::error_code nothing;
  return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", descriptor), nothing)
      .string();
}

class HandOverTest : public testing::Test {
 protected:
  /// A successor process that runs `script`.
  HandOver To(const std::string& script) {
    const std::filesystem::path program = directory_.path() / "rtcroomd";
    std::ofstream(program) << "#!/bin/sh\n" << script << '\n';
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return HandOver({.program = program,
                     .arguments = {"rtcroomd", "serve", "--config", "serve"},
                     .environment = environment_},
                    clock_);
  }

  const TempDirectory directory_;
  const SystemClock clock_;
  std::vector<std::string> environment_ = {"PATH=/bin:/usr/bin", "RTCROOMD_LOG_LEVEL=warn"};
};
using HandOverDeathTest = HandOverTest;

TEST_F(HandOverTest, ChecksTheConfigurationWithTheSuccessor) {
  EXPECT_OK(To(R"([ "$*" = "check-config --config serve" ] && [ "$RTCROOMD_LOG_LEVEL" = warn ])")
                .CheckSuccessor());
}

TEST_F(HandOverTest, PassesServiceManagerVariablesToTheSuccessorOnly) {
  for (const char* const variable : {"NOTIFY_SOCKET=/run/notify", "WATCHDOG_USEC=1000"}) {
    environment_.emplace_back(variable);
  }
  EXPECT_OK(To(R"([ -z "$NOTIFY_SOCKET$WATCHDOG_USEC" ])").CheckSuccessor())
      << "the check gets none of them";
  HandOver hand_over = To(R"([ "$NOTIFY_SOCKET$WATCHDOG_USEC" = /run/notify1000 ])");
  EXPECT_EXIT((void)hand_over.Exec({}), testing::ExitedWithCode(0), "");
}

TEST_F(HandOverTest, IsRefusedIfTheSuccessorReportsAProblem) {
  const Status checked =
      To("echo problem: server.tls_cert: missing; echo problem: more; exit 2").CheckSuccessor();
  ASSERT_FALSE(checked.ok());
  EXPECT_THAT(checked.error().detail,
              AllOf(HasSubstr("check-config: exit code 2: problem: server.tls_cert: missing"),
                    Not(HasSubstr("\n")), Not(HasSubstr("more"))));
}

TEST_F(HandOverTest, IsRefusedWithoutASuccessor) {
  HandOver hand_over({.program = "/nowhere/rtcroomd", .arguments = {"rtcroomd", "serve"}}, clock_);
  EXPECT_ERROR(kUnavailable, hand_over.CheckSuccessor());
  HandOver unknown({.program = "", .arguments = {"rtcroomd", "serve"}}, clock_);
  EXPECT_ERROR(kUnavailable, unknown.CheckSuccessor());
}

TEST_F(HandOverTest, ChangesNothingIfItFails) {
  const std::vector<std::string> before = {OpenAt(3), OpenAt(4), OpenAt(5), OpenAt(6)};
  std::vector<NamedSocket> sockets;
  sockets.push_back(ListeningFor("https"));
  const std::string https = OpenAt(sockets[0].listening.socket.get());
  HandOver hand_over({.program = "/nowhere/rtcroomd", .arguments = {"rtcroomd"}}, clock_);
  EXPECT_THAT(hand_over.Exec(sockets).detail, HasSubstr("/nowhere/rtcroomd: No such file"));
  EXPECT_EQ(OpenAt(sockets[0].listening.socket.get()), https);
  sockets.clear();
  EXPECT_EQ((std::vector<std::string>{OpenAt(3), OpenAt(4), OpenAt(5), OpenAt(6)}), before);
}

TEST_F(HandOverDeathTest, PassesTheSocketsToTheSuccessor) {
  std::vector<NamedSocket> sockets;
  sockets.push_back(ListeningFor("http"));
  sockets.push_back(ListeningFor("https"));
  environment_.push_back("HTTP=" + OpenAt(sockets[0].listening.socket.get()));
  environment_.push_back("HTTPS=" + OpenAt(sockets[1].listening.socket.get()));
  HandOver hand_over =
      To(R"sh([ "$*" = "serve --config serve" ] && [ "$RTCROOMD_LOG_LEVEL" = warn ] &&
            [ "$LISTEN_PID" = $$ ] && [ "$LISTEN_FDS" = 2 ] && [ "$LISTEN_FDNAMES" = http:https ] &&
            [ "$(readlink /proc/$$/fd/3)" = "$HTTP" ] &&
            [ "$(readlink /proc/$$/fd/4)" = "$HTTPS" ] && exit 42)sh");
  EXPECT_EXIT((void)hand_over.Exec(sockets), testing::ExitedWithCode(42), "");
}

TEST_F(HandOverDeathTest, KeepsPendingSignals) {
  const std::vector<NamedSocket> none;
  // Not a script: shells unblock signals at startup.
  HandOver hand_over(
      {.program = "/bin/grep", .arguments = {"grep", "-q", "ShdPnd:.*4000$", "/proc/self/status"}},
      clock_);
  const auto hand_over_with_pending_signal = [&] {
    sigset_t waited;
    sigemptyset(&waited);
    sigaddset(&waited, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &waited, nullptr);
    kill(getpid(), SIGTERM);
    (void)hand_over.Exec(none);
  };
  EXPECT_EXIT(hand_over_with_pending_signal(), testing::ExitedWithCode(0), "");
}

TEST(PassedSockets, StartAtDescriptor3InOrder) {
  std::vector<NamedSocket> sockets;
  for (const char* name : {"https", "http", "admin"}) {
    sockets.insert(sockets.begin(), ListeningFor(name));  // so that numbers and order differ
  }
  std::vector<std::string> wanted;
  wanted.reserve(sockets.size());
  for (const NamedSocket& socket : sockets) wanted.push_back(OpenAt(socket.listening.socket.get()));
  const std::array<std::string, 3> before = {OpenAt(3), OpenAt(4), OpenAt(5)};
  {
    PassedSockets passed;
    ASSERT_OK(passed.Arrange(sockets));
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(OpenAt(3 + i), wanted[static_cast<std::size_t>(i)]);
      EXPECT_EQ(fcntl(3 + i, F_GETFD) & FD_CLOEXEC, 0);
    }
    EXPECT_THAT(passed.variables(), Contains("LISTEN_FDNAMES=admin:http:https"));
    EXPECT_THAT(passed.variables(), Contains(fmt::format("LISTEN_PID={}", getpid())));
  }
  EXPECT_EQ((std::array<std::string, 3>{OpenAt(3), OpenAt(4), OpenAt(5)}), before);
  for (const NamedSocket& socket : sockets) {
    EXPECT_NE(fcntl(socket.listening.socket.get(), F_GETFD) & FD_CLOEXEC, 0);
  }
}

TEST(OwnStartCommand, ReturnsTheCommandOfThisProcess) {
  const std::array<const char*, 3> arguments = {"rtcroomd", "serve", nullptr};
  const std::array<const char*, 4> environment = {"A=b", "LISTEN_FDS=1", "LISTEN_PID=2", nullptr};
  const StartCommand command = OwnStartCommand(arguments.data(), environment.data());
  EXPECT_EQ(command.program, std::filesystem::canonical("/proc/self/exe"));
  EXPECT_THAT(command.arguments, testing::ElementsAre("rtcroomd", "serve"));
  EXPECT_THAT(command.environment, testing::ElementsAre("A=b"))
      << "inherited sockets are not passed on";
}

}  // namespace
}  // namespace rtcroom
