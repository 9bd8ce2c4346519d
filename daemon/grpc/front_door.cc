#include "daemon/grpc/front_door.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

/// Between two looks at all deadlines: a fifth of the shortest of them.
std::chrono::milliseconds UpkeepPeriod(const RelayTimeouts& timeouts) {
  const auto shortest = std::min({timeouts.handshake, timeouts.write, timeouts.goodbye});
  return std::clamp(shortest / 5, std::chrono::milliseconds(5), std::chrono::milliseconds(500));
}

}  // namespace

FrontDoor::FrontDoor(const FrontDoorOptions& options, TlsForNext tls, Serve serve,
                     FrontDoorParts parts)
    : options_(options),
      tls_(std::move(tls)),
      parts_(parts),
      loop_(std::make_unique<EventLoop>(parts.logger)),
      context_{.loop = *loop_,
               .observer = parts.observer,
               .clock = parts.clock,
               .logger = parts.logger,
               .timeouts = options.timeouts,
               .serve = std::move(serve),
               .budget = Http2Budget(options.http2)} {}

FrontDoor::~FrontDoor() {
  Stop();
  // What still waits in the loop refers to the rest.
  loop_.reset();
}

Status FrontDoor::Open(const ListeningSocket& listening) {
  try {
    acceptor_ =
        std::make_shared<Acceptor>(*loop_, listening, parts_.observer, parts_.logger,
                                   [this](AcceptedSocket accepted) { Admit(std::move(accepted)); });
    loop_->Await([this] {
      upkeep_.emplace(loop_->context());
      CheckDeadlinesLater();
      acceptor_->Begin();
    });
  } catch (const std::exception& problem) {
    return Error{Errc::kUnavailable,
                 fmt::format("cannot watch {}: {}", listening.address, problem.what())};
  }
  return {};
}

void FrontDoor::Close() {
  loop_->Await([this] {
    if (acceptor_) acceptor_->Stop(Acceptor::Backlog::kLeft);
    acceptor_.reset();
    context_.serve = nullptr;
  });
}

std::size_t FrontDoor::EndIdle() {
  std::size_t left = 0;
  loop_->Await([this, &left] {
    for (auto next = relays_.begin(); next != relays_.end();) {
      const std::shared_ptr<Relay> relay = (next++)->second;
      relay->EndIfIdle();
    }
    left = relays_.size();
  });
  return left;
}

void FrontDoor::Stop() {
  Close();
  loop_->Await([this] {
    upkeep_.reset();
    for (auto next = relays_.begin(); next != relays_.end();) {
      const std::shared_ptr<Relay> relay = (next++)->second;
      relay->Abort();
    }
  });
}

void FrontDoor::Admit(AcceptedSocket accepted) {
  // Whoever has not said anything yet makes room: nobody keeps others out by silence.
  if (relays_.size() >= options_.max_connections) EndLongestSilent();
  if (relays_.size() >= options_.max_connections) {
    parts_.observer.OnRefusal(RefusalCause::kConnections);
    if (!std::exchange(is_full_, true)) {  // told once, not for each client
      parts_.logger.Warn("grpc_connections_full", {{"connections", relays_.size()}});
    }
    return;
  }
  std::shared_ptr<Relay> relay;
  try {
    relay = std::make_shared<Relay>(context_, std::move(accepted.socket),
                                    [this](Relay& ended) { relays_.erase(&ended); });
    relays_.emplace(relay.get(), relay);
  } catch (const std::exception&) {
    parts_.observer.OnRefusal(RefusalCause::kMemory);
    if (relay) relay->Abort();
    return;
  }
  relay->Begin(tls_());
}

void FrontDoor::EndLongestSilent() {
  std::shared_ptr<Relay> longest;
  for (const auto& [place, relay] : relays_) {
    const bool is_longer = !longest || relay->deadline() < longest->deadline();
    if (relay->is_silent() && is_longer) longest = relay;
  }
  if (!longest) return;
  parts_.observer.OnRefusal(RefusalCause::kConnections);
  longest->Abort();
}

void FrontDoor::CheckDeadlinesLater() {
  upkeep_->expires_after(UpkeepPeriod(options_.timeouts));
  upkeep_->async_wait([this](const auto& error) {
    if (error || !upkeep_) return;
    CheckDeadlinesLater();  // first: whatever happens below, the next look comes
    is_full_ = is_full_ && relays_.size() >= options_.max_connections;
    const MonotonicTime now = parts_.clock.Monotonic();
    for (auto next = relays_.begin(); next != relays_.end();) {
      const std::shared_ptr<Relay> relay = (next++)->second;
      relay->CheckDeadline(now);
    }
  });
}

}  // namespace rtcroom
