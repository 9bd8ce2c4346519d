// The options and services shared by the connections of a listener.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "daemon/base/address_range.h"
#include "daemon/base/clock.h"
#include "daemon/base/memory_reservation.h"
#include "daemon/base/thread_pool.h"
#include "daemon/http/connection_counts.h"
#include "daemon/http/http_handler.h"
#include "daemon/http/refused_proxy_headers.h"

namespace rtcroom {

struct ConnectionOptions {
  std::size_t max_body_bytes = 65536;
  /// Names of further headers that handlers read; static storage.
  std::span<const std::string_view> kept_headers{};
  std::chrono::milliseconds handshake_timeout{5'000};  ///< PROXY header included
  std::chrono::milliseconds idle_timeout{75'000};      ///< between two requests
  std::chrono::milliseconds request_timeout{5'000};    ///< from its first byte to its last
  std::chrono::milliseconds write_timeout{10'000};     ///< for a client to take its replies
  /// The time for a client to close its side after the server, so that no reset discards the last
  /// reply.
  std::chrono::milliseconds close_timeout{1'000};
  /// How long a connection that has sent no request yet may take, while draining, to send its
  /// first. It was accepted, so the client expects an answer.
  std::chrono::milliseconds first_request_grace{2'000};
  /// Proxies whose X-Forwarded-For is trusted. Per-address limits do not count their connections.
  AddressRanges trusted_proxies = {};
  bool proxy_protocol = false;  ///< each connection begins with a PROXY header of version 2
  /// Requests of `Lane::kRead` run on workers.
  bool reads_on_workers = false;
  /// A new connection at the limit of all takes the place of the one that has been without a
  /// request for longest, among those of the accepting loop. Likewise where idle ones hold most of
  /// the memory.
  bool replaces_idle = false;
};

/// The memory that counts for each connection, whatever it does: this process's and the kernel's
/// objects, a small request, and a small reply in the kernel's buffer. TLS comes on top of it
/// (`Transport::held_memory`).
inline constexpr std::size_t kConnectionBytes = 8192;
/// Unfinished requests, and bytes in the kernel's buffers, up to this size are part of it.
/// @source protocol F.9: everything is bounded.
inline constexpr std::size_t kSmallRequestBytes = 4096;

/// A connection that holds more while it waits for its client ends when a new one lacks memory. An
/// idle one never does. It also ends when it would hold more still while an eighth of the memory is
/// left: that is for the requests and replies of those that hold less.
inline constexpr std::size_t kMuchBytes = std::size_t{64} << 10;

/// The references outlive this object, and it outlives the connections.
///
/// @threads as its parts.
struct ConnectionContext {
  const ConnectionOptions options;
  HttpHandler& handler;
  ThreadPool& workers;
  const Clock& clock;
  ConnectionCounts& counts;
  RefusedProxyHeaders& refused_proxy_headers;
  const std::atomic<bool>& draining;
  /// Maximum get_pushers requests of a connection in a second; 0: no limit.
  const std::atomic<std::uint32_t>& paced_per_second;
  MemoryTotal& held;  ///< for clients: connections, unfinished requests, and unsent replies
  /// Queued and running worker tasks. A handler may still be running on a worker when another
  /// thread has already sent the reply and the connection has closed.
  std::atomic<std::size_t>& at_work;
};

}  // namespace rtcroom
