#include "daemon/process/utils_module.h"

#include <string>

#include <fmt/format.h>

namespace rtcroom {
namespace {

std::string LogLink(const Config& config) {
  std::string begin = config.utils.public_url;
  while (begin.ends_with('/')) begin.pop_back();
  return fmt::format("{}{}/utils/getlogfile?file=", begin, config.server.prefix);
}

}  // namespace

UtilsModule::UtilsModule(const Config& config, const UtilsModuleDeps& deps)
    : test_streams_(deps.streams, deps.random),
      login_info_(config.live.api_key),
      logs_(config.utils.log_dir),
      config_check_(FindMissingParts(config), deps.ask_im, deps.calls),
      token_(config.utils.admin_token),
      services_{.enabled = config.utils.enabled,
                .open_login_info = config.utils.enabled && config.auth.mode != AuthMode::kToken,
                .log_link = LogLink(config),
                .test_streams = test_streams_,
                .login_info = login_info_,
                .logs = logs_,
                .config = config_check_,
                .token = token_} {}

}  // namespace rtcroom
