#include "daemon/base/system_error.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(SystemErrorTest, ContainsTheOperationAndTheCause) {
  const Error error = SystemError("cannot write /some/file", ENOSPC);
  EXPECT_EQ(error.code, Errc::kUnavailable);
  EXPECT_EQ(error.detail, "cannot write /some/file: No space left on device");
}

}  // namespace
}  // namespace rtcroom
