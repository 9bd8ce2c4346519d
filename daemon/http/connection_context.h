// What the connections of a listener have in common.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/base/address_range.h"
#include "daemon/base/clock.h"
#include "daemon/http/connection_observer.h"
#include "daemon/http/http_handler.h"
#include "daemon/http/memory_share.h"
#include "daemon/http/worker_pool.h"

namespace rtcroom {

struct ConnectionOptions {
  std::size_t max_body_bytes = 65536;
  std::chrono::milliseconds handshake_timeout{5'000};  ///< PROXY header included
  std::chrono::milliseconds idle_timeout{75'000};      ///< between two requests
  std::chrono::milliseconds request_timeout{5'000};    ///< from its first byte to its last
  std::chrono::milliseconds write_timeout{10'000};     ///< for a client to take its replies
  /// For a client to end its side after us, so that a reset does not cost it the last reply.
  std::chrono::milliseconds goodbye_timeout{1'000};
  /// While draining: how long a connection that has not been answered yet may take to begin. The
  /// client has reason to think that somebody listens.
  std::chrono::milliseconds first_request_grace{2'000};
  /// Whose X-Forwarded-For is believed. Limits for each address do not count their connections.
  AddressRanges trusted_proxies = {};
  bool proxy_protocol = false;  ///< each connection begins with a PROXY header of version 2
};

/// Of what is held for a client, smaller unfinished requests do not count: their number is bounded
/// by the connections'.
/// @source protocol F.9: everything is bounded.
inline constexpr std::size_t kSmallRequestBytes = 4096;

/// The references outlive it, and it outlives the connections.
///
/// @threads as its parts.
struct ConnectionContext {
  const ConnectionOptions options;
  HttpHandler& handler;
  WorkerPool& workers;
  const Clock& clock;
  ConnectionObserver& observer;
  const std::atomic<bool>& draining;
  /// get_pushers requests that a connection may make in a second; 0: as many as it likes.
  const std::atomic<std::uint32_t>& paced_per_second;
  MemoryTotal& held;  ///< for clients: unfinished requests, and replies that they do not take
  /// Tasks that a worker has or will have. A worker may still be on its way out of the handler
  /// when the reply, given early by somebody else, has long ended the connection.
  std::atomic<std::size_t>& at_work;
};

}  // namespace rtcroom
