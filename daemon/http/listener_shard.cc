#include "daemon/http/listener_shard.h"

#include <algorithm>
#include <exception>
#include <new>

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

ListenerShard::ListenerShard(ConnectionContext& context, EventLoop& loop)
    : context_(context),
      loop_(loop),
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
    self->CheckDeadlinesLater();  // first: whatever happens below, the next look comes
    const MonotonicTime now = self->context_.clock.Monotonic();
    self->ForEach([now](Connection& connection) { connection.CheckDeadline(now); });
  });
}

void ListenerShard::Adopt(Newcomer newcomer) {
  std::shared_ptr<Connection> connection;
  try {
    connection = std::make_shared<Connection>(
        context_, loop_, std::move(newcomer.accepted.socket), newcomer.accepted.peer,
        std::move(newcomer.place), [this](Connection& ended) { connections_.erase(&ended); });
    connections_.emplace(connection.get(), Entry{connection, std::move(newcomer.open)});
  } catch (const std::bad_alloc&) {
    context_.observer.OnRefusal(RefusalCause::kMemory);
    if (connection) connection->Abort();
    return;
  } catch (const std::exception&) {
    // The kernel watches no more descriptors for us.
    context_.observer.OnRefusal(RefusalCause::kDescriptors);
    return;
  }
  connection->Begin(std::move(newcomer.tls));
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
    const std::shared_ptr<Connection> connection = (next++)->second.connection;
    visit(*connection);
  }
}

}  // namespace rtcroom
