#include "daemon/process/listeners_module.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "daemon/config/configured_listeners.h"
#include "daemon/process/memory_limit.h"
#include "handlers/callbacks/cloud_callbacks.h"

namespace rtcroom {
namespace {

/// More loops than this share the store's readers, and clients do not need them.
constexpr std::size_t kMaxLoops = 8;

/// Enough for as many idle clients as `server.max_connections` admits by default.
constexpr std::uint64_t kDefaultHeldBytes = std::uint64_t{768} << 20;
/// With less no client could connect.
constexpr std::uint64_t kMinHeldBytes = std::uint64_t{16} << 20;

std::size_t LoopCount() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMaxLoops);
}

}  // namespace

ListenerSockets MakeListenerSockets(std::string_view name, const std::string& listen,
                                    const Config& config, InheritedSockets& sockets) {
  InheritedSockets::Taken taken = sockets.Take(name, SplitListen(listen));
  ListenerSockets made{.inherited = std::move(taken.sockets)};
  for (std::string& address : taken.missing) {
    const auto families =
        LeavesV4ToAnother(address, config) ? WildcardFamilies::kV6Only : WildcardFamilies::kBoth;
    made.listen.emplace_back(std::move(address), families);
  }
  return made;
}

HttpListenerOptions MakeListenerOptions(const Config& config, ListenerSockets sockets) {
  const ServerConfig& server = config.server;
  return {.listen = std::move(sockets.listen),
          .inherited = std::move(sockets.inherited),
          .tls = {},
          .connections = {.max_body_bytes = server.max_body_bytes,
                          .kept_headers = kTrtcHeaders,
                          .idle_timeout = server.idle_timeout,
                          .request_timeout = server.request_timeout}};
}

Error CannotStart(Error failure, std::string_view key, bool is_dev) {
  if (!failure.detail.starts_with("cannot listen on ")) return failure;  // of its certificate
  failure.detail += fmt::format("; {} sets another address", key);
  if (is_dev) failure.detail += ", and --port BASE other ports for all";
  return failure;
}

void AddSockets(std::string_view name, std::vector<ListeningSocket> kept,
                std::vector<NamedSocket>& sockets) {
  for (ListeningSocket& socket : kept) {
    sockets.push_back({.name = std::string(name), .listening = std::move(socket)});
  }
}

MaxHeldBytes::MaxHeldBytes(const ServerConfig& server) {
  std::uint64_t all = server.max_held_bytes;
  if (all == 0) all = std::min(kDefaultHeldBytes, MemoryLimit() / 2);
  all = std::max(all, kMinHeldBytes);
  of_admin = all / 8;
  of_clients = all - of_admin;
}

ListenersModule::ListenersModule(const Config& config, const ListenersModuleDeps& deps)
    : logger_(deps.runtime.logger),
      is_dev_(deps.is_dev),
      limiter_(ConnectionLimits{}),
      threads_(EdgeThreadCounts{.loops = LoopCount(), .workers = config.server.workers},
               deps.runtime.logger),
      tls_(deps.runtime.clock,
           [&random = deps.runtime.random](std::span<std::byte> out) { random.Fill(out); }),
      http_(Make("http", config.server.http_listen, {}, config, deps)),
      https_(Make(
          "https", config.server.https_listen, [this] { return tls_.Current(); }, config, deps)) {}

std::unique_ptr<HttpListener> ListenersModule::Make(std::string_view name,
                                                    const std::string& address, TlsSource tls,
                                                    const Config& config,
                                                    const ListenersModuleDeps& deps) {
  if (address.empty()) return nullptr;
  const ServerConfig& server = config.server;
  HttpListenerOptions options =
      MakeListenerOptions(config, MakeListenerSockets(name, address, config, deps.sockets));
  options.tls = std::move(tls);
  // A loaded configuration holds only valid ranges here.
  options.connections.trusted_proxies =
      AddressRanges::Parse(server.trusted_proxies).value_or(AddressRanges());
  options.connections.proxy_protocol = server.proxy_protocol;
  options.connections.reads_on_workers = deps.reads_on_workers;
  return std::make_unique<HttpListener>(std::move(options), deps.handler,
                                        HttpListenerDeps{.threads = threads_,
                                                         .limiter = limiter_,
                                                         .held = deps.held,
                                                         .counts = deps.metrics.ConnectionsOf(name),
                                                         .clock = deps.runtime.clock,
                                                         .logger = deps.runtime.logger});
}

Status ListenersModule::Start(const ServerConfig& server) {
  if (Status status = ReloadTls(server); !status) return status;
  if (Status status = Start("http", http_.get()); !status) return status;
  return Start("https", https_.get());
}

Status ListenersModule::Start(std::string_view name, HttpListener* listener) {
  if (listener == nullptr) return {};
  if (Status status = listener->Start(); !status) {
    return CannotStart(status.error(), fmt::format("server.{}_listen", name), is_dev_);
  }
  for (const std::string& address : listener->bound_addresses()) {
    logger_.Info("listening", {{"listener", name}, {"address", address}});
  }
  return {};
}

void ListenersModule::SetLimits(const ConnectionLimits& connections, const LimitsConfig& limits) {
  limiter_.SetLimits(connections);
  for (HttpListener* const listener : listeners()) {
    listener->SetPace(limits.pushers_rate.per_second);
  }
}

Status ListenersModule::ReloadTls(const ServerConfig& server) {
  return https_ == nullptr ? Status() : tls_.Reload(server.tls_cert, server.tls_key);
}

std::optional<TimePoint> ListenersModule::CertificateExpiry() const {
  const std::shared_ptr<ssl_ctx_st> context = tls_.Current();
  if (context == nullptr) return std::nullopt;
  const Result<CertificateTimes> times = CertificateTimesOf(context.get());
  return times ? std::optional(times->ends) : std::nullopt;
}

std::vector<HttpListener*> ListenersModule::listeners() const {
  std::vector<HttpListener*> listeners;
  for (HttpListener* const listener : {http_.get(), https_.get()}) {
    if (listener != nullptr) listeners.push_back(listener);
  }
  return listeners;
}

std::vector<NamedSocket> ListenersModule::TakeSockets() {
  std::vector<NamedSocket> sockets;
  if (http_ != nullptr) AddSockets("http", http_->TakeSockets(), sockets);
  if (https_ != nullptr) AddSockets("https", https_->TakeSockets(), sockets);
  return sockets;
}

std::string ListenersModule::http_address() const {
  return http_ == nullptr ? "" : http_->bound_address();
}

std::string ListenersModule::https_address() const {
  return https_ == nullptr ? "" : https_->bound_address();
}

}  // namespace rtcroom
