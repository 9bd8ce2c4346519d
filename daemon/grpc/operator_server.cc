#include "daemon/grpc/operator_server.h"

#include <utility>

namespace rtcroom {
namespace {

std::vector<GrpcService> Services(RoomAdmin& admin, std::vector<GrpcService> more) {
  more.push_back({.name = RoomAdmin::kName, .service = &admin.service()});
  return more;
}

}  // namespace

OperatorServer::OperatorServer(GrpcServerOptions options, const OperatorServerParts& parts)
    : logger_(parts.logger),
      calls_(parts.store, parts.rooms, parts.facts),
      admin_(calls_, callers_, parts.clock, parts.logger),
      callers_(parts.clock, parts.logger, RoomAdmin::kPool),
      server_(std::move(options),
              {.services = Services(admin_, parts.more_services),
               .calls_at_work =
                   [this, more = parts.more_calls] { return admin_.calls_at_work() + more(); },
               .end_streams = parts.end_streams,
               .clock = parts.clock,
               .logger = parts.logger}) {}

Status OperatorServer::Start() {
  if (Status status = server_.Start(); !status) return status;
  logger_.Info("listening", {{"listener", "grpc"}, {"address", server_.bound_address()}});
  return {};
}

void OperatorServer::Stop(std::chrono::milliseconds drain_timeout, SocketAfterStop after) {
  server_.Stop(drain_timeout, after);
  callers_.Stop();
}

}  // namespace rtcroom
