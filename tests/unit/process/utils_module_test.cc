#include "daemon/process/utils_module.h"

#include <gtest/gtest.h>

#include "daemon/base/system_random.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

class UtilsModuleTest : public testing::Test {
 protected:
  UtilsServices ServicesOf(const Config& config) {
    module_ = std::make_unique<UtilsModule>(
        config, UtilsModuleDeps{.streams = streams_, .random = random_, .calls = calls_});
    return module_->services();
  }

  FakeClock clock_;
  SystemRandom random_;
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  CallPool calls_{clock_, logger_, {.callers = 1}};
  SignedStreamUrls streams_{{}};
  std::unique_ptr<UtilsModule> module_;
};

TEST_F(UtilsModuleTest, IsOffByDefaultAndOnInDevMode) {
  EXPECT_FALSE(ServicesOf(Config()).enabled);
  EXPECT_FALSE(ServicesOf(Config()).open_login_info);
  EXPECT_TRUE(ServicesOf(DevDefaults()).enabled);
  EXPECT_TRUE(ServicesOf(DevDefaults()).open_login_info);
}

TEST_F(UtilsModuleTest, RequiresATokenForSigningInTokenMode) {
  Config config = DevDefaults();
  config.auth.mode = AuthMode::kToken;
  EXPECT_TRUE(ServicesOf(config).enabled);
  EXPECT_FALSE(ServicesOf(config).open_login_info);
}

TEST_F(UtilsModuleTest, BuildsLogLinksFromPublicUrlAndPrefix) {
  Config config;
  EXPECT_EQ(ServicesOf(config).log_link, "/weapp/utils/getlogfile?file=");
  config.server.prefix = "/rooms";
  for (const char* url : {"https://rooms.example", "https://rooms.example/"}) {
    config.utils.public_url = url;
    EXPECT_EQ(ServicesOf(config).log_link, "https://rooms.example/rooms/utils/getlogfile?file=");
  }
}

TEST_F(UtilsModuleTest, AcceptsAReplacedToken) {
  Config config;
  config.utils.admin_token = Secret("old");
  const UtilsServices services = ServicesOf(config);
  EXPECT_TRUE(services.token.Admits(Secret("Bearer old")));
  module_->SetAdminToken(Secret("new"));
  EXPECT_FALSE(services.token.Admits(Secret("Bearer old")));
  EXPECT_TRUE(services.token.Admits(Secret("Bearer new")));
}

TEST_F(UtilsModuleTest, SignsWithTheKeyOfTheLiveApi) {
  Config config;
  EXPECT_ERROR(kUnavailable, ServicesOf(config).login_info.Sign({"u"}, clock_.Now()));
  config.live.api_key = Secret("k");
  EXPECT_OK(ServicesOf(config).login_info.Sign({"u"}, clock_.Now()));
}

}  // namespace
}  // namespace rtcroom
