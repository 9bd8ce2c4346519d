// The gRPC listener of operators' programs.
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
  std::string listen = {};  ///< `host:port`, `[v6]:port` or `unix:PATH`; port 0: any that is free
  /// A socket that listens already, instead of `listen`.
  std::optional<ListeningSocket> inherited = {};
  GrpcTlsFiles tls = {};
  Secret token = {};  ///< that callers must send; empty: none
  /// Loopback TCP is served without a token and without mutual TLS: for `--dev` and tests.
  bool is_open_on_loopback = false;
  std::size_t max_request_bytes = 65'536;
  std::size_t max_metadata_bytes = 8'192;   ///< of a call
  std::size_t max_streams = 256;            ///< open at once, of a connection
  std::size_t max_memory_bytes = 64 << 20;  ///< past it gRPC refuses calls and ends connections
  std::size_t max_threads = 16;             ///< that gRPC starts for reflection
  /// From the first byte until TLS and HTTP/2 are agreed on.
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
  /// How many of their calls are still worth waiting for at a stop.
  std::function<std::size_t()> calls_at_work = {};
  /// Ends the calls that would never end by themselves. Called at a stop, when no client is
  /// accepted any more and everything still runs.
  std::function<void()> end_streams = [] {};
  const Clock& clock;
  Logger& logger;
};

/// Serves gRPC services, beside them health (`grpc.health.v1`) and reflection.
///
/// The process accepts, so that the listening socket can be handed over, and gives each connection
/// to gRPC, which does everything else. A connection is allowed
/// - on a Unix socket: to its owner and group,
/// - by mutual TLS: to clients with a certificate,
/// - on loopback TCP with a token: to all programs of this machine; calls need the token.
///
/// Calls are made on gRPC's threads, and nothing that waits may run there.
///
/// @threads for one thread, but `bound_address`, which any may call after `Start`.
class GrpcServer {
 public:
  GrpcServer(GrpcServerOptions options, GrpcServerDeps deps);
  ~GrpcServer();  ///< stops without waiting for calls
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  /// Binds and begins to serve. To be called once.
  /// @errors  kUnavailable; the detail names the address or the file, and the reason.
  Status Start();

  /// Where it listens, with the real port; empty before `Start`.
  [[nodiscard]] const std::string& bound_address() const { return listening_.address; }

  /// Reads the files anew, for connections from now on.
  /// @errors  as `LoadGrpcCertificates`, and kUnavailable if TLS or client certificates would be
  ///          switched on or off, which takes a start; the previous certificates stay.
  Status ReloadTls(const GrpcTlsFiles& files);

  /// End of the served certificate's validity; nullopt without TLS.
  [[nodiscard]] std::optional<TimePoint> certificate_expiry() const { return certificate_expiry_; }

  /// Health fails first, no client is accepted any more, streams are ended, and calls at work are
  /// waited for, for `drain_timeout` at most. Then all connections are closed: a call that follows
  /// health does not end by itself.
  void Stop(std::chrono::milliseconds drain_timeout,
            SocketAfterStop after = SocketAfterStop::kClosed);

  /// The listening socket that a stop has kept.
  ListeningSocket TakeSocket() { return std::move(listening_); }

 private:
  class Library;  ///< the part that knows gRPC

  /// Refuses an address that more clients reach than the options allow for.
  [[nodiscard]] Status CheckReach(const std::string& address) const;
  Status StartLibrary();
  Status BeginAccepting();
  void StopAccepting();
  /// @param all_ended  whether all connections are closed.
  void AwaitCalls(std::chrono::milliseconds timeout, const std::function<bool()>& all_ended);

  GrpcServerOptions options_;
  const GrpcServerDeps deps_;
  ListeningSocket listening_;
  std::optional<SocketFile> socket_file_;  ///< of `listening_`, while that is open
  std::optional<TimePoint> certificate_expiry_;
  std::unique_ptr<Library> library_;
  std::unique_ptr<EventLoop> loop_;     ///< of the acceptor alone
  std::shared_ptr<Acceptor> acceptor_;  ///< shared with its tasks
};

}  // namespace rtcroom
