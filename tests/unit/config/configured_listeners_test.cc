#include "daemon/config/configured_listeners.h"

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(ConfiguredListeners, LeaveIpv4OfTheirPortToAnotherThatNamesIt) {
  Config config;
  config.server.http_listen = "[::]:80";
  config.server.https_listen = "[::]:443";
  config.admin.listen = "127.0.0.1:443";
  EXPECT_FALSE(LeavesV4ToAnother("[::]:80", config));
  EXPECT_TRUE(LeavesV4ToAnother("[::]:443", config));
  EXPECT_FALSE(LeavesV4ToAnother("[::1]:443", config)) << "is no wildcard";
  config.admin.listen = "127.0.0.1:0";
  EXPECT_FALSE(LeavesV4ToAnother("[::]:0", config));
}

}  // namespace
}  // namespace rtcroom
