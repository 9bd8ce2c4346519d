#include "daemon/process/core_dumps.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/sanitizers.h"

namespace rtcroom {
namespace {

/// Whether a process is dumpable after the call; runs in a child, to leave this process unchanged.
int DumpableAfterwards() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // a change of user by another test clears it
    ForbidCoreDumps();
    ::_exit(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(CoreDumps, AreDisabledExceptForSanitizers) {
  EXPECT_EQ(DumpableAfterwards(), kUnderSanitizer ? 1 : 0);
}

}  // namespace
}  // namespace rtcroom
