#include "daemon/grpc/grpc_admin_server.h"

#include <string>
#include <utility>

namespace rtcroom {
namespace {

std::vector<GrpcService> Services(RoomAdmin& admin, std::vector<GrpcService> more) {
  more.push_back({.name = RoomAdmin::kName, .service = &admin.service()});
  return more;
}

/// @return null without a feed.
MixFollowers* StartMixes(MixFeed* feed, std::optional<MixFollowers>& mixes) {
  return feed == nullptr ? nullptr : &mixes.emplace(*feed);
}

/// @return null without sessions.
WebWorkers* StartWeb(WebSessions* sessions, std::optional<WebWorkers>& web) {
  return sessions == nullptr ? nullptr : &web.emplace(*sessions);
}

}  // namespace

GrpcAdminServer::GrpcAdminServer(GrpcServerOptions options, const GrpcAdminServerDeps& deps)
    : logger_(deps.logger),
      calls_(deps.store, deps.recordings, deps.rooms, deps.end_logins, deps.facts),
      admin_(calls_, callers_, deps.clock, deps.logger, StartMixes(deps.mixes, mixes_),
             StartWeb(deps.web, web_), deps.node),
      callers_(deps.clock, deps.logger, RoomAdmin::kPool),
      server_(std::move(options),
              {.services = Services(admin_, deps.more_services),
               .calls_at_work =
                   [this, more = deps.more_calls] { return admin_.calls_at_work() + more(); },
               .end_streams =
                   [this, more = deps.end_streams] {
                     if (mixes_) mixes_->Stop();
                     if (web_) web_->Stop();
                     more();
                   },
               .clock = deps.clock,
               .logger = deps.logger}) {}

Status GrpcAdminServer::Start() {
  if (Status status = server_.Start(); !status) return status;
  for (const std::string& address : bound_addresses()) {
    logger_.Info("listening", {{"listener", "grpc"}, {"address", address}});
  }
  for (const std::string& address : server_.worker_addresses()) {
    logger_.Info("listening", {{"listener", "grpc-workers"}, {"address", address}});
  }
  return {};
}

void GrpcAdminServer::Stop(std::chrono::milliseconds drain_timeout, SocketAfterStop after) {
  server_.Stop(drain_timeout, after);
  callers_.Stop();
}

}  // namespace rtcroom
