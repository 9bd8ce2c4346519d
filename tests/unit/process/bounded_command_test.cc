#include "daemon/process/bounded_command.h"

#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "tests/support/eventually.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

Result<CommandOutcome> RunScript(const std::string& script,
                                 std::chrono::milliseconds timeout = kWaitTimeout) {
  const SystemClock clock;
  return RunBounded({.program = "/bin/sh",
                     .arguments = {"sh", "-c", script},
                     .environment = {"PATH=/bin:/usr/bin", "WORD=hello"},
                     .timeout = timeout},
                    clock);
}

TEST(BoundedCommand, ReturnsExitCodeAndOutput) {
  const auto outcome = RunScript("echo $WORD; echo there >&2; exit 3");
  ASSERT_OK(outcome);
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->output, "hello\nthere\n");
}

TEST(BoundedCommand, EndsAtTheTimeout) {
  const auto outcome = RunScript("exec sleep 600", std::chrono::milliseconds(50));
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().detail, "/bin/sh: did not end within 50 ms");
}

TEST(BoundedCommand, WaitsForTheExitAfterTheOutputIsClosed) {
  const auto outcome = RunScript("exec >/dev/null 2>&1; cat /dev/null; exit 4");
  ASSERT_OK(outcome);
  EXPECT_EQ(outcome->exit_code, 4);
}

TEST(BoundedCommand, TruncatesLongOutput) {
  const auto outcome = RunScript("yes | head -c 300000");
  ASSERT_OK(outcome);
  EXPECT_EQ(outcome->exit_code, 0);
  EXPECT_EQ(outcome->output.size(), 4096U);
}

TEST(BoundedCommand, HasNoInput) {
  const auto outcome = RunScript("cat");
  ASSERT_OK(outcome);
  EXPECT_EQ(outcome->output, "");
}

TEST(BoundedCommand, ReportsAMissingProgram) {
  const SystemClock clock;
  const auto outcome = RunBounded(
      {.program = "/nowhere/rtcroomd", .arguments = {"rtcroomd"}, .timeout = kWaitTimeout}, clock);
  ASSERT_FALSE(outcome.ok());
  EXPECT_THAT(outcome.error().detail, HasSubstr("/nowhere/rtcroomd: cannot be started: No such"));
}

TEST(BoundedCommand, RunsWithNoSignalBlockedOrIgnored) {
  sigset_t terminate;
  sigset_t before;
  sigemptyset(&terminate);
  sigaddset(&terminate, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &terminate, &before);
  const auto pipe_before = std::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(RunScript("kill -TERM $$; exit 0")->exit_code, 128 + SIGTERM);
  EXPECT_EQ(RunScript("kill -PIPE $$; exit 0")->exit_code, 128 + SIGPIPE);
  (void)std::signal(SIGPIPE, pipe_before);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace rtcroom
