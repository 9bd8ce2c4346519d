#include "daemon/config/default_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/config/config_key.h"
#include "tests/unit/config/config_fixture.h"

namespace rtcroom {
namespace {

TEST(DefaultConfig, LoadsToTheDefaults) {
  const ConfigOutcome outcome = LoadToml(DefaultConfigText());
  for (const ConfigKey& key : AllConfigKeys()) {
    EXPECT_EQ(key.get(outcome.config), key.get(Config())) << key.FullName();
  }
}

// The only setting without a possible default.
TEST(DefaultConfig, LacksOnlyACertificate) {
  const ConfigOutcome bare = LoadToml(DefaultConfigText());
  ASSERT_EQ(bare.problems.size(), 1u);
  EXPECT_EQ(bare.problems[0].key, "server.tls_cert");

  const ConfigOutcome certified = LoadConfig(
      {.toml = DefaultConfigText(),
       .environment = {{"RTCROOMD_SERVER_TLS_CERT", "c"}, {"RTCROOMD_SERVER_TLS_KEY", "k"}}});
  EXPECT_THAT(certified.problems, testing::IsEmpty());

  const std::string text = DefaultConfigText();
  EXPECT_THAT(text.substr(0, text.find("\n\n")),
              testing::AllOf(testing::HasSubstr("Fill in server.tls_cert and server.tls_key"),
                             testing::HasSubstr("server.http_listen")));
}

TEST(DefaultConfig, ShowsEveryKeyOnce) {
  const std::string text = DefaultConfigText();
  for (const ConfigKey& key : AllConfigKeys()) {
    const std::size_t section = text.find("\n[" + std::string(key.section) + "]\n");
    ASSERT_NE(section, std::string::npos) << key.section;
    EXPECT_NE(text.find("\n" + std::string(key.name) + " = ", section), std::string::npos)
        << key.FullName();
  }
}

TEST(DefaultConfig, ExplainsEachKey) {
  EXPECT_THAT(DefaultConfigText(), testing::HasSubstr("[room]\n# A pusher that is silent for "
                                                      "longer is evicted. (10ms to 1h)\n"
                                                      "heartbeat_timeout = \"25s\"\n"));
}

TEST(DevDefaults, HaveNoConflictsWithoutAnyConfiguration) {
  const ConfigOutcome outcome = LoadConfig({.mode = RunMode::kDev});
  EXPECT_THAT(outcome.problems, testing::IsEmpty());
  EXPECT_EQ(outcome.config.server.http_listen, "127.0.0.1:5757");
  EXPECT_EQ(outcome.config.server.https_listen, "127.0.0.1:5443");
  EXPECT_EQ(outcome.config.im.sdk_app_id, 1'400'000'000u);
  EXPECT_EQ(outcome.config.live.push_host, "127.0.0.1");
  EXPECT_EQ(outcome.config.log.format, LogFormat::kText);
  EXPECT_TRUE(outcome.config.utils.enabled);
  EXPECT_TRUE(outcome.config.channel.enabled);
}

TEST(DevDefaults, ServePhonesAloneOnTheGivenHost) {
  const ConfigOutcome outcome = LoadConfig({.mode = RunMode::kDev, .dev_host = "192.0.2.7"});
  EXPECT_THAT(outcome.problems, testing::IsEmpty());
  EXPECT_EQ(outcome.config.server.http_listen, "192.0.2.7:5757");
  EXPECT_EQ(outcome.config.server.https_listen, "192.0.2.7:5443");
  EXPECT_EQ(outcome.config.live.push_host, "192.0.2.7");
  EXPECT_EQ(outcome.config.live.play_host, "192.0.2.7");
  EXPECT_EQ(outcome.config.admin.listen, Config().admin.listen);
  EXPECT_EQ(outcome.config.grpc.listen, "127.0.0.1:5759");
}

TEST(DevDefaults, AreOverriddenByTheConfiguration) {
  const ConfigOutcome outcome = LoadConfig({.toml = "[server]\nhttp_listen = '127.0.0.1:0'\n",
                                            .environment = {{"RTCROOMD_LOG_FORMAT", "json"}},
                                            .mode = RunMode::kDev});
  EXPECT_THAT(outcome.problems, testing::IsEmpty());
  EXPECT_EQ(outcome.config.server.http_listen, "127.0.0.1:0");
  EXPECT_EQ(outcome.config.log.format, LogFormat::kJson);
}

}  // namespace
}  // namespace rtcroom
