#include "daemon/config/dev_ports.h"

#include <fmt/format.h>

namespace rtcroom {
namespace {

void Move(std::string& listen, int port) {
  listen = fmt::format("{}:{}", listen.substr(0, listen.rfind(':')), port);
}

}  // namespace

void MoveDevPorts(std::uint16_t base, Config& config) {
  Move(config.server.http_listen, base);
  Move(config.admin.listen, base + kDevAdminOffset);
  Move(config.grpc.listen, base + kDevGrpcOffset);
  Move(config.server.https_listen, base + kDevHttpsOffset);
}

}  // namespace rtcroom
