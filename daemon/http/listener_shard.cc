#include "daemon/http/listener_shard.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <new>
#include <utility>
#include <vector>

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

/// A periodic check of all deadlines costs less than a timer for each connection. The period is a
/// fifth of the shortest timeout, at most one second.
milliseconds UpkeepPeriod(const ConnectionOptions& options) {
  const milliseconds shortest =
      std::min({options.handshake_timeout, options.idle_timeout, options.request_timeout,
                options.write_timeout, options.close_timeout * 5});
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
    self->CheckDeadlinesLater();  // first: schedules the next check even if the code below throws
    const MonotonicTime now = self->context_.clock.Monotonic();
    self->ForEach([now](Connection& connection) { connection.CheckDeadline(now); });
  });
}

bool ListenerShard::MakeRoomFor(std::size_t bytes) {
  MemoryTotal& held = context_.held;
  if (held.HasRoomFor(bytes)) return true;
  // A flood of connections causes one search in a turn of the loop.
  if (has_looked_for_room_) return false;
  std::vector<std::shared_ptr<Connection>> greedy;
  std::vector<std::shared_ptr<Connection>> idle;
  for (const auto& [connection, entry] : connections_) {
    if (!connection->WaitsForClient()) continue;
    if (connection->held_memory() > kMuchBytes) {
      greedy.push_back(entry.connection);
    } else if (context_.options.replaces_idle) {
      idle.push_back(entry.connection);
    }
  }
  std::ranges::sort(greedy, std::ranges::greater{}, &Connection::held_memory);
  // The search makes room for more than one newcomer.
  const std::size_t wanted = std::max(bytes, held.most / 16);
  for (const std::shared_ptr<Connection>& connection : greedy) {
    if (held.HasRoomFor(wanted)) return true;
    connection->Displace();
  }
  std::size_t of_idle = 0;
  for (const std::shared_ptr<Connection>& connection : idle) of_idle += connection->held_memory();
  // Where others hold the memory, idle ones are not the cause.
  if (of_idle > held.most_for_newcomers() / 2) {
    std::ranges::sort(idle, {}, &Connection::requested_at);
    for (const std::shared_ptr<Connection>& connection : idle) {
      if (held.HasRoomFor(bytes)) return true;
      connection->Displace();
    }
  }
  if (held.HasRoomFor(bytes)) return true;
  loop_.Post([self = shared_from_this()] { self->has_looked_for_room_ = false; });
  has_looked_for_room_ = true;
  return false;
}

void ListenerShard::OnMemoryLack() {
  if (will_shed_) return;
  loop_.Post([self = shared_from_this()] {
    self->will_shed_ = false;
    self->Shed();
  });
  will_shed_ = true;
}

void ListenerShard::Shed() {
  MemoryTotal& held = context_.held;
  if (held.held <= held.most) return;
  constexpr std::size_t kIdleBytes = kConnectionBytes + Transport::kTlsBytes;
  std::vector<std::shared_ptr<Connection>> waiting;
  for (const auto& [connection, entry] : connections_) {
    const bool is_idle = connection->held_memory() <= kIdleBytes;
    if (!is_idle && connection->WaitsForClient()) waiting.push_back(entry.connection);
  }
  std::ranges::sort(waiting, [](const auto& one, const auto& other) {
    if (one->held_memory() != other->held_memory()) {
      return one->held_memory() > other->held_memory();
    }
    return one->requested_at() < other->requested_at();
  });
  for (const std::shared_ptr<Connection>& connection : waiting) {
    if (held.held <= held.most) return;
    connection->Displace();
  }
}

void ListenerShard::Adopt(AcceptedConnection incoming) {
  try {
    // The newcomer tries again after the replies that workers have passed to this loop: their
    // connections wait for their clients then.
    if (!MakeRoomFor(Connection::FirstBytes(incoming.tls != nullptr)) &&
        !std::exchange(incoming.has_waited, true)) {
      return loop_.Post([self = shared_from_this(), incoming = std::move(incoming)]() mutable {
        self->Adopt(std::move(incoming));
      });
    }
  } catch (const std::exception&) {
    return context_.counts.Count(RefusalCause::kMemory);
  }
  std::shared_ptr<Connection> connection;
  try {
    connection =
        std::make_shared<Connection>(context_, loop_, std::move(incoming.accepted.socket),
                                     incoming.accepted.peer, std::move(incoming.slot), *this);
    connections_.emplace(connection.get(), Entry{connection, std::move(incoming.open)});
  } catch (const std::bad_alloc&) {
    context_.counts.Count(RefusalCause::kMemory);
    if (connection) connection->Abort();
    return;
  } catch (const std::exception&) {
    // The kernel accepts no more descriptors to watch.
    context_.counts.Count(RefusalCause::kDescriptors);
    return;
  }
  connection->Begin(std::move(incoming.tls));
  // A connection that arrives during a drain was accepted before it.
  if (context_.draining) connection->Drain();
}

bool ListenerShard::EndIdlest() {
  std::shared_ptr<Connection> idlest;
  for (const auto& [connection, entry] : connections_) {
    if (!connection->WaitsForClient()) continue;
    if (!idlest || connection->requested_at() < idlest->requested_at()) idlest = entry.connection;
  }
  if (!idlest) return false;
  context_.counts.Count(RefusalCause::kConnections);
  idlest->Abort();
  return true;
}

void ListenerShard::Drain() {
  ForEach([](Connection& connection) { connection.Drain(); });
}

void ListenerShard::Abort() {
  ForEach([](Connection& connection) { connection.Abort(); });
}

template <typename Visit>
void ListenerShard::ForEach(Visit visit) {
  // `visit` may close and erase its connection but adds none: advancing the iterator first is
  // enough.
  for (auto next = connections_.begin(); next != connections_.end();) {
    const std::shared_ptr<Connection> connection = (next++)->second.connection;
    visit(*connection);
  }
}

}  // namespace rtcroom
