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

HttpListener::HttpListener(HttpListenerOptions options, HttpHandler& handler, EdgeParts parts)
    : options_(std::move(options)),
      parts_(parts),
      context_{.options = options_.connections,
               .handler = handler,
               .workers = parts.threads.workers(),
               .clock = parts.clock,
               .observer = parts.observer,
               .draining = draining_,
               .paced_per_second = paced_per_second_,
               .held = parts.held,
               .at_work = at_work_} {}

HttpListener::~HttpListener() { Stop(std::chrono::milliseconds(0)); }

Status HttpListener::Start() {
  if (options_.inherited) {
    listening_ = *std::exchange(options_.inherited, std::nullopt);
  } else {
    Result<ListeningSocket> bound = Listen(options_.listen);
    if (!bound) return bound.error();
    listening_ = *std::move(bound);
  }
  try {
    acceptor_ = std::make_shared<Acceptor>(
        parts_.threads.loop(0), listening_, parts_.observer, parts_.logger,
        [this](AcceptedSocket accepted) { Adopt(std::move(accepted)); });
  } catch (const std::exception& problem) {
    return Error{Errc::kUnavailable,
                 fmt::format("cannot watch {}: {}", listening_.address, problem.what())};
  }
  for (std::size_t i = 0; i < parts_.threads.loop_count(); ++i) {
    EventLoop& loop = parts_.threads.loop(i);
    shards_.push_back(std::make_shared<ListenerShard>(context_, loop));
    loop.Post([shard = shards_.back()] { shard->BeginUpkeep(); });
  }
  parts_.threads.loop(0).Post([acceptor = acceptor_] { acceptor->Begin(); });
  return {};
}

void HttpListener::Stop(std::chrono::milliseconds drain_timeout, SocketAfterStop after) {
  if (!acceptor_) return;
  const MonotonicTime deadline = parts_.clock.Monotonic() + drain_timeout;
  const auto backlog =
      after == SocketAfterStop::kKept ? Acceptor::Backlog::kLeft : Acceptor::Backlog::kTaken;
  parts_.threads.loop(0).Await([&] { acceptor_->Stop(backlog); });
  acceptor_.reset();
  // Before the socket closes: a client that finds the port closed also gets `Connection: close`.
  draining_ = true;
  if (after == SocketAfterStop::kClosed) listening_.socket = FileDescriptor();
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
    parts_.threads.loop(i).Await([shard = shards_[i], what] { ((*shard).*what)(); });
  }
}

void HttpListener::AwaitEnd(std::optional<MonotonicTime> deadline) {
  while ((open_ > 0 || at_work_ > 0) && (!deadline || parts_.clock.Monotonic() < *deadline)) {
    poll(nullptr, 0, kEndPollMs);
  }
}

void HttpListener::Adopt(AcceptedSocket accepted) {
  std::optional<ConnectionCensus::Place> place = parts_.census.Enter();
  if (!place) return parts_.observer.OnRefusal(RefusalCause::kConnections);
  Newcomer newcomer{.accepted = std::move(accepted),
                    .place = *std::move(place),
                    .open = OpenConnection(open_),
                    .tls = options_.tls ? options_.tls() : nullptr};
  const std::size_t index = next_shard_++ % shards_.size();
  if (index == 0) return shards_[0]->Adopt(std::move(newcomer));  // the acceptor's own loop
  try {
    parts_.threads.loop(index).Post(
        [shard = shards_[index], newcomer = std::move(newcomer)]() mutable {
          shard->Adopt(std::move(newcomer));
        });
  } catch (const std::exception&) {
    parts_.observer.OnRefusal(RefusalCause::kMemory);
  }
}

}  // namespace rtcroom
