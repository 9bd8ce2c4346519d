#include "daemon/config/config.h"

namespace rtcroom {

Config DevDefaults() {
  Config config;
  config.server.http_listen = "127.0.0.1:5757";
  config.server.https_listen = "127.0.0.1:5443";
  config.grpc.listen = "127.0.0.1:5759";
  config.im.sdk_app_id = 1'400'000'000;
  config.channel.enabled = true;
  config.live.push_host = "127.0.0.1";
  config.live.play_host = "127.0.0.1";
  config.log.format = LogFormat::kText;
  config.utils.enabled = true;
  return config;
}

}  // namespace rtcroom
