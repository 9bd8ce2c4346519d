// An HTTP or HTTPS port: accepts connections, reads requests under deadlines, calls a handler.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/http/connection_context.h"
#include "daemon/http/connection_counts.h"
#include "daemon/http/connection_limiter.h"
#include "daemon/http/edge_threads.h"
#include "daemon/http/http_handler.h"
#include "daemon/http/listening_socket.h"

struct ssl_ctx_st;

namespace rtcroom {

class Acceptor;
class ListenerShard;

/// The TLS settings for connections from now on; null for plain HTTP.
/// @threads safe from any thread.
using TlsSource = std::function<std::shared_ptr<ssl_ctx_st>()>;

struct HttpListenerOptions {
  /// `host:port` or `[v6]:port`; port 0 lets the system choose.
  std::vector<ListenTarget> listen = {};
  /// Sockets that are already listening, served beside `listen`.
  std::vector<ListeningSocket> inherited = {};
  TlsSource tls = {};  ///< empty: plain HTTP
  ConnectionOptions connections = {};
};

/// The services shared by listeners; all of them outlive the listeners.
struct HttpListenerDeps {
  EdgeThreads& threads;
  ConnectionLimiter& limiter;
  MemoryTotal& held;
  ConnectionCounts& counts;
  const Clock& clock;
  Logger& logger;
};

/// Handling of the listening sockets at a stop.
enum class SocketAfterStop : std::uint8_t {
  kClosed,  ///< at once: new connections are refused, not queued
  kKept,    ///< new connections queue in it for the next process that listens
};

/// Connections run on the event loops and hold no thread while they are idle or wait for a reply.
/// Requests run on the loop or on a worker, as their plan says.
///
/// Every reply is JSON with a `code`, also where a request is refused (protocol 0.2).
///
/// @threads `Start`, `Stop` and `TakeSockets` from one thread; `bound_addresses` from any after
///          `Start`; `SetPace` from any.
class HttpListener {
 public:
  /// The handler outlives the listener.
  HttpListener(HttpListenerOptions options, HttpHandler& handler, HttpListenerDeps deps);
  ~HttpListener();  ///< stops without waiting for clients
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  /// Binds and begins to serve. Call it once, with at least one address or socket.
  /// @errors  kUnavailable: the detail names the address that is in use.
  Status Start();

  /// The bound addresses with their real ports, inherited ones first; empty before `Start`.
  [[nodiscard]] const std::vector<std::string>& bound_addresses() const { return addresses_; }
  /// The first of them.
  [[nodiscard]] std::string bound_address() const {
    return addresses_.empty() ? std::string() : addresses_.front();
  }

  /// Maximum paced requests (get_pushers) of a connection in a second; 0: no limit.
  void SetPace(std::uint32_t per_second) { paced_per_second_ = per_second; }

  /// Stops accepting: replies from now on close their connections. `Stop` has to follow.
  void BeginDrain(SocketAfterStop after);
  /// Begins the drain unless it has begun, closes idle connections, answers requests that have
  /// begun, and returns when no connection is left. After `drain_timeout` it no longer waits for
  /// clients, but still for running handlers.
  void Stop(std::chrono::milliseconds drain_timeout,
            SocketAfterStop after = SocketAfterStop::kClosed);

  /// The listening sockets kept by `Stop`.
  std::vector<ListeningSocket> TakeSockets() { return std::move(listening_); }

 private:
  void OnEveryShard(void (ListenerShard::*what)());
  void AwaitEnd(std::optional<MonotonicTime> deadline);
  void Adopt(AcceptedSocket accepted);

  HttpListenerOptions options_;
  HttpListenerDeps deps_;
  std::atomic<bool> draining_{false};
  std::atomic<std::uint32_t> paced_per_second_{0};
  std::atomic<std::size_t> open_{0};     ///< connections, over all shards
  std::atomic<std::size_t> at_work_{0};  ///< requests queued for or running on workers
  RefusedProxyHeaders refused_proxy_headers_;
  ConnectionContext context_;
  std::vector<ListeningSocket> listening_;
  std::vector<std::string> addresses_;
  std::vector<std::shared_ptr<ListenerShard>> shards_;  ///< shared with their loops' tasks
  std::size_t next_shard_ = 0;                          ///< of the acceptor's thread
  std::vector<std::shared_ptr<Acceptor>> acceptors_;    ///< shared with their loop's tasks
};

}  // namespace rtcroom
