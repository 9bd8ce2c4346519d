// An HTTP or HTTPS port: accepts, reads whole requests under deadlines, answers through a
// handler.
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
#include "daemon/http/connection_census.h"
#include "daemon/http/connection_context.h"
#include "daemon/http/connection_observer.h"
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
  std::string listen = {};  ///< `host:port` or `[v6]:port`; port 0 lets the system choose
  /// A socket that listens already, instead of `listen`.
  std::optional<ListeningSocket> inherited = {};
  TlsSource tls = {};  ///< empty: plain HTTP
  ConnectionOptions connections = {};
};

/// What listeners share; all of it outlives them.
struct EdgeParts {
  EdgeThreads& threads;
  ConnectionCensus& census;
  MemoryTotal& held;
  ConnectionObserver& observer;
  const Clock& clock;
  Logger& logger;
};

/// What becomes of the listening socket at a stop.
enum class SocketAfterStop : std::uint8_t {
  kClosed,  ///< at once: newcomers are refused, not kept waiting
  kKept,    ///< newcomers wait in it for whoever listens next
};

/// Connections live on the event loops and cost memory only, whether they are idle or wait for a
/// reply. Requests run where their plan says: on the loop, or on a worker.
///
/// Every reply is JSON with a `code`, also where a request is refused (protocol 0.2).
///
/// @threads `Start`, `Stop` and `TakeSocket` from one thread; `bound_address` from any after
///          `Start`; `SetPace` from any.
class HttpListener {
 public:
  /// The handler outlives the listener.
  HttpListener(HttpListenerOptions options, HttpHandler& handler, EdgeParts parts);
  ~HttpListener();  ///< stops without waiting for clients
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  /// Binds and begins to serve. To be called once.
  /// @errors  kUnavailable: the detail names the address that is taken.
  Status Start();

  /// Where it listens, with the real port; empty before `Start`.
  [[nodiscard]] const std::string& bound_address() const { return listening_.address; }

  /// How many paced requests (get_pushers) a connection may make in a second; 0: any number.
  void SetPace(std::uint32_t per_second) { paced_per_second_ = per_second; }

  /// Stops accepting, ends idle connections, lets requests that have begun be answered, and
  /// returns when there are no connections left. Past `drain_timeout` clients are no longer
  /// waited for; who answers a request still is.
  void Stop(std::chrono::milliseconds drain_timeout,
            SocketAfterStop after = SocketAfterStop::kClosed);

  /// The listening socket that a stop has kept.
  ListeningSocket TakeSocket() { return std::move(listening_); }

 private:
  void OnEveryShard(void (ListenerShard::*what)());
  void AwaitEnd(std::optional<MonotonicTime> deadline);
  void Adopt(AcceptedSocket accepted);

  HttpListenerOptions options_;
  EdgeParts parts_;
  std::atomic<bool> draining_{false};
  std::atomic<std::uint32_t> paced_per_second_{0};
  std::atomic<std::size_t> open_{0};     ///< connections, over all shards
  std::atomic<std::size_t> at_work_{0};  ///< requests with workers
  ConnectionContext context_;
  ListeningSocket listening_;
  std::vector<std::shared_ptr<ListenerShard>> shards_;  ///< shared with their loops' tasks
  std::size_t next_shard_ = 0;                          ///< of the acceptor's thread
  std::shared_ptr<Acceptor> acceptor_;                  ///< shared with its loop's tasks
};

}  // namespace rtcroom
