#include <gtest/gtest.h>

#include "daemon/process/store_module.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

TEST(ViewerLeaseOptions, AreDecidedByWhatTheServerSees) {
  Config config;
  EXPECT_EQ(ViewerLeaseOptionsOf(config).timeout, 12h);
  EXPECT_EQ(ViewerLeaseOptionsOf(config).return_within, 12h);
  config.im.enabled = true;
  EXPECT_EQ(ViewerLeaseOptionsOf(config).timeout, 12h) << "nobody tells who leaves";
  config.im.callback_token = Secret("token");
  EXPECT_EQ(ViewerLeaseOptionsOf(config).timeout, 0s);
  config.channel.enabled = true;
  EXPECT_EQ(ViewerLeaseOptionsOf(config).timeout, 60s);
  config.room.audience_timeout = 0s;
  EXPECT_EQ(ViewerLeaseOptionsOf(config).timeout, 0s);
  config.channel.enabled = false;
  config.im.enabled = false;
  EXPECT_EQ(ViewerLeaseOptionsOf(config).timeout, 0s) << "off in every configuration";
}

}  // namespace
}  // namespace rtcroom
