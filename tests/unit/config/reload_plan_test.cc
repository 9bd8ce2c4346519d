#include "daemon/config/reload_plan.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/config/config_key.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A value for the same key that differs from `value`; it need not satisfy the key's rule.
ConfigValue Another(const ConfigValue& value) {
  struct Changer {
    ConfigValue operator()(bool on) const { return !on; }
    ConfigValue operator()(std::uint64_t count) const { return count + 1; }
    ConfigValue operator()(std::chrono::milliseconds duration) const {
      return duration + std::chrono::seconds(1);
    }
    ConfigValue operator()(Rate rate) const { return Rate{rate.per_second + 1}; }
    ConfigValue operator()(const std::string& text) const { return text + "x"; }
    ConfigValue operator()(const Secret& secret) const { return Secret(secret.Reveal() + "x"); }
    ConfigValue operator()(const StoreUrl& url) const { return StoreUrl(url.Reveal() + "x"); }
    ConfigValue operator()(std::vector<std::string> texts) const {
      texts.emplace_back("x");
      return texts;
    }
    ConfigValue operator()(ChoiceIndex choice) const {
      return ChoiceIndex{choice.index == 0 ? 1U : 0U};
    }
  };
  return std::visit(Changer(), value);
}

Config EverythingElse() {
  Config config;
  for (const ConfigKey& key : AllConfigKeys()) key.set(config, Another(key.get(Config())));
  return config;
}

TEST(ReloadPlan, IsEmptyForTheSameConfiguration) {
  const Config config = EverythingElse();
  const ReloadPlan plan = PlanReload(config, config);
  EXPECT_THAT(plan.applied, IsEmpty());
  EXPECT_THAT(plan.need_restart, IsEmpty());
}

TEST(ReloadPlan, AppliesLogLevelCertificatesLimitsAndAdminTokens) {
  EXPECT_THAT(PlanReload(Config(), EverythingElse()).applied,
              ElementsAre("server.tls_cert", "server.tls_key", "server.max_connections_per_address",
                          "server.max_connections", "admin.token", "grpc.tls_cert", "grpc.tls_key",
                          "grpc.client_ca", "limits.per_address_rate", "limits.per_address_burst",
                          "limits.per_user_rate", "limits.per_user_burst", "limits.pushers_rate",
                          "limits.rooms_per_address", "limits.rooms_per_user",
                          "limits.signing_rate", "log.level", "utils.admin_token"));
}

TEST(ReloadPlan, NamesEveryOtherChangedKey) {
  const ReloadPlan plan = PlanReload(Config(), EverythingElse());
  EXPECT_EQ(plan.applied.size() + plan.need_restart.size(), AllConfigKeys().size());
  EXPECT_THAT(plan.need_restart, testing::IsSupersetOf({"server.https_listen", "im.secret_key",
                                                        "live.push_key", "log.format"}));
}

TEST(ReloadPlan, ReplacesAppliedValuesAndKeepsTheOthers) {
  const Config fresh = EverythingElse();
  const ReloadPlan plan = PlanReload(Config(), fresh);
  for (const ConfigKey& key : AllConfigKeys()) {
    const bool applied = std::ranges::count(plan.applied, key.FullName()) != 0;
    EXPECT_EQ(key.get(plan.config), key.get(applied ? fresh : Config())) << key.FullName();
  }
}

TEST(ReloadPlan, RepeatsKeysThatStillNeedARestart) {
  Config fresh;
  fresh.server.workers = 3;
  fresh.limits.pushers_rate = Rate{.per_second = 1};
  const ReloadPlan first = PlanReload(Config(), fresh);
  EXPECT_THAT(first.applied, ElementsAre("limits.pushers_rate"));
  const ReloadPlan second = PlanReload(first.config, fresh);
  EXPECT_THAT(second.applied, IsEmpty());
  EXPECT_THAT(second.need_restart, ElementsAre("server.workers"));
}

}  // namespace
}  // namespace rtcroom
