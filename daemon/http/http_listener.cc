#include "daemon/http/http_listener.h"

#include <exception>
#include <utility>

#include <fmt/format.h>
#include <poll.h>

#include "daemon/http/acceptor.h"
#include "daemon/http/event_loop.h"
#include "daemon/http/listener_shard.h"

namespace rtcroom {
namespace {

/// A stop is rare and short: polling avoids a signal at each end of a connection.
constexpr int kEndPollMs = 2;

}  // namespace

HttpListener::HttpListener(HttpListenerOptions options, HttpHandler& handler, HttpListenerDeps deps)
    : options_(std::move(options)),
      deps_(deps),
      refused_proxy_headers_(deps.clock, deps.logger),
      context_{.options = options_.connections,
               .handler = handler,
               .workers = deps.threads.workers(),
               .clock = deps.clock,
               .counts = deps.counts,
               .refused_proxy_headers = refused_proxy_headers_,
               .draining = draining_,
               .paced_per_second = paced_per_second_,
               .held = deps.held,
               .at_work = at_work_} {}

HttpListener::~HttpListener() { Stop(std::chrono::milliseconds(0)); }

Status HttpListener::Start() {
  listening_ = std::move(options_.inherited);
  for (const ListenTarget& target : options_.listen) {
    Result<ListeningSocket> bound = Listen(target.address, target.families);
    if (!bound) return bound.error();
    listening_.push_back(*std::move(bound));
  }
  for (const ListeningSocket& listening : listening_) {
    addresses_.push_back(listening.address);
    try {
      acceptors_.push_back(std::make_shared<Acceptor>(
          deps_.threads.loop(0), listening, deps_.counts, deps_.logger,
          [this](AcceptedSocket accepted) { Adopt(std::move(accepted)); }));
    } catch (const std::exception& problem) {
      return Error{Errc::kUnavailable,
                   fmt::format("cannot watch {}: {}", listening.address, problem.what())};
    }
  }
  for (std::size_t i = 0; i < deps_.threads.loop_count(); ++i) {
    EventLoop& loop = deps_.threads.loop(i);
    shards_.push_back(std::make_shared<ListenerShard>(context_, loop));
    loop.Post([shard = shards_.back()] { shard->BeginUpkeep(); });
  }
  for (const std::shared_ptr<Acceptor>& acceptor : acceptors_) {
    deps_.threads.loop(0).Post([acceptor] { acceptor->Begin(); });
  }
  return {};
}

void HttpListener::BeginDrain(SocketAfterStop after) {
  if (acceptors_.empty()) return;
  const auto backlog =
      after == SocketAfterStop::kKept ? Acceptor::Backlog::kLeft : Acceptor::Backlog::kTaken;
  deps_.threads.loop(0).Await([&] {
    for (const std::shared_ptr<Acceptor>& acceptor : acceptors_) acceptor->Stop(backlog);
  });
  acceptors_.clear();
  // Draining begins before the sockets close: a client that finds the port closed also gets
  // `Connection: close`.
  draining_ = true;
  if (after == SocketAfterStop::kClosed) listening_.clear();
}

void HttpListener::Stop(std::chrono::milliseconds drain_timeout, SocketAfterStop after) {
  const MonotonicTime deadline = deps_.clock.Monotonic() + drain_timeout;
  BeginDrain(after);
  if (!draining_ || shards_.empty()) return;
  OnEveryShard(&ListenerShard::Drain);
  AwaitEnd(deadline);
  OnEveryShard(&ListenerShard::Abort);
  AwaitEnd(std::nullopt);
  // After this, nothing else of this listener runs on the loops.
  OnEveryShard(&ListenerShard::StopUpkeep);
  shards_.clear();
}

void HttpListener::OnEveryShard(void (ListenerShard::*what)()) {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    deps_.threads.loop(i).Await([shard = shards_[i], what] { ((*shard).*what)(); });
  }
}

void HttpListener::AwaitEnd(std::optional<MonotonicTime> deadline) {
  while ((open_ > 0 || at_work_ > 0) && (!deadline || deps_.clock.Monotonic() < *deadline)) {
    poll(nullptr, 0, kEndPollMs);
  }
}

void HttpListener::Adopt(AcceptedSocket accepted) {
  std::optional<ConnectionLimiter::Slot> slot = deps_.limiter.Acquire();
  // Shard 0 runs on the acceptor's own loop.
  if (!slot && options_.connections.replaces_idle && shards_[0]->EndIdlest()) {
    slot = deps_.limiter.Acquire();
  }
  if (!slot) return deps_.counts.Count(RefusalCause::kConnections);
  AcceptedConnection incoming{.accepted = std::move(accepted),
                              .slot = *std::move(slot),
                              .open = OpenConnection(open_),
                              .tls = options_.tls ? options_.tls() : nullptr};
  const std::size_t index = next_shard_++ % shards_.size();
  if (index == 0) return shards_[0]->Adopt(std::move(incoming));  // the acceptor's own loop
  try {
    deps_.threads.loop(index).Post(
        [shard = shards_[index], incoming = std::move(incoming)]() mutable {
          shard->Adopt(std::move(incoming));
        });
  } catch (const std::exception&) {
    deps_.counts.Count(RefusalCause::kMemory);
  }
}

}  // namespace rtcroom
