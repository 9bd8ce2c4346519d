// The listeners of `App`, from start to stop.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <thread>
#include <utility>

#include <fmt/ranges.h>

#include "daemon/base/version.h"
#include "daemon/config/reload_plan.h"
#include "daemon/process/app.h"
#include "daemon/process/descriptor_limit.h"
#include "daemon/process/memory_limit.h"

namespace rtcroom {
namespace {

/// Of the operator's listener.
constexpr EdgeThreadCounts kAdminThreads{.loops = 1, .workers = 2, .waiting = 64};

/// Many clients share one address, and arrive together when a meeting begins.
constexpr std::uint32_t kTicketsAtOnce = 100;

/// More loops than this share the store's readers, and clients do not need them.
constexpr std::size_t kMaxLoops = 8;

/// The default limit of bytes held for slow clients, for that much memory.
std::size_t HeldBytesFor(std::uint64_t memory) {
  return std::min<std::uint64_t>(std::uint64_t{256} << 20, memory / 4);
}

std::size_t LoopCount() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMaxLoops);
}

GrpcTlsFiles MakeTlsFiles(const GrpcConfig& grpc) {
  return {.cert = grpc.tls_cert, .key = grpc.tls_key, .client_ca = grpc.client_ca};
}

}  // namespace

AdmissionLimits App::AdmissionLimitsNow() const {
  const LimitsConfig& limits = config_.limits;
  return {.per_address = {.per_second = limits.per_address_rate.per_second,
                          .burst = static_cast<std::uint32_t>(limits.per_address_burst)},
          .per_user = {.per_second = limits.per_user_rate.per_second,
                       .burst = static_cast<std::uint32_t>(limits.per_user_burst)},
          .tickets = {.per_second = limits.signing_rate.per_second,
                      .burst = kTicketsAtOnce,
                      .per_hour = limits.signing_rate.per_hour}};
}

HttpListenerOptions App::ListenerOptions(std::string_view name, const std::string& address) {
  const ServerConfig& server = config_.server;
  return {.listen = address,
          .inherited = sockets_.Take(name, address),
          .tls = {},
          .connections = {.max_body_bytes = server.max_body_bytes,
                          .idle_timeout = server.idle_timeout,
                          .request_timeout = server.request_timeout}};
}

Status App::Listen() {
  connection_limiter_ = std::make_unique<ConnectionLimiter>(ConnectionLimits{});
  const std::size_t most_held = config_.server.max_held_bytes != 0 ? config_.server.max_held_bytes
                                                                   : HeldBytesFor(MemoryLimit());
  held_ = std::make_unique<MemoryTotal>(most_held);
  admin_held_ = std::make_unique<MemoryTotal>(most_held);
  threads_ = std::make_unique<EdgeThreads>(
      EdgeThreadCounts{.loops = LoopCount(), .workers = config_.server.workers}, logger_);
  admin_threads_ = std::make_unique<EdgeThreads>(kAdminThreads, logger_);
  tls_ = std::make_unique<TlsSettings>(clock_,
                                       [this](std::span<std::byte> out) { random_.Fill(out); });

  AdminSources sources{
      .readiness = [this]() -> Status {
        if (draining_) return Error{Errc::kUnavailable, "draining"};
        return store_->Ping();
      },
      .metrics = [this] { return metrics_->Text(); },
      .others = [this](const HttpRequest& request,
                       AdminResponder& responder) { admin_router_->Handle(request, responder); }};
  admin_ = std::make_unique<AdminServer>(
      ListenerOptions("admin", config_.admin.listen), std::move(sources), *request_ids_,
      HttpListenerDeps{.threads = *admin_threads_,
                       .limiter = admin_connection_limiter_,
                       .held = *admin_held_,
                       .observer = metrics_->ConnectionsOf("admin"),
                       .clock = clock_,
                       .logger = logger_});

  const ServerConfig& server = config_.server;
  if (!server.https_listen.empty()) {
    if (Status status = tls_->Reload(server.tls_cert, server.tls_key); !status) return status;
  }
  MakeServer("http", server.http_listen, {}, http_);
  MakeServer("https", server.https_listen, [this] { return tls_->Current(); }, https_);
  MakeGrpcServer();
  if (Status status = sockets_.CheckAllTaken(); !status) return status;
  ApplyLimits();
  if (Status status = Start("http", http_.get()); !status) return status;
  if (Status status = Start("https", https_.get()); !status) return status;
  if (grpc_ != nullptr) {
    if (Status status = grpc_->Start(); !status) return status;
  }
  MakeConsole();
  RecordCertificates();
  // Last, so that a server that answers here is ready.
  if (Status status = admin_->Start(); !status) return status;
  logger_.Info("listening", {{"listener", "admin"}, {"address", admin_->bound_address()}});
  return {};
}

void App::MakeServer(std::string_view name, const std::string& address, TlsSource tls,
                     std::unique_ptr<HttpListener>& server) {
  if (address.empty()) return;
  HttpListenerOptions options = ListenerOptions(name, address);
  options.tls = std::move(tls);
  // A loaded configuration holds only valid ranges here.
  options.connections.trusted_proxies =
      AddressRanges::Parse(config_.server.trusted_proxies).value_or(AddressRanges());
  options.connections.proxy_protocol = config_.server.proxy_protocol;
  server =
      std::make_unique<HttpListener>(std::move(options), *router_,
                                     HttpListenerDeps{.threads = *threads_,
                                                      .limiter = *connection_limiter_,
                                                      .held = *held_,
                                                      .observer = metrics_->ConnectionsOf(name),
                                                      .clock = clock_,
                                                      .logger = logger_});
}

Status App::Start(std::string_view name, HttpListener* server) {
  if (server == nullptr) return {};
  if (Status status = server->Start(); !status) return status;
  logger_.Info("listening", {{"listener", name}, {"address", server->bound_address()}});
  return {};
}

void App::MakeGrpcServer() {
  const GrpcConfig& grpc = config_.grpc;
  if (grpc.listen.empty()) return;
  watch_ = std::make_unique<WatchHub>(*store_, watch_commits_, clock_, logger_);
  watch_service_ = std::make_unique<WatchService>(*watch_);
  grpc_ = std::make_unique<GrpcAdminServer>(
      GrpcServerOptions{.listen = grpc.listen,
                        .inherited = sockets_.Take("grpc", grpc.listen),
                        .tls = MakeTlsFiles(grpc),
                        .token = grpc.token,
                        .is_open_on_loopback = mode_ == RunMode::kDev},
      GrpcAdminServerDeps{
          .store = *store_,
          .rooms = *rooms_,
          .facts = {.version = std::string(kVersion),
                    .started_at = clock_.Now(),
                    .pushers = [this] { return leases_.size(); },
                    .watchers = [this] { return watch_->subscribers(); }},
          .more_services = {{.name = WatchService::kName, .service = watch_service_.get()}},
          .end_streams = [this] { watch_->Stop(); },
          .clock = clock_,
          .logger = logger_});
}

void App::ApplyLimits() {
  const ServerConfig& server = config_.server;
  const std::size_t most = ConnectionsWithin(DescriptorLimit());
  if (most < server.max_connections) {
    logger_.Warn("max_connections_lowered",
                 {{"max_connections", server.max_connections}, {"to", most}});
  }
  connection_limiter_->SetLimits({.total = std::min(most, server.max_connections),
                                  .per_address = server.max_connections_per_address});
  metrics_->SetLimits({.connections = std::min(most, server.max_connections),
                       .rooms = config_.room.max_rooms,
                       .sessions = config_.auth.max_tokens,
                       .events = config_.store.max_events});
  admission_->SetLimits(AdmissionLimitsNow());
  quota_.SetLimits(
      {.per_address = config_.limits.rooms_per_address, .per_user = config_.limits.rooms_per_user});
  for (const auto& listener : {std::cref(http_), std::cref(https_)}) {
    if (listener.get()) listener.get()->SetPace(config_.limits.pushers_rate.per_second);
  }
}

void App::Reload(const Config& fresh) {
  const ReloadPlan plan = PlanReload(loaded_config_, fresh);
  loaded_config_ = plan.config;
  const ServerConfig before = config_.server;
  const Secret token_before = config_.admin.token;
  config_ = PlanReload(config_, fresh).config;
  if (config_.server.tls_cert.empty()) {  // keeps the one generated in dev mode
    config_.server.tls_cert = before.tls_cert;
    config_.server.tls_key = before.tls_key;
  }
  if (config_.admin.token.empty()) config_.admin.token = dev_admin_token_;
  logger_.SetLevel(config_.log.level);
  ApplyLimits();
  admin_access_->SetToken(config_.admin.token);
  // A stream checks its token only once, and would continue with a revoked one.
  if (config_.admin.token != token_before) console_->EndStreams();
  utils_->SetAdminToken(config_.utils.admin_token);
  if (https_ != nullptr) {
    const Status status = tls_->Reload(config_.server.tls_cert, config_.server.tls_key);
    if (!status) logger_.Warn("certificate_refused", {{"reason", status.error().detail}});
  }
  if (grpc_ != nullptr) {
    const Status status = grpc_->ReloadTls(MakeTlsFiles(config_.grpc));
    if (!status) logger_.Warn("certificate_refused", {{"reason", status.error().detail}});
  }
  RecordCertificates();
  for (const std::string& key : plan.need_restart) {
    logger_.Warn("needs_restart", {{"key", key}});
  }
  logger_.Info("reloaded", {{"log_level", LogLevelName(config_.log.level)},
                            {"applied", fmt::format("{}", fmt::join(plan.applied, ","))}});
}

void App::RecordCertificates() {
  if (const std::shared_ptr<ssl_ctx_st> context = tls_->Current()) {
    const Result<TimePoint> ends = CertificateExpiry(context.get());
    if (ends) metrics_->SetCertificateExpiry("https", *ends);
  }
  if (grpc_ != nullptr && grpc_->certificate_expiry()) {
    metrics_->SetCertificateExpiry("grpc", *grpc_->certificate_expiry());
  }
}

Status App::CheckSameListeners(const Config& fresh) const {
  for (const std::string& key : PlanReload(loaded_config_, fresh).need_restart) {
    if (key == "server.http_listen" || key == "server.https_listen" || key == "admin.listen" ||
        key == "grpc.listen") {
      return Error{Errc::kBadRequest, key + ": has changed, which takes a stop and a start"};
    }
  }
  return {};
}

void App::StopServing(SocketAfterStop after) {
  const MonotonicTime until = clock_.Monotonic() + config_.server.drain_timeout;
  const auto left = [&] {
    return std::max(
        std::chrono::duration_cast<std::chrono::milliseconds>(until - clock_.Monotonic()),
        std::chrono::milliseconds(0));
  };
  // In parallel: neither may use up the other's time, or keep accepting meanwhile. If the system
  // has no thread left, they stop one after the other, when they are waited for.
  constexpr auto kAtOnceIfItCan = std::launch::async | std::launch::deferred;
  std::vector<std::future<void>> stopping;
  for (HttpListener* const server : {http_.get(), https_.get()}) {
    if (server == nullptr) continue;
    stopping.push_back(std::async(kAtOnceIfItCan, [&, server] { server->Stop(left(), after); }));
  }
  if (grpc_ != nullptr) {
    stopping.push_back(std::async(kAtOnceIfItCan, [&] { grpc_->Stop(left(), after); }));
  }
  // Slightly before the end of the drain, so that the answers are still sent.
  const auto for_answers = std::min<std::chrono::milliseconds>(config_.server.drain_timeout / 4,
                                                               std::chrono::milliseconds(500));
  for (const std::future<void>& stopped : stopping) stopped.wait_for(left() - for_answers);
  // Answers the callers that still wait for an outside service.
  outgoing_.Stop();
  // An interrupted notice is sent again after the next start. It gets half of the time; the rest is
  // for the answers of callers that wait for a group.
  if (im_ != nullptr) im_->Stop(std::min<std::chrono::milliseconds>(left(), for_answers) / 2);
  for (const std::future<void>& stopped : stopping) stopped.wait();
  if (console_ != nullptr) console_->Close();  // first, so that its answers can still be sent
  if (admin_ != nullptr) admin_->Stop(left(), after);
  if (console_ != nullptr) console_->Stop();
}

std::vector<NamedSocket> App::TakeSockets() {
  std::vector<NamedSocket> sockets;
  if (http_ != nullptr) sockets.push_back({.name = "http", .listening = http_->TakeSocket()});
  if (https_ != nullptr) sockets.push_back({.name = "https", .listening = https_->TakeSocket()});
  if (admin_ != nullptr) sockets.push_back({.name = "admin", .listening = admin_->TakeSocket()});
  if (grpc_ != nullptr) sockets.push_back({.name = "grpc", .listening = grpc_->TakeSocket()});
  return sockets;
}

std::string App::http_address() const { return http_ == nullptr ? "" : http_->bound_address(); }

std::string App::https_address() const { return https_ == nullptr ? "" : https_->bound_address(); }

std::string App::grpc_address() const { return grpc_ == nullptr ? "" : grpc_->bound_address(); }

}  // namespace rtcroom
