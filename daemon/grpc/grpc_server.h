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
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/grpc/front_door.h"
#include "daemon/grpc/grpc_address.h"
#include "daemon/grpc/grpc_tls.h"
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
  Secret token = {};  ///< what callers must know; empty: nothing
  FrontDoorOptions door = {};
  std::size_t max_request_bytes = 65'536;
  std::size_t max_metadata_bytes = 8'192;   ///< of a call
  std::size_t max_streams = 256;            ///< that a connection is told that it may open
  std::size_t max_memory_bytes = 64 << 20;  ///< past it gRPC refuses and cuts
  std::size_t max_threads = 16;             ///< that gRPC starts for reflection
  std::chrono::milliseconds max_idle = std::chrono::minutes(30);  ///< of a connection without calls
  std::chrono::milliseconds ping_after = std::chrono::seconds(30);  ///< of silence
  std::chrono::milliseconds ping_timeout = std::chrono::seconds(20);
};

struct GrpcService {
  std::string name = {};             ///< in full, as health tells of it
  grpc::Service* service = nullptr;  ///< outlives the server
};

struct GrpcServerParts {
  std::vector<GrpcService> services = {};
  /// How many calls of theirs are still worth waiting for at a stop.
  std::function<std::size_t()> calls_at_work = {};
  /// Ends those that would never end by themselves. Called at a stop, when nobody new is let in,
  /// and everything still runs.
  std::function<void()> end_streams = [] {};
  ConnectionObserver& observer;
  const Clock& clock;
  Logger& logger;
};

/// Serves gRPC services, beside them health (`grpc.health.v1`) and reflection.
///
/// Clients are met by a `FrontDoor`. Other machines get in by TLS with a certificate of their own
/// only. Calls are made on gRPC's threads, and nothing that waits may run there.
///
/// @threads for one thread, but `bound_address` and `ReloadTls`, which any may call after `Start`.
class GrpcServer {
 public:
  GrpcServer(GrpcServerOptions options, GrpcServerParts parts);
  ~GrpcServer();  ///< stops without waiting for calls
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  /// Binds and begins to serve. To be called once.
  /// @errors  kUnavailable; the detail names the address or the file, and what is wrong with it.
  Status Start();

  /// Where it listens, with the real port; empty before `Start`.
  [[nodiscard]] const std::string& bound_address() const { return listening_.address; }

  /// Reads the files anew, for connections from now on.
  /// @errors  as `LoadGrpcTlsContext`; what was served with before stays.
  Status ReloadTls(const GrpcTlsFiles& files) EXCLUDES(tls_mutex_);

  /// What new connections are served with; null without TLS. Shared because a reload may come
  /// before it was used.
  [[nodiscard]] std::shared_ptr<ssl_ctx_st> CurrentTls() EXCLUDES(tls_mutex_);

  /// Health fails first, nobody new is let in, streams are ended, and calls that are at work are
  /// waited for, for `drain_timeout` at most. Then the rest is cut: who watches health would wait
  /// for ever.
  void Stop(std::chrono::milliseconds drain_timeout,
            SocketAfterStop after = SocketAfterStop::kClosed);

  /// The listening socket that a stop has kept.
  ListeningSocket TakeSocket() { return std::move(listening_); }

 private:
  class Library;  ///< what knows gRPC

  /// Who may get to that address with these files.
  static Status CheckReach(const std::string& address, const GrpcTlsFiles& tls);
  Status TakeUpTls(const GrpcTlsFiles& files);
  /// @param all_ended  tells whether there is nobody left.
  void AwaitCalls(std::chrono::milliseconds patience, const std::function<bool()>& all_ended);

  GrpcServerOptions options_;
  const GrpcServerParts parts_;
  ListeningSocket listening_;
  std::optional<SocketFile> socket_file_;  ///< of `listening_`, while that is open
  Mutex tls_mutex_;
  /// Connections that began with it may outlive it: OpenSSL counts who uses it.
  std::shared_ptr<ssl_ctx_st> tls_ GUARDED_BY(tls_mutex_);
  std::unique_ptr<Library> library_;
  std::unique_ptr<FrontDoor> door_;
};

}  // namespace rtcroom
