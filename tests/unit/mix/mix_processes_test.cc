#include "daemon/mix/mix_processes.h"

#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class MixProcessesTest : public testing::Test {
 protected:
  std::unique_ptr<MixProgram> StartShell(const std::string& script) {
    Result<std::unique_ptr<MixProgram>> program =
        processes_.Start("host", {"/bin/sh", "-c", script});
    EXPECT_TRUE(program) << program.error();
    return program ? *std::move(program) : nullptr;
  }
  /// -1 when it goes on.
  int AwaitEnd(MixProgram& program) {
    const MonotonicTime deadline = clock_.Monotonic() + kWaitTimeout;
    std::optional<int> exit_code = program.ExitCode();
    while (!exit_code && clock_.Monotonic() < deadline) {
      processes_.Wait(deadline);
      exit_code = program.ExitCode();
    }
    return exit_code.value_or(-1);
  }
  bool AwaitLog(const std::string& text) {
    const MonotonicTime deadline = clock_.Monotonic() + kWaitTimeout;
    while (log_.Text().find(text) == std::string::npos) {
      if (clock_.Monotonic() >= deadline) return false;
      processes_.Wait(deadline);
    }
    return true;
  }
  /// What a script prints.
  std::string OutputOf(const std::string& script) {
    AwaitEnd(*StartShell("exec 1>&2; " + script));
    return log_.Text();
  }

  const SystemClock clock_;
  const CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kInfo, log_.file()};
  MixProcesses processes_{clock_, logger_};
};

TEST_F(MixProcessesTest, TellHowAProgramEnded) {
  EXPECT_EQ(AwaitEnd(*StartShell("exit 3")), 3);
  const auto program = StartShell("exec sleep 1000");
  EXPECT_EQ(program->ExitCode(), std::nullopt);
  program->Signal(SIGTERM);
  EXPECT_EQ(AwaitEnd(*program), 128 + SIGTERM);
  program->Signal(SIGTERM);
  EXPECT_EQ(program->ExitCode(), 128 + SIGTERM);
}

TEST_F(MixProcessesTest, RefuseAProgramThatIsNotThere) {
  const auto program = processes_.Start("host", {"/not/there"});
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code, Errc::kUnavailable);
  EXPECT_THAT(program.error().detail, HasSubstr("/not/there: No such file"));
}

TEST_F(MixProcessesTest, AreKilledWithTheirHandle) {
  auto program = StartShell("trap '' TERM; echo ready >&2; kill -STOP $$");
  ASSERT_TRUE(AwaitLog("ready"));
  program->Signal(SIGTERM);
  EXPECT_EQ(program->ExitCode(), std::nullopt);
  program.reset();  // waits for its end
}

TEST_F(MixProcessesTest, EndWithTheThreadThatStartedThem) {
  std::unique_ptr<MixProgram> program;
  std::jthread([&] {
    program = StartShell("echo ready >&2; exec sleep 1000");
    EXPECT_TRUE(AwaitLog("ready"));
  }).join();
  EXPECT_EQ(AwaitEnd(*program), 128 + SIGKILL);
}

TEST_F(MixProcessesTest, LogWhatTheyPrintLineByLine) {
  const auto program = StartShell(R"(printf 'one\ntwo?txSecret=abc&txTime=1\nlast' >&2; exit 1)");
  EXPECT_EQ(AwaitEnd(*program), 1);
  EXPECT_THAT(log_.Text(), AllOf(HasSubstr("mix_output stream=host line=one"), HasSubstr("two?***"),
                                 HasSubstr("line=last"), Not(HasSubstr("abc"))));
}

TEST_F(MixProcessesTest, LogTwentyLinesAndThenAFewOnly) {
  const std::string log = OutputOf("i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo l$i; done");
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = log.find("mix_output", at)) != log.npos; ++at) ++lines;
  EXPECT_EQ(lines, 21U);  // the first of those that are rationed
}

TEST_F(MixProcessesTest, DoNotBlockOnMuchOutputWithoutLines) {
  EXPECT_EQ(AwaitEnd(*StartShell("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 4")), 4);
  EXPECT_LT(log_.Text().size(), 2000U);
}

TEST_F(MixProcessesTest, HaveNoVariablesNoInputAndNoOtherDescriptors) {
  ::setenv("MIX_SECRET", "word", 1);
  const std::string log = OutputOf(
      "echo \"[${MIX_SECRET}]\"; read line && echo input; for f in /proc/self/fd/*; do echo $f; "
      "done");
  ::unsetenv("MIX_SECRET");
  EXPECT_THAT(log, AllOf(HasSubstr("[]"), Not(HasSubstr("word")), Not(HasSubstr("line=input")),
                         HasSubstr("fd/2"), Not(HasSubstr("fd/4"))));
}

TEST_F(MixProcessesTest, HaveLimitsAndALowerPriority) {
  const std::string log =
      OutputOf("ulimit -v; ulimit -t; ulimit -c; ulimit -f; cut -d' ' -f19 /proc/self/stat");
  EXPECT_THAT(log, AllOf(HasSubstr("line=4194304"), HasSubstr("line=86400"), HasSubstr("line=0"),
                         HasSubstr("line=10")));
}

TEST_F(MixProcessesTest, WaitUntilTheyAreWoken) {
  const std::jthread other([this] { processes_.Wake(); });
  processes_.Wait(std::nullopt);
  const MonotonicTime before = clock_.Monotonic();
  processes_.Wait(before + 20ms);
  EXPECT_GE(clock_.Monotonic(), before + 20ms);
}

TEST(WithoutQueries, MasksWhatMayBeSigned) {
  EXPECT_EQ(WithoutQueries("nothing here"), "nothing here");
  EXPECT_EQ(WithoutQueries("rtmp://h/live/a?txSecret=1&txTime=2: Input/output error"),
            "rtmp://h/live/a?*** Input/output error");
  EXPECT_EQ(WithoutQueries("'a?b' and \"c?d\"?"), "'a?***' and \"c?***\"?***");
}

}  // namespace
}  // namespace rtcroom
