#include "daemon/config/reload_plan.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "daemon/config/config_key.h"

namespace rtcroom {
namespace {

constexpr std::array<std::string_view, 10> kReloadable = {
    "server.tls_cert",        "server.tls_key", "server.max_connections_per_address",
    "server.max_connections", "admin.token",    "grpc.tls_cert",
    "grpc.tls_key",           "grpc.client_ca", "log.level",
    "utils.admin_token"};

bool IsReloadable(const ConfigKey& key) {
  return key.section == "limits" || std::ranges::count(kReloadable, key.FullName()) != 0;
}

}  // namespace

ReloadPlan PlanReload(const Config& running, const Config& fresh) {
  ReloadPlan plan = {.config = running};
  for (const ConfigKey& key : AllConfigKeys()) {
    const ConfigValue value = key.get(fresh);
    if (value == key.get(running)) continue;
    if (IsReloadable(key)) {
      key.set(plan.config, value);
      plan.applied.push_back(key.FullName());
    } else {
      plan.need_restart.push_back(key.FullName());
    }
  }
  return plan;
}

}  // namespace rtcroom
