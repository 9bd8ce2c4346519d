#include "tests/support/process_stats.h"

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/child_process.h"
#include "tests/support/eventually.h"
#include "tests/support/loopback_socket.h"

namespace rtcroom {
namespace {

/// More than what the caller itself uses between two readings.
constexpr std::chrono::milliseconds kChildTime{100};

TEST(ProcessStats, CountDescriptors) {
  const std::size_t before = OpenDescriptorsOf(::getpid());
  const LoopbackSocket one = LoopbackSocket::Listen();
  const LoopbackSocket other = LoopbackSocket::Listen();
  EXPECT_EQ(OpenDescriptorsOf(::getpid()), before + 2);
}

TEST(ProcessStats, MeasureMemoryThatIsInUse) {
  constexpr std::size_t kBytes = 64 << 20;
  // The shared portion of the program and its libraries varies with concurrently running tests.
  constexpr std::size_t kNearly = kBytes / 2;
  const MemoryUsage before = MemoryOf(::getpid());
  const std::vector<char> used(kBytes, 'x');
  const MemoryUsage after = MemoryOf(::getpid());
  EXPECT_GE(after.resident_bytes, before.resident_bytes + kNearly);
  EXPECT_GE(after.private_bytes, before.private_bytes + kNearly);
  EXPECT_GE(after.proportional_bytes, before.proportional_bytes + kNearly);
  EXPECT_EQ(used.back(), 'x');
}

TEST(ProcessStats, MeasureCpuTime) {
  const auto before = CpuTimeOf(::getpid());
  EXPECT_TRUE(Eventually([&] {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < 1'000'000; ++i) sum += i * i;
    return sum > 0 && CpuTimeOf(::getpid()) > before;
  }));
}

TEST(ProcessStats, MeasureCpuTimeOfChildrenAlsoAfterTheirEnd) {
  // Never too much: what this process uses in between does not count as theirs.
  const auto of_children = [] {
    const auto all = CpuTimeWithChildren(::getpid());
    return all - CpuTimeOf(::getpid());
  };
  const auto before = of_children();
  {
    const ChildProcess busy({.program = "/bin/sh",
                             .arguments = {"-c", "while :; do :; done"},
                             .stdout_file = "/dev/null",
                             .stderr_file = "/dev/null"});
    EXPECT_TRUE(Eventually([&] { return of_children() > before + kChildTime; }));
  }
  EXPECT_TRUE(Eventually([&] { return of_children() > before + kChildTime; }));
}

TEST(ProcessStats, FailForAMissingProcess) {
  constexpr pid_t kNobody = 1 << 30;
  EXPECT_THROW(MemoryOf(kNobody), std::runtime_error);
  EXPECT_THROW(CpuTimeOf(kNobody), std::runtime_error);
  EXPECT_THROW(OpenDescriptorsOf(kNobody), std::runtime_error);
}

}  // namespace
}  // namespace rtcroom
