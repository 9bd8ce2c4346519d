#include "daemon/process/admin_module.h"

#include <utility>

#include "daemon/admin/admin_key.h"
#include "daemon/admin/open_pages.h"
#include "daemon/base/version.h"
#include "daemon/process/listeners_module.h"

namespace rtcroom {
namespace {

constexpr ConnectionLimits kConnections{.total = 256, .per_address = 256};
constexpr EdgeThreadCounts kThreads{.loops = 1, .workers = 2, .waiting = 64};

}  // namespace

AdminModule::AdminModule(const Config& config, const AdminModuleDeps& deps)
    : deps_(deps),
      access_(config.admin.token,
              RenewAdminKey(deps.store.directory(), deps.runtime.random, deps.runtime.logger)),
      router_(access_, deps.api.request_ids(), deps.runtime.clock, deps.runtime.logger),
      backup_([&store = deps.store](const std::stop_token& stop) { return store.MakeBackup(stop); },
              deps.runtime.logger),
      limiter_(kConnections),
      held_(deps.max_held_bytes),
      threads_(kThreads, deps.runtime.logger),
      server_(MakeListenerOptions(
                  config, MakeListenerSockets("admin", config.admin.listen, config, deps.sockets)),
              router_, deps.api.callbacks(),
              HttpListenerDeps{.threads = threads_,
                               .limiter = limiter_,
                               .held = held_,
                               .counts = deps.metrics.ConnectionsOf("admin"),
                               .clock = deps.runtime.clock,
                               .logger = deps.runtime.logger}) {
  AddMonitorRoutes(router_, deps.readiness, [this] { return deps_.metrics.Text(); });
  AddOpenPages(router_, kVersion, access_);
  router_.Add(backup_.Route());
}

Status AdminModule::Start(const ConsoleFacts& facts) {
  console_.emplace(
      ConsoleDeps{
          .access = access_,
          .store = deps_.store.storage().rooms(),
          .recordings = deps_.store.storage().recordings(),
          .rooms = deps_.api.rooms(),
          .end_logins =
              [this](const UserId& user_id) { return deps_.account_logins.EndAll(user_id); },
          .signs = {.leases = deps_.store.state().leases,
                    .clients = deps_.clients,
                    .media = deps_.media,
                    .playlist_of =
                        [this](std::string_view stream) {
                          return deps_.urls.PlaylistUrl(stream, deps_.runtime.clock.Now());
                        },
                    .web = deps_.web},
          .nodes = {.cluster = deps_.store.cluster(),
                    .lease = deps_.store.lease(),
                    .follower = deps_.store.storage().follower()},
          .stats = deps_.stats,
          .commits = deps_.store.state().console_commits,
          .clock = deps_.runtime.clock,
          .logger = deps_.runtime.logger},
      facts);
  console_->AddRoutes(router_);
  if (Status status = server_.listener().Start(); !status) {
    return CannotStart(status.error(), "admin.listen", deps_.is_dev);
  }
  for (const std::string& address : server_.listener().bound_addresses()) {
    deps_.runtime.logger.Info("listening", {{"listener", "admin"}, {"address", address}});
  }
  return {};
}

void AdminModule::SetToken(const Secret& token) {
  access_.SetToken(token);
  // A stream checks its token only once, and would continue with a revoked one.
  if (console_) console_->EndStreams();
}

void AdminModule::Stop(std::chrono::milliseconds drain_timeout, SocketAfterStop after) {
  if (console_) console_->Close();  // first, so that its answers can still be sent
  server_.listener().Stop(drain_timeout, after);
  if (console_) console_->Stop();
}

}  // namespace rtcroom
