#include "daemon/grpc/grpc_server.h"

#include <algorithm>
#include <exception>
#include <future>
#include <map>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <grpc/grpc.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "daemon/base/listen_address.h"
#include "daemon/grpc/grpc_address.h"
#include "daemon/grpc/grpc_credentials.h"
#include "daemon/grpc/library_log.h"

namespace rtcroom {
namespace {

/// Polling interval of a stop, which is rare and short.
constexpr std::chrono::milliseconds kEndPoll{5};
/// Time for the last calls to arrive, and for the notice that no more are accepted (GOAWAY).
constexpr std::chrono::milliseconds kGrace{100};
/// gRPC drops closed connections at once; this only keeps a defect from blocking a stop.
constexpr std::chrono::seconds kLibraryShutdownTimeout{5};
/// Shortest interval of keepalive pings that a client may send without data.
constexpr std::chrono::seconds kLeastPingInterval{10};

bool IsUnix(const std::string& address) { return address.starts_with("unix:"); }

int Milliseconds(std::chrono::milliseconds span) { return static_cast<int>(span.count()); }

}  // namespace

class GrpcServer::Library {
 public:
  /// @param certificates  empty without TLS.
  Library(const GrpcServerOptions& options, const GrpcServerDeps& deps, const Listener& operators,
          const Listener& workers, const std::optional<GrpcCertificates>& certificates)
      : log_(deps.logger, deps.clock) {
    // Both apply to all builders of the process; there is one.
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    for (const GrpcService& each : deps.services) builder.RegisterService(each.service);
    SetLimits(options, builder);
    for (const Listener* const each : {&operators, &workers}) {
      if (each->addresses.empty()) continue;
      // Workers of this machine have no certificates: their socket's file decides.
      const bool has_tls =
          certificates && !(each->callers == GrpcCallers::kWorkers && each->is_unix());
      Entrance& entrance = entrances_[each->callers];
      entrance.credentials =
          has_tls ? std::make_shared<GrpcCredentials>(*certificates, each->callers, options.token,
                                                      deps.logger)
                  : std::make_shared<GrpcCredentials>(each->is_unix() ? UDS : LOCAL_TCP,
                                                      each->callers, options.token, deps.logger);
      entrance.acceptor = builder.experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
          entrance.credentials);
    }
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return;
    grpc::HealthCheckServiceInterface* const health = server_->GetHealthCheckService();
    for (const GrpcService& each : deps.services) health->SetServingStatus(each.name, true);
  }

  [[nodiscard]] bool is_up() const { return server_ != nullptr; }

  /// @param socket  connected. Do not call it after `Shutdown`: gRPC would leak the socket.
  void Serve(GrpcCallers callers, FileDescriptor socket) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.fd = socket.Release();
    entrances_.at(callers).acceptor->HandleNewConnection(&connection);
  }

  void ReplaceCertificates(const GrpcCertificates& certificates) {
    for (const auto& [callers, entrance] : entrances_) entrance.credentials->Replace(certificates);
  }

  void FailHealth() { server_->GetHealthCheckService()->Shutdown(); }

  /// Sends GOAWAY to all clients, and returns when all connections are closed.
  void Shutdown(std::chrono::milliseconds timeout) {
    server_->Shutdown(std::chrono::system_clock::now() + timeout);
  }

  /// Closes all connections, during `Shutdown`.
  void CutAll() { grpc_server_cancel_all_calls(server_->c_server()); }

 private:
  struct Entrance {
    std::shared_ptr<GrpcCredentials> credentials;  ///< shared with the library
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor;
  };

  static void SetLimits(const GrpcServerOptions& options, grpc::ServerBuilder& builder) {
    builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_request_bytes));
    const auto set = [&builder](const char* name, std::size_t value) {
      builder.AddChannelArgument(name, static_cast<int>(value));
    };
    set(GRPC_ARG_MAX_METADATA_SIZE, options.max_metadata_bytes);
    set(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams);
    // Requests are small: frames and windows keep the protocol's initial sizes.
    set(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    // Small requests need no compression, and a small message can expand a thousandfold before its
    // size is checked.
    set(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
    for (const grpc_compression_algorithm algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
      builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
    }
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Milliseconds(options.max_idle));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.ping_after));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(options.ping_timeout));
    set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    set(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // for our own pings: no limit
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                               Milliseconds(kLeastPingInterval));
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                               Milliseconds(options.handshake_timeout));
    grpc::ResourceQuota quota("rtcroomd");
    quota.Resize(options.max_memory_bytes);
    quota.SetMaxThreads(static_cast<int>(options.max_threads));
    builder.SetResourceQuota(quota);
    // Only reflection uses blocking threads.
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  }

  /// Keeps the library from shutting down in the background.
  struct InUse {
    InUse() { grpc_init(); }
    ~InUse() { grpc_shutdown_blocking(); }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;
  };

  LibraryLog log_;
  InUse in_use_;
  std::map<GrpcCallers, Entrance> entrances_;
  std::unique_ptr<grpc::Server> server_;
};

GrpcServer::GrpcServer(GrpcServerOptions options, GrpcServerDeps deps)
    : options_(std::move(options)),
      deps_(std::move(deps)),
      operators_{.callers = GrpcCallers::kOperators},
      workers_{.callers = GrpcCallers::kWorkers} {}

GrpcServer::~GrpcServer() { Stop(std::chrono::milliseconds(0)); }

Status GrpcServer::Start() {
  Status opened = Open(options_.listen, std::move(options_.inherited), operators_);
  if (opened) opened = Open(options_.worker_listen, std::move(options_.worker_inherited), workers_);
  if (!opened) return opened;
  if (Status status = StartLibrary(); !status) return status;
  return BeginAccepting();
}

Status GrpcServer::Open(const std::vector<ListenTarget>& listen,
                        std::vector<ListeningSocket> inherited, Listener& listener) {
  for (const ListeningSocket& each : inherited) {
    if (Status status = CheckReach(each.address, listener.callers); !status) return status;
  }
  for (const ListenTarget& target : listen) {
    if (Status status = CheckReach(target.address, listener.callers); !status) return status;
  }
  for (ListeningSocket& each : inherited) listener.Keep(std::move(each));
  for (const ListenTarget& target : listen) {
    Result<ListeningSocket> bound = ListenForGrpc(target.address, target.families);
    if (!bound) return bound.error();
    listener.Keep(*std::move(bound));
  }
  for (const std::string& address : listener.addresses) {
    if (IsUnix(address) == listener.is_unix()) continue;
    // The library is given one kind of credentials.
    return Error{
        Errc::kUnavailable,
        fmt::format("{} and {}: gRPC is served on ports or in the file system, not on both",
                    listener.addresses.front(), address)};
  }
  return {};
}

void GrpcServer::Listener::Keep(ListeningSocket opened) {
  addresses.push_back(opened.address);
  socket_files.push_back(FindSocketFile(opened.address));
  listening.push_back(std::move(opened));
}

bool GrpcServer::Listener::is_unix() const { return IsUnix(addresses.front()); }

Status GrpcServer::CheckReach(const std::string& address, GrpcCallers callers) const {
  if (IsUnix(address) || options_.tls.IsMutual()) return {};
  if (callers == GrpcCallers::kWorkers) {
    return Error{Errc::kUnavailable,
                 fmt::format("{}: workers need TLS and certificates of their own", address)};
  }
  const std::optional<ListenAddress> port = ParseListenAddress(address);
  if (!port || !port->IsLoopback()) {
    return Error{Errc::kUnavailable,
                 fmt::format("{}: other machines need TLS and certificates of their own", address)};
  }
  if (options_.is_open_on_loopback || !options_.token.empty()) return {};
  return Error{Errc::kUnavailable,
               fmt::format("{}: any program of this machine could connect: needs grpc.token, or "
                           "TLS and client certificates",
                           address)};
}

Status GrpcServer::StartLibrary() {
  std::optional<GrpcCertificates> certificates;
  if (!options_.tls.cert.empty()) {
    Result<GrpcCertificates> loaded = LoadGrpcCertificates(options_.tls);
    if (!loaded) return loaded.error();
    certificate_times_ = loaded->times;
    certificates = *std::move(loaded);
  }
  library_ = std::make_unique<Library>(options_, deps_, operators_, workers_, certificates);
  return library_->is_up() ? Status() : Error{Errc::kUnavailable, "gRPC does not start"};
}

Status GrpcServer::BeginAccepting() {
  try {
    loop_ = std::make_unique<EventLoop>(deps_.logger);
    for (const Listener* const listener : {&operators_, &workers_}) {
      for (const ListeningSocket& listening : listener->listening) {
        acceptors_.push_back(std::make_shared<Acceptor>(
            *loop_, listening, uncounted_, deps_.logger,
            [this, callers = listener->callers](AcceptedSocket accepted) {
              library_->Serve(callers, std::move(accepted.socket));
            }));
      }
    }
    loop_->Await([this] {
      for (const std::shared_ptr<Acceptor>& acceptor : acceptors_) acceptor->Begin();
    });
  } catch (const std::exception& problem) {
    return Error{Errc::kUnavailable,
                 fmt::format("cannot watch {}: {}", bound_address(), problem.what())};
  }
  return {};
}

void GrpcServer::StopAccepting() {
  if (loop_) {
    loop_->Await([this] {
      for (const std::shared_ptr<Acceptor>& acceptor : acceptors_) {
        acceptor->Stop(Acceptor::Backlog::kLeft);
      }
    });
  }
  acceptors_.clear();
  loop_.reset();
}

Status GrpcServer::ReloadTls(const GrpcTlsFiles& files) {
  if (files.cert.empty() != options_.tls.cert.empty() ||
      files.client_ca.empty() != options_.tls.client_ca.empty()) {
    return Error{Errc::kUnavailable,
                 "TLS and client certificates of gRPC are switched on or off by a restart"};
  }
  if (files.cert.empty()) return {};
  Result<GrpcCertificates> loaded = LoadGrpcCertificates(files);
  if (!loaded) return loaded.error();
  const TimePoint now = deps_.clock.Now();
  const std::optional<std::string> fault = loaded->times.FaultAt(now);
  if (fault && !certificate_times_->FaultAt(now)) {
    return Error{Errc::kUnavailable, fmt::format("{}: {}", files.cert, *fault)};
  }
  certificate_times_ = loaded->times;
  library_->ReplaceCertificates(*loaded);
  return {};
}

void GrpcServer::Stop(std::chrono::milliseconds drain_timeout, SocketAfterStop after) {
  if (library_ && library_->is_up()) library_->FailHealth();
  StopAccepting();
  if (after == SocketAfterStop::kClosed) {
    for (Listener* const each : {&operators_, &workers_}) {
      for (std::size_t i = 0; i < each->listening.size(); ++i) {
        const std::optional<SocketFile>& file = each->socket_files.at(i);
        if (file) RemoveSocketFile(each->addresses.at(i), *file);
      }
      each->listening.clear();
    }
  }
  if (library_ && library_->is_up()) {
    deps_.end_streams();
    std::future<void> shutdown = std::async(
        std::launch::async, [&] { library_->Shutdown(drain_timeout + kLibraryShutdownTimeout); });
    AwaitCalls(drain_timeout,
               [&] { return shutdown.wait_for(kEndPoll) == std::future_status::ready; });
    library_->CutAll();
    shutdown.wait();
  }
  library_.reset();
}

void GrpcServer::AwaitCalls(std::chrono::milliseconds timeout,
                            const std::function<bool()>& all_ended) {
  const MonotonicTime begun = deps_.clock.Monotonic();
  MonotonicTime until = begun + timeout;
  bool is_done = false;
  while (!all_ended() && deps_.clock.Monotonic() < until) {
    const MonotonicTime now = deps_.clock.Monotonic();
    if (is_done || now < begun + kGrace || deps_.calls_at_work() > 0) continue;
    // The last replies are sent; the remaining connections are idle.
    is_done = true;
    until = std::min(until, now + kGrace);
  }
}

}  // namespace rtcroom
