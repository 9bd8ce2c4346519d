#include "daemon/process/waiting_admin.h"

#include <chrono>

#include "daemon/process/listeners_module.h"

namespace rtcroom {
namespace {

constexpr ConnectionLimits kConnections{.total = 64, .per_address = 64};
constexpr EdgeThreadCounts kThreads{.loops = 1, .workers = 1, .waiting = 64};

}  // namespace

WaitingAdmin::WaitingAdmin(const Config& config, InheritedSockets& sockets, Metrics& metrics,
                           Runtime& runtime)
    : sockets_(sockets),
      readiness_([] { return Status(Error{Errc::kUnavailable, "waiting for the database"}); },
                 runtime.clock),
      limiter_(kConnections),
      threads_(kThreads, runtime.logger),
      server_(MakeListenerOptions(config, config.admin.listen,
                                  sockets.Take("admin", config.admin.listen)),
              readiness_, AdminSources{.metrics = [] { return std::string("rtcroomd_ready 0\n"); }},
              ids_,
              HttpListenerDeps{.threads = threads_,
                               .limiter = limiter_,
                               .held = held_,
                               .observer = metrics.ConnectionsOf("admin"),
                               .clock = runtime.clock,
                               .logger = runtime.logger}) {}

void WaitingAdmin::Stop() {
  if (server_.bound_address().empty()) return;
  server_.Stop(std::chrono::seconds(1), SocketAfterStop::kKept);
  sockets_.PutBack({.name = "admin", .listening = server_.TakeSocket()});
}

}  // namespace rtcroom
