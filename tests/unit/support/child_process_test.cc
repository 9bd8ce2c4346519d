#include "tests/support/child_process.h"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/loopback_socket.h"

namespace rtcroom {
namespace {

FinishedCommand RunShell(const std::string& script, std::vector<PassedSocket> sockets) {
  return RunToEnd(
      {.program = "/bin/sh", .arguments = {"-c", script}, .sockets = std::move(sockets)});
}

TEST(ChildProcess, ReceivesSocketsLikeFromSystemd) {
  const LoopbackSocket one = LoopbackSocket::Listen();
  const LoopbackSocket other = LoopbackSocket::Listen();
  const FinishedCommand child = RunShell(
      "echo $LISTEN_FDS $LISTEN_FDNAMES; test $LISTEN_PID = $$ && echo its own; "
      "readlink /proc/$$/fd/3 /proc/$$/fd/4",
      {{.name = "http", .descriptor = one.descriptor()},
       {.name = "https", .descriptor = other.descriptor()}});
  const auto link = [](const LoopbackSocket& socket) {
    return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", socket.descriptor()));
  };
  EXPECT_EQ(child.out, fmt::format("2 http:https\nits own\n{}\n{}\n", link(one).string(),
                                   link(other).string()));
}

TEST(ChildProcess, HasNoSocketVariablesWithoutSockets) {
  EXPECT_EQ(RunShell("echo [$LISTEN_FDS$LISTEN_PID$LISTEN_FDNAMES]", {}).out, "[]\n");
}

}  // namespace
}  // namespace rtcroom
