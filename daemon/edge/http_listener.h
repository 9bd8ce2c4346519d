// An HTTP or HTTPS port: accepts, reads whole requests under deadlines, answers through a
// handler.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/logger.h"
#include "daemon/core/clock.h"
#include "daemon/core/result.h"
#include "daemon/edge/accept_queue.h"
#include "daemon/edge/connection.h"
#include "daemon/edge/file_descriptor.h"
#include "daemon/edge/http_exchange.h"
#include "daemon/edge/http_handler.h"
#include "daemon/edge/tls_context.h"

namespace rtcroom {

struct HttpListenerOptions {
  std::string listen = {};    ///< `host:port` or `[v6]:port`; port 0 lets the system choose
  std::string tls_cert = {};  ///< PEM files; both empty: plain HTTP
  std::string tls_key = {};
  std::size_t max_body_bytes = 65536;
  std::chrono::milliseconds idle_timeout{75'000};    ///< between two requests
  std::chrono::milliseconds request_timeout{5'000};  ///< from its first byte to its last
  std::size_t workers = 64;  ///< connections that are served at the same time
};

/// Each worker serves one connection at a time, from its handshake to its end. Connections
/// beyond the number of workers wait, and idle ones then give way to them.
///
/// Every reply is JSON with a `code`, also where a request is refused (protocol 0.2).
///
/// @threads `Start` and `Stop` from one thread; `bound_address` from any after `Start`.
class HttpListener {
 public:
  /// All references must outlive the listener.
  HttpListener(HttpListenerOptions options, HttpHandler& handler, const Clock& clock,
               Logger& logger);
  ~HttpListener();  ///< stops without waiting for clients
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  /// Binds and begins to serve on threads of its own. To be called once.
  /// @errors  kUnavailable: the detail names the address that is taken or the certificate or
  ///          key that is broken; nothing runs then.
  Status Start();

  /// Where it listens, with the real port; empty before `Start`.
  [[nodiscard]] const std::string& bound_address() const { return bound_address_; }

  /// Stops accepting, ends idle connections, lets requests that have begun be answered, and
  /// returns when all threads have ended. Past `drain_timeout` clients are no longer waited
  /// for; a handler that runs still is.
  void Stop(std::chrono::milliseconds drain_timeout);

 private:
  /// What a connection is expected to bring: only who was answered before may be idle.
  enum class Next : std::uint8_t { kFirstRequest, kRequest };
  /// What becomes of the connection after a request.
  enum class After : std::uint8_t {
    kKeepOpen,
    kEnd,
    kEndUnread,  ///< the client may still be sending what nobody will read
  };

  Status StartThreads();
  void AcceptConnections();
  void ServeConnections();
  void Serve(Connection& connection);
  bool AwaitRequest(Connection& connection, Next waiting_for);
  After ServeRequest(Connection& connection, RequestFramer& framer);
  After Refuse(Connection& connection, int status, const std::string& reason);

  const HttpListenerOptions options_;
  const Clock& clock_;
  Logger& logger_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> aborting_{false};
  HttpExchange exchange_;
  TlsContext tls_;
  FileDescriptor listening_;
  FileDescriptor stop_signal_;  ///< an eventfd, readable once the acceptor shall end
  std::string bound_address_;
  AcceptQueue queue_;
  std::atomic<std::size_t> running_workers_{0};
  std::jthread acceptor_;
  std::vector<std::jthread> workers_;
};

}  // namespace rtcroom
