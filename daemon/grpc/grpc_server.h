// The gRPC listener for admin clients.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/grpc/grpc_address.h"
#include "daemon/grpc/grpc_certificates.h"
#include "daemon/http/acceptor.h"
#include "daemon/http/event_loop.h"
#include "daemon/http/http_listener.h"
#include "daemon/http/listening_socket.h"

namespace grpc {
class Service;
}

namespace rtcroom {

struct GrpcServerOptions {
  /// `host:port`, `[v6]:port` or `unix:PATH`; port 0: any that is free.
  std::vector<ListenTarget> listen = {};
  /// Sockets that are already listening, served beside `listen`.
  std::vector<ListeningSocket> inherited = {};
  /// Addresses and sockets for workers: only their calls are served there, and no token is
  /// required.
  std::vector<ListenTarget> worker_listen = {};
  std::vector<ListeningSocket> worker_inherited = {};
  GrpcTlsFiles tls = {};
  Secret token = {};  ///< required of operators; empty: none
  /// Loopback TCP is served without a token and without mutual TLS: for `--dev` and tests.
  bool is_open_on_loopback = false;
  std::size_t max_request_bytes = 65'536;
  std::size_t max_metadata_bytes = 8'192;   ///< per call
  std::size_t max_streams = 256;            ///< open at once, per connection
  std::size_t max_memory_bytes = 64 << 20;  ///< above it gRPC refuses calls and closes connections
  std::size_t max_threads = 16;             ///< started by gRPC for reflection
  /// The time from the first byte until TLS and HTTP/2 are negotiated.
  std::chrono::milliseconds handshake_timeout = std::chrono::seconds(5);
  std::chrono::milliseconds max_idle = std::chrono::minutes(30);  ///< of a connection without calls
  std::chrono::milliseconds ping_after = std::chrono::seconds(30);  ///< of silence
  std::chrono::milliseconds ping_timeout = std::chrono::seconds(20);
};

struct GrpcService {
  std::string name = {};             ///< in full, as in health checks
  grpc::Service* service = nullptr;  ///< outlives the server
};

struct GrpcServerDeps {
  std::vector<GrpcService> services = {};
  /// Number of their calls to wait for at a stop.
  std::function<std::size_t()> calls_at_work = {};
  /// Ends the calls that have no end of their own. Called at a stop, after the listener has closed
  /// and while everything else still runs.
  std::function<void()> end_streams = [] {};
  const Clock& clock;
  Logger& logger;
};

/// Serves gRPC services, health (`grpc.health.v1`) and reflection.
///
/// The process accepts connections itself, so that the listening socket can be handed over, and
/// passes each to gRPC. A connection is allowed
/// - on a Unix socket: to the owner and the group of its file,
/// - by mutual TLS: to clients with a certificate,
/// - on loopback TCP with a token: to all programs of this machine; calls need the token. Not for
///   workers.
///
/// TLS applies to all listeners but the Unix socket of workers.
///
/// Calls run on gRPC's threads, and must not block there.
///
/// @threads one thread; the addresses are safe from any thread after `Start`.
class GrpcServer {
 public:
  GrpcServer(GrpcServerOptions options, GrpcServerDeps deps);
  ~GrpcServer();  ///< stops without waiting for calls
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  /// Binds and serves. Call it once, with at least one address or socket that is not for workers.
  /// All of these are ports, or all are in the file system, and so are those for workers.
  /// @errors  kUnavailable; the detail names the address or the file, and the reason.
  Status Start();

  /// The addresses it listens on, with the actual ports, inherited ones first; empty before
  /// `Start`.
  [[nodiscard]] const std::vector<std::string>& bound_addresses() const {
    return operators_.addresses;
  }
  /// The first of them.
  [[nodiscard]] std::string bound_address() const {
    return bound_addresses().empty() ? std::string() : bound_addresses().front();
  }
  /// The addresses bound for workers.
  [[nodiscard]] const std::vector<std::string>& worker_addresses() const {
    return workers_.addresses;
  }

  /// Reads the files again, for new connections.
  /// @errors  as `LoadGrpcCertificates`, and kUnavailable if TLS or client certificates would be
  ///          switched on or off, which needs a restart, or if the certificate has expired or is
  ///          not valid yet while the previous one is valid; the previous certificates stay in use.
  Status ReloadTls(const GrpcTlsFiles& files);

  /// End of the served certificate's validity; nullopt without TLS.
  [[nodiscard]] std::optional<TimePoint> certificate_expiry() const {
    return certificate_times_ ? std::optional(certificate_times_->ends) : std::nullopt;
  }

  /// Reports NOT_SERVING, closes the listener, ends streams, and waits for running calls, for
  /// `drain_timeout` at most. Then closes all connections: a call that watches health does not end
  /// by itself.
  void Stop(std::chrono::milliseconds drain_timeout,
            SocketAfterStop after = SocketAfterStop::kClosed);

  /// The listening sockets, kept by `Stop`.
  std::vector<ListeningSocket> TakeSockets() { return std::move(operators_.listening); }
  std::vector<ListeningSocket> TakeWorkerSockets() { return std::move(workers_.listening); }

 private:
  class Library;  ///< wraps the gRPC library

  struct Listener {
    GrpcCallers callers;
    std::vector<ListeningSocket> listening = {};
    std::vector<std::string> addresses = {};
    /// The socket file of each of `addresses`, while its socket is open.
    std::vector<std::optional<SocketFile>> socket_files = {};

    void Keep(ListeningSocket opened);
    [[nodiscard]] bool is_unix() const;  ///< with an address
  };

  /// Refuses an address that more clients can reach than the options allow.
  [[nodiscard]] Status CheckReach(const std::string& address, GrpcCallers callers) const;
  Status Open(const std::vector<ListenTarget>& listen, std::vector<ListeningSocket> inherited,
              Listener& listener);
  Status StartLibrary();
  Status BeginAccepting();
  void StopAccepting();
  /// @param all_ended  whether all connections are closed.
  void AwaitCalls(std::chrono::milliseconds timeout, const std::function<bool()>& all_ended);

  GrpcServerOptions options_;
  const GrpcServerDeps deps_;
  Listener operators_;
  Listener workers_;
  std::optional<CertificateTimes> certificate_times_;
  std::unique_ptr<Library> library_;
  /// Not shown: accepted connections belong to gRPC, which does not report their end.
  ConnectionCounts uncounted_;
  std::unique_ptr<EventLoop> loop_;                   ///< only for the acceptors
  std::vector<std::shared_ptr<Acceptor>> acceptors_;  ///< shared with their tasks
};

}  // namespace rtcroom
