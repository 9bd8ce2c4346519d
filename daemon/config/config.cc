#include "daemon/config/config.h"

#include <fmt/format.h>

namespace rtcroom {

Config DevDefaults(std::string_view host) {
  Config config;
  config.server.http_listen = fmt::format("{}:5757", host);
  config.server.https_listen = fmt::format("{}:5443", host);
  config.grpc.listen = "127.0.0.1:5759";
  config.im.sdk_app_id = 1'400'000'000;
  config.channel.enabled = true;
  config.channel.sdks = true;
  config.channel.create_groups = true;
  config.live.push_host = host;
  config.live.play_host = host;
  config.log.format = LogFormat::kText;
  config.utils.enabled = true;
  return config;
}

}  // namespace rtcroom
