#include "daemon/process/events_module.h"

#include <utility>

#include "daemon/base/version.h"
#include "daemon/process/listeners_module.h"

namespace rtcroom {
namespace {

GrpcTlsFiles MakeTlsFiles(const GrpcConfig& grpc) {
  return {.cert = grpc.tls_cert, .key = grpc.tls_key, .client_ca = grpc.client_ca};
}

/// Null where no other server uses the store.
const NodeLease* NodeOf(StoreModule& store) { return store.IsShared() ? &store.lease() : nullptr; }

/// Most bytes of a request; of a worker's first report, which lists its sessions.
constexpr std::size_t kUsual = std::size_t{64} << 10;
constexpr std::size_t kWithWorkers = std::size_t{1} << 20;

GrpcServerOptions MakeOptions(const Config& config, bool is_dev, InheritedSockets& inherited) {
  ListenerSockets sockets = MakeListenerSockets("grpc", config.grpc.listen, config, inherited);
  ListenerSockets workers =
      MakeListenerSockets("grpc-workers", config.grpc.worker_listen, config, inherited);
  return {.listen = std::move(sockets.listen),
          .inherited = std::move(sockets.inherited),
          .worker_listen = std::move(workers.listen),
          .worker_inherited = std::move(workers.inherited),
          .tls = MakeTlsFiles(config.grpc),
          .token = config.grpc.token,
          .is_open_on_loopback = is_dev,
          .max_request_bytes = config.web.max_sessions > 0 ? kWithWorkers : kUsual};
}

}  // namespace

EventsModule::EventsModule(const Config& config, bool is_dev, const EventsModuleDeps& deps)
    : is_dev_(is_dev),
      listen_keys_(config.grpc.worker_listen.empty() ? "grpc.listen"
                                                     : "grpc.listen or grpc.worker_listen"),
      hub_(deps.store.storage().rooms(), deps.store.state().watch_commits, deps.runtime.clock,
           deps.runtime.logger, {}, NodeOf(deps.store)),
      service_(hub_),
      server_(
          MakeOptions(config, is_dev, deps.sockets),
          GrpcAdminServerDeps{
              .store = deps.store.storage().rooms(),
              .recordings = deps.store.storage().recordings(),
              .rooms = deps.rooms,
              .end_logins = [&logins = deps.account_logins](
                                const UserId& user_id) { return logins.EndAll(user_id); },
              .facts = {.version = std::string(kVersion),
                        .started_at = deps.runtime.clock.Now(),
                        .pushers = [&state = deps.store.state()] { return state.leases.size(); },
                        .watchers = [this] { return hub_.subscribers(); },
                        .see = [&state = deps.store.state(), media = deps.media, web = deps.web](
                                   const RoomKey& room, const UserId& user_id) -> SeenPusher {
                          return {
                              .lease = state.leases.StateOf(room, user_id),
                              .media = media.StateOf(room, user_id),
                              .may_be_web = web != nullptr,
                              .web = web == nullptr ? std::nullopt : web->FiguresOf(room, user_id)};
                        },
                        .recordings_url = deps.recordings_url},
              .mixes = deps.mixes,
              .web = deps.web,
              .node = NodeOf(deps.store),
              .more_services = {{.name = WatchService::kName, .service = &service_}},
              .end_streams = [this] { hub_.Stop(); },
              .clock = deps.runtime.clock,
              .logger = deps.runtime.logger}) {}

Status EventsModule::Start() {
  Status status = server_.Start();
  return status ? status : CannotStart(status.error(), listen_keys_, is_dev_);
}

Status EventsModule::ReloadTls(const GrpcConfig& grpc) {
  return server_.ReloadTls(MakeTlsFiles(grpc));
}

WatchStats EventsModule::ReadStats() const {
  const WatchCounts& counts = hub_.counts();
  return {.subscribers = hub_.subscribers(),
          .events_sent = counts.events_sent,
          .slow_ended = counts.slow_ended,
          .refused = counts.refused,
          .lag = hub_.FeedLag()};
}

}  // namespace rtcroom
