#include "daemon/grpc/grpc_server.h"

#include <algorithm>
#include <exception>
#include <future>
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

#include "daemon/config/listen_address.h"
#include "daemon/grpc/grpc_address.h"
#include "daemon/grpc/library_log.h"
#include "daemon/grpc/token_check.h"

namespace rtcroom {
namespace {

/// Between two looks at whether all is done; a stop is rare and short.
constexpr std::chrono::milliseconds kEndPoll{5};
/// For a client's last call to arrive, and for it to be told that no more are wanted.
constexpr std::chrono::milliseconds kGrace{100};
/// gRPC lets go of cut connections at once; this only keeps a mistake from blocking a stop.
constexpr std::chrono::seconds kLibraryPatience{5};
/// How often a client may ping that has nothing else to say.
constexpr std::chrono::seconds kLeastPingInterval{10};

int Milliseconds(std::chrono::milliseconds span) { return static_cast<int>(span.count()); }

}  // namespace

class GrpcServer::Library {
 public:
  Library(const GrpcServerOptions& options, const GrpcServerParts& parts)
      : log_(parts.logger, parts.clock) {
    // Both concern all builders of the process, and there is one.
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    for (const GrpcService& each : parts.services) builder.RegisterService(each.service);
    SetLimits(options, builder);
    // The sockets that it gets are local ones, whatever is at their other end; "insecure"
    // credentials would not let the token be checked.
    const auto credentials = grpc::experimental::LocalServerCredentials(UDS);
    if (!options.token.empty()) {
      credentials->SetAuthMetadataProcessor(
          std::make_shared<TokenCheck>(options.token, parts.logger));
    }
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return;
    grpc::HealthCheckServiceInterface* const health = server_->GetHealthCheckService();
    for (const GrpcService& each : parts.services) health->SetServingStatus(each.name, true);
  }

  [[nodiscard]] bool is_up() const { return server_ != nullptr; }

  /// @param socket  connected; not to be called once `Shutdown` has begun, or it is leaked.
  void Serve(FileDescriptor socket) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.fd = socket.Release();
    acceptor_->HandleNewConnection(&connection);
  }

  void FailHealth() { server_->GetHealthCheckService()->Shutdown(); }

  /// Returns when all connections have ended.
  void Shutdown(std::chrono::milliseconds patience) {
    server_->Shutdown(std::chrono::system_clock::now() + patience);
  }

 private:
  static void SetLimits(const GrpcServerOptions& options, grpc::ServerBuilder& builder) {
    builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_request_bytes));
    const auto set = [&builder](const char* name, std::size_t value) {
      builder.AddChannelArgument(name, static_cast<int>(value));
    };
    set(GRPC_ARG_MAX_METADATA_SIZE, options.max_metadata_bytes);
    set(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams);
    // Frames and windows stay as small as the protocol begins with: requests are.
    set(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    // Nobody needs it for such requests, and a small message can unfold to a thousand times its
    // size before that is measured.
    set(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
    for (const grpc_compression_algorithm algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
      builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
    }
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Milliseconds(options.max_idle));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.ping_after));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(options.ping_timeout));
    set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    set(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // of ours
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                               Milliseconds(kLeastPingInterval));
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                               Milliseconds(options.door.timeouts.handshake));
    grpc::ResourceQuota quota("rtcroomd");
    quota.Resize(options.max_memory_bytes);
    quota.SetMaxThreads(static_cast<int>(options.max_threads));
    builder.SetResourceQuota(quota);
    // Reflection alone is served by threads that wait.
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  }

  /// Keeps the library from ending in the background, at a time of its own choice.
  struct InUse {
    InUse() { grpc_init(); }
    ~InUse() { grpc_shutdown_blocking(); }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;
  };

  LibraryLog log_;
  InUse in_use_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

GrpcServer::GrpcServer(GrpcServerOptions options, GrpcServerParts parts)
    : options_(std::move(options)), parts_(std::move(parts)) {}

GrpcServer::~GrpcServer() { Stop(std::chrono::milliseconds(0)); }

Status GrpcServer::Start() {
  const std::string address = options_.inherited ? options_.inherited->address : options_.listen;
  if (Status status = CheckReach(address, options_.tls); !status) return status;
  if (!options_.tls.cert.empty()) {
    if (Status status = TakeUpTls(options_.tls); !status) return status;
  }
  if (options_.inherited) {
    listening_ = *std::exchange(options_.inherited, std::nullopt);
  } else {
    Result<ListeningSocket> bound = ListenForGrpc(options_.listen);
    if (!bound) return bound.error();
    listening_ = *std::move(bound);
  }
  socket_file_ = FindSocketFile(listening_.address);
  // What a name has led to.
  if (Status status = CheckReach(listening_.address, options_.tls); !status) return status;
  try {
    library_ = std::make_unique<Library>(options_, parts_);
    if (!library_->is_up()) return Error{Errc::kUnavailable, "gRPC does not start"};
    door_ = std::make_unique<FrontDoor>(
        options_.door, [this] { return CurrentTls(); },
        [this](FileDescriptor socket) { library_->Serve(std::move(socket)); },
        FrontDoorParts{
            .observer = parts_.observer, .clock = parts_.clock, .logger = parts_.logger});
  } catch (const std::exception& problem) {
    return Error{Errc::kUnavailable, fmt::format("gRPC does not start: {}", problem.what())};
  }
  return door_->Open(listening_);
}

Status GrpcServer::CheckReach(const std::string& address, const GrpcTlsFiles& tls) {
  const std::optional<ListenAddress> port = ParseListenAddress(address);
  const bool is_local = address.starts_with("unix:") || (port && port->IsLoopback());
  if (is_local || !(tls.cert.empty() || tls.key.empty() || tls.client_ca.empty())) return {};
  return Error{Errc::kUnavailable,
               fmt::format("{}: other machines need TLS and certificates of their own", address)};
}

Status GrpcServer::ReloadTls(const GrpcTlsFiles& files) {
  if (Status status = CheckReach(bound_address(), files); !status) return status;
  return TakeUpTls(files);
}

Status GrpcServer::TakeUpTls(const GrpcTlsFiles& files) {
  Result<TlsContext> loaded = LoadGrpcTlsContext(files);
  if (!loaded) return loaded.error();
  std::shared_ptr<ssl_ctx_st> fresh = *std::move(loaded);
  const MutexLock lock(tls_mutex_);
  tls_.swap(fresh);
  return {};
}

std::shared_ptr<ssl_ctx_st> GrpcServer::CurrentTls() {
  const MutexLock lock(tls_mutex_);
  return tls_;
}

void GrpcServer::Stop(std::chrono::milliseconds drain_timeout, SocketAfterStop after) {
  if (library_ && library_->is_up()) library_->FailHealth();
  if (door_) door_->Close();
  if (after == SocketAfterStop::kClosed && listening_.socket.valid()) {
    if (socket_file_) RemoveSocketFile(listening_.address, *socket_file_);
    listening_.socket = FileDescriptor();
  }
  if (library_ && library_->is_up()) {
    parts_.end_streams();
    // Clients are told at once; it returns when the last of them has gone.
    std::future<void> shutdown = std::async(
        std::launch::async, [&] { library_->Shutdown(drain_timeout + kLibraryPatience); });
    AwaitCalls(drain_timeout,
               [&] { return shutdown.wait_for(kEndPoll) == std::future_status::ready; });
    if (door_) door_->Stop();
    shutdown.wait();
  }
  door_.reset();
  library_.reset();
}

void GrpcServer::AwaitCalls(std::chrono::milliseconds patience,
                            const std::function<bool()>& all_ended) {
  const MonotonicTime begun = parts_.clock.Monotonic();
  MonotonicTime cut = begun + patience;
  bool is_cutting = false;
  while (!all_ended() && parts_.clock.Monotonic() < cut) {
    const bool may_cut = parts_.clock.Monotonic() >= begun + kGrace;
    if (!may_cut || parts_.calls_at_work() > 0) continue;
    // The last replies are on their way; whoever is left wants nothing that will ever end.
    if (!std::exchange(is_cutting, true)) {
      cut = std::min(cut, parts_.clock.Monotonic() + kGrace);
    }
    if (door_->EndIdle() == 0) return;
  }
}

}  // namespace rtcroom
