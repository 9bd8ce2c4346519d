#include "daemon/process/waiting_admin.h"

#include <chrono>
#include <utility>

#include "daemon/process/listeners_module.h"

namespace rtcroom {
namespace {

constexpr ConnectionLimits kConnections{.total = 64, .per_address = 64};
constexpr EdgeThreadCounts kThreads{.loops = 1, .workers = 1, .waiting = 64};

Status Waits() { return Error{Errc::kUnavailable, "waiting for the database"}; }

}  // namespace

WaitingAdmin::WaitingAdmin(const Config& config, InheritedSockets& sockets, Metrics& metrics,
                           Runtime& runtime)
    : sockets_(sockets),
      writes_(metrics.store_observer(), metrics.tallies().store, runtime.clock),
      readiness_({.answers = Waits, .serves = Waits}, writes_, runtime.clock),
      router_(access_, ids_, runtime.clock, runtime.logger),
      limiter_(kConnections),
      threads_(kThreads, runtime.logger),
      server_(MakeListenerOptions(
                  config, MakeListenerSockets("admin", config.admin.listen, config, sockets)),
              router_, {},
              HttpListenerDeps{.threads = threads_,
                               .limiter = limiter_,
                               .held = held_,
                               .counts = metrics.ConnectionsOf("admin"),
                               .clock = runtime.clock,
                               .logger = runtime.logger}) {
  AddMonitorRoutes(router_, readiness_, [] { return std::string("rtcroomd_ready 0\n"); });
}

void WaitingAdmin::Stop() {
  if (server_.listener().bound_addresses().empty()) return;
  server_.listener().Stop(std::chrono::seconds(1), SocketAfterStop::kKept);
  for (ListeningSocket& socket : server_.listener().TakeSockets()) {
    sockets_.PutBack({.name = "admin", .listening = std::move(socket)});
  }
}

}  // namespace rtcroom
