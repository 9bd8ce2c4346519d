#include "daemon/process/running_config.h"

#include <cstdint>
#include <utility>

namespace rtcroom {
namespace {

/// The application of a made key: clients require a number.
constexpr std::uint32_t kMadeApplication = 1'400'000'000;

}  // namespace

RunningConfig::RunningConfig(Config config, RunMode mode)
    : mode_(mode), loaded_(std::move(config)), config_(loaded_) {}

void RunningConfig::FillIn(const DevIdentity& identity) {
  if (config_.server.tls_cert.empty()) {
    config_.server.tls_cert = identity.cert_path.string();
    config_.server.tls_key = identity.key_path.string();
  }
  if (config_.im.sig_version == 2 && config_.im.secret_key.empty()) {
    config_.im.secret_key = identity.sig_key;
  }
  if (config_.live.push_key.empty()) config_.live.push_key = identity.push_key;
  if (config_.admin.token.empty()) {
    generated_admin_token_ = identity.admin_token;
    config_.admin.token = generated_admin_token_;
  }
}

void RunningConfig::FillInApplication(const Secret& secret_key) {
  config_.im.sdk_app_id = kMadeApplication;
  config_.im.secret_key = secret_key;
}

ReloadPlan RunningConfig::Reload(const Config& fresh) {
  ReloadPlan plan = PlanReload(loaded_, fresh);
  loaded_ = plan.config;
  const ServerConfig before = config_.server;
  config_ = PlanReload(config_, fresh).config;
  if (config_.server.tls_cert.empty()) {
    config_.server.tls_cert = before.tls_cert;
    config_.server.tls_key = before.tls_key;
  }
  if (config_.admin.token.empty()) config_.admin.token = generated_admin_token_;
  return plan;
}

Status RunningConfig::CheckSameListeners(const Config& fresh) const {
  for (const std::string& key : PlanReload(loaded_, fresh).need_restart) {
    if (key == "server.http_listen" || key == "server.https_listen" || key == "admin.listen" ||
        key == "grpc.listen" || key == "grpc.worker_listen") {
      return Error{Errc::kBadRequest, key + ": has changed, which takes a stop and a start"};
    }
  }
  return {};
}

}  // namespace rtcroom
