#include "daemon/auth/md5_login_info.h"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

TEST(Md5LoginInfo, SignsThePublishedVector) {
  const Md5LoginInfo signer(Secret("testapikey0123456789"));
  // 1700003600 as unix time.
  const TimePoint ends = kNoon + std::chrono::hours(1);
  EXPECT_EQ(*signer.Sign({"user_0001"}, ends), "fdddb6a51470954186d6d5450d02e9b9");
  EXPECT_EQ(*signer.Sign({"user_0001"}, ends + std::chrono::milliseconds(999)),
            "fdddb6a51470954186d6d5450d02e9b9")
      << "the resolution is one second";
}

TEST(Md5LoginInfo, SignsNothingWithoutAKey) {
  EXPECT_ERROR(kUnavailable, Md5LoginInfo(Secret()).Sign({"user_0001"}, kNoon));
}

}  // namespace
}  // namespace rtcroom
