#include "daemon/edge/listener_shard.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/system/system_error.hpp>

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

/// A look at all deadlines costs less than a timer for each connection. Once a second is enough
/// for the usual ones, and a fifth of those that are shorter.
milliseconds UpkeepPeriod(const ConnectionOptions& options) {
  const milliseconds shortest =
      std::min({options.handshake_timeout, options.idle_timeout, options.request_timeout,
                options.write_timeout, options.goodbye_timeout * 5});
  return std::clamp(shortest / 5, milliseconds(5), milliseconds(1000));
}

}  // namespace

ListenerShard::ListenerShard(ConnectionContext& context, EventLoop& loop,
                             std::atomic<std::size_t>& open)
    : context_(context),
      loop_(loop),
      open_(open),
      period_(UpkeepPeriod(context.options)),
      upkeep_(loop.context()) {}

ListenerShard::~ListenerShard() = default;

void ListenerShard::BeginUpkeep() { CheckDeadlinesLater(); }

void ListenerShard::StopUpkeep() {
  stopped_ = true;
  upkeep_.cancel();
}

void ListenerShard::CheckDeadlinesLater() {
  upkeep_.expires_after(period_);
  upkeep_.async_wait([self = shared_from_this()](const auto& error) {
    if (error || self->stopped_) return;
    const MonotonicTime now = self->context_.clock.Monotonic();
    self->ForEach([now](Connection& connection) { connection.CheckDeadline(now); });
    self->CheckDeadlinesLater();
  });
}

void ListenerShard::Adopt(AcceptedSocket accepted, ConnectionCensus::Place place,
                          std::shared_ptr<ssl_ctx_st> tls) {
  const auto forget = [this](Connection& ended) {
    connections_.erase(&ended);
    --open_;
  };
  std::shared_ptr<Connection> connection;
  try {
    connection = std::make_shared<Connection>(context_, loop_, std::move(accepted.socket),
                                              accepted.peer, std::move(place), forget);
  } catch (const boost::system::system_error&) {
    // The kernel watches no more descriptors for us.
    context_.observer.OnRefusal(RefusalCause::kDescriptors);
    --open_;
    return;
  }
  connections_.emplace(connection.get(), connection);
  connection->Begin(std::move(tls));
  // Whoever comes while we drain was let in before.
  if (context_.draining) connection->Drain();
}

void ListenerShard::Drain() {
  ForEach([](Connection& connection) { connection.Drain(); });
}

void ListenerShard::Abort() {
  ForEach([](Connection& connection) { connection.Abort(); });
}

template <typename Visit>
void ListenerShard::ForEach(Visit visit) {
  // What is visited may end and be erased, but nothing is added meanwhile: the iterator only has
  // to be past it.
  for (auto next = connections_.begin(); next != connections_.end();) {
    const std::shared_ptr<Connection> connection = (next++)->second;
    visit(*connection);
  }
}

}  // namespace rtcroom
