#include "daemon/app.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <span>
#include <thread>
#include <utility>

#include <fmt/ranges.h>

#include "daemon/config/reload_plan.h"
#include "daemon/descriptor_limit.h"
#include "daemon/signing/atomic_file.h"
#include "daemon/signing/dev_identity.h"
#include "daemon/store_factory.h"
#include "daemon/version.h"

namespace rtcroom {
namespace {

/// Rooms read at a time when leases are restored: bounds the memory, costs next to nothing.
constexpr std::size_t kRestoreBatch = 1000;

/// Often enough to keep up with as many changes as one machine can commit.
constexpr std::chrono::seconds kTrimPeriod{2};

/// A client of gRPC takes three descriptors, and all of them together leave most to phones.
constexpr std::size_t kMostGrpcClients = 128;
constexpr std::size_t kDescriptorsForAGrpcClient = 8;

/// Of the listener that only the operator uses.
constexpr EdgeThreadCounts kAdminThreads{.loops = 1, .workers = 2, .waiting = 64};

/// More loops than this share the readers of the store, and phones do not need them.
constexpr std::size_t kMaxLoops = 8;

std::size_t LoopCount() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMaxLoops);
}

SipHashKey RandomKey(RandomSource& random) {
  SipHashKey key;
  random.Fill(std::as_writable_bytes(std::span(&key, 1)));
  return key;
}

AdmissionLimits LimitsOf(const LimitsConfig& limits) {
  return {.per_address = {.per_second = limits.per_address_rate.per_second,
                          .burst = static_cast<std::uint32_t>(limits.per_address_burst)},
          .per_user = {.per_second = limits.per_user_rate.per_second,
                       .burst = static_cast<std::uint32_t>(limits.per_user_burst)}};
}

std::chrono::seconds WholeSeconds(ConfigDuration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

GrpcTlsFiles TlsFilesOf(const GrpcConfig& grpc) {
  return {.cert = grpc.tls_cert, .key = grpc.tls_key, .client_ca = grpc.client_ca};
}

std::vector<UserId> UserIds(const std::vector<std::string>& texts) {
  std::vector<UserId> ids;
  ids.reserve(texts.size());
  for (const std::string& text : texts) ids.push_back({text});
  return ids;
}

}  // namespace

App::App(Config config, RunMode mode, InheritedSockets sockets, Logger& logger)
    : config_(std::move(config)),
      loaded_config_(config_),
      mode_(mode),
      logger_(logger),
      sockets_(std::move(sockets)),
      leases_(clock_, config_.room.heartbeat_timeout) {}

App::~App() { Stop(); }

Status App::Start() {
  if (Status status = OpenDataDirectory(); !status) return status;
  if (mode_ == RunMode::kDev) {
    if (Status status = FillInDevIdentity(); !status) return status;
  }
  for (const ConfigProblem& warning : FindWarnings(config_)) {
    logger_.Warn("configuration", {{"key", warning.key}, {"what", warning.sentence}});
  }
  if (Status status = OpenRooms(); !status) return status;
  if (Status status = BuildServices(); !status) return status;
  // Reading a large store takes a while, in which nobody could beat.
  leases_.GraceForAll();
  if (Status status = Listen(); !status) return status;
  BeginUpkeep();
  is_ready_ = true;
  logger_.Info("ready", {{"version", kVersion}, {"pushers", leases_.size()}});
  return {};
}

Status App::OpenDataDirectory() {
  Result<std::unique_ptr<DataDirectory>> directory = DataDirectory::Open(config_.store.data_dir);
  if (!directory) return directory.error();
  data_directory_ = *std::move(directory);
  return {};
}

Status App::FillInDevIdentity() {
  const Result<DevIdentity> identity =
      LoadOrMakeDevIdentity(data_directory_->path() / "dev", random_, clock_.Now());
  if (!identity) return identity.error();
  if (config_.server.tls_cert.empty()) {
    config_.server.tls_cert = identity->cert_path.string();
    config_.server.tls_key = identity->key_path.string();
  }
  if (config_.im.sig_version == 2 && config_.im.secret_key.empty()) {
    config_.im.secret_key = identity->sig_key;
  }
  if (config_.live.push_key.empty()) config_.live.push_key = identity->push_key;
  return {};
}

Status App::OpenRooms() {
  Result<std::unique_ptr<Storage>> store =
      OpenStore({.url = config_.store.url,
                 .data_dir = config_.store.data_dir,
                 .limits = {.max_rooms = config_.room.max_rooms},
                 .new_epoch = NewEpoch(random_)},
                commits_);
  if (!store) return store.error();
  store_ = *std::move(store);
  if (Status status = RestoreBans(); !status) return status;

  std::uint64_t after = 0;
  while (true) {
    const Result<RoomPage> page = store_->Scan(after, kRestoreBatch);
    if (!page) return page.error();
    if (page->rooms.empty()) return {};
    for (const Room& room : page->rooms) leases_.Restore(room);
    after = page->rooms.back().sequence;
  }
}

Status App::RestoreBans() {
  const Result<std::vector<Ban>> bans = store_->LoadBans(clock_.Now());
  if (!bans) return bans.error();
  for (const Ban& ban : *bans) {
    if (const auto put = bans_.Put(ban); !put) return put.error();
  }
  return {};
}

Status App::BuildServices() {
  const ImConfig& im = config_.im;
  Secret private_key;
  if (!im.private_key_file.empty()) {
    Result<std::string> pem = ReadSmallFile(im.private_key_file);
    if (!pem) return pem.error();
    private_key = Secret(*std::move(pem));
  }
  Result<std::unique_ptr<ImLoginSigner>> signer =
      ImLoginSigner::Create({.sdk_app_id = im.sdk_app_id,
                             .account_type = im.account_type,
                             .sig_version = static_cast<int>(im.sig_version),
                             .secret_key = im.secret_key,
                             .private_key_pem = private_key,
                             .user_sig_ttl = WholeSeconds(im.user_sig_ttl)});
  if (!signer) return signer.error();
  login_signer_ = *std::move(signer);

  const LiveConfig& live = config_.live;
  streams_ = std::make_unique<SignedStreamUrls>(StreamUrlOptions{
      .bizid = live.bizid,
      .push_key = live.push_key,
      .play_key = live.play_key,
      .push_host = live.push_host,
      .play_host = live.play_host,
      .url_ttl = WholeSeconds(live.url_ttl),
  });
  calls_ = std::make_unique<CallPool>(clock_, logger_);
  codes_ = std::make_unique<WechatCodeExchange>(WechatOptions{.base_url = config_.wechat.base_url,
                                                              .app_id = config_.wechat.app_id,
                                                              .secret = config_.wechat.secret},
                                                outgoing_, *calls_, logger_);
  logins_ = std::make_unique<LoginService>(
      *codes_, *login_signer_, clock_, ids_,
      LoginPolicy{.trust_imuserid = config_.auth.trust_imuserid,
                  .strict_wechat = config_.wechat.strict,
                  .expose_session_key = config_.wechat.expose_session_key,
                  .administrator = {im.admin},
                  .deny_user_ids = UserIds(config_.auth.deny_user_ids)});
  metrics_ = std::make_unique<Metrics>(std::string(kVersion), Figures());
  if (im.enabled) {
    im_ = std::make_unique<ImLink>(im, ImLinkParts{.storage = *store_,
                                                   .commits = im_commits_,
                                                   .signer = *login_signer_,
                                                   .clock = clock_,
                                                   .random = random_,
                                                   .observer = metrics_->im_observer(),
                                                   .logger = logger_});
    if (Status status = im_->Start(); !status) return status;
  }
  rooms_ = std::make_unique<RoomService>(
      RoomServiceParts{.store = *store_,
                       .ban_store = *store_,
                       .bans = bans_,
                       .leases = leases_,
                       .groups = im_ != nullptr ? im_->groups() : no_groups_,
                       .streams = *streams_,
                       .clock = clock_,
                       .ids = ids_},
      RoomServiceOptions{.limits = {.max_pushers_double = config_.room.max_pushers_double,
                                    .max_pushers_multi = config_.room.max_pushers_multi,
                                    .max_pushers_live = config_.room.max_pushers_live}},
      logger_);
  admission_ =
      std::make_unique<RateLimitedAdmission>(clock_, RandomKey(random_), LimitsOf(config_.limits));
  router_ = std::make_unique<Router>(Services{.rooms = *rooms_,
                                              .logins = *logins_,
                                              .streams = *streams_,
                                              .clock = clock_,
                                              .admission = *admission_},
                                     RouterOptions{.prefix = config_.server.prefix,
                                                   .gen1_prefix = config_.server.gen1_prefix,
                                                   .gen2_prefix = config_.server.gen2_prefix,
                                                   .cors_origins = config_.server.cors_origins,
                                                   .auth_mode = config_.auth.mode,
                                                   .sdk_app_id = im.sdk_app_id,
                                                   .account_type = im.account_type});
  // Eight digits set apart the runs whose lines share a log.
  request_ids_ = std::make_unique<RequestIds>(NewEpoch(random_).substr(0, 8));
  return {};
}

MetricsSources App::Figures() {
  return {.rooms = [this](RoomKind kind) { return store_->CountRooms(kind); },
          .leases = [this] { return leases_.size(); },
          .waiting_requests = [this] { return threads_->workers().waiting(); },
          .im_owed_groups = [this] { return im_ == nullptr ? 0 : im_->owed_groups(); },
          .im_lag = [this] { return im_ == nullptr ? 0 : im_->lag(); }};
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

RequestAnswers App::Answers() {
  return {.plan = [this](std::string_view method,
                         std::string_view raw_path) { return router_->Plan(method, raw_path); },
          .answer = [this](const HttpRequest& request,
                           const DeferReply& defer) { return router_->Handle(request, defer); },
          .refuse = [this](int status) { return router_->Refuse(status); }};
}

Status App::Listen() {
  census_ = std::make_unique<ConnectionCensus>(ConnectionLimits{});
  threads_ = std::make_unique<EdgeThreads>(
      EdgeThreadCounts{.loops = LoopCount(), .workers = config_.server.workers}, logger_);
  admin_threads_ = std::make_unique<EdgeThreads>(kAdminThreads, logger_);
  tls_ = std::make_unique<TlsSettings>(clock_,
                                       [this](std::span<std::byte> out) { random_.Fill(out); });

  AdminSources sources{.readiness = [this]() -> Status {
                         if (draining_) return Error{Errc::kUnavailable, "draining"};
                         return store_->Ping();
                       },
                       .metrics = [this] { return metrics_->Text(); }};
  admin_ = std::make_unique<AdminServer>(ListenerOptions("admin", config_.admin.listen),
                                         std::move(sources),
                                         EdgeParts{.threads = *admin_threads_,
                                                   .census = admin_census_,
                                                   .observer = *metrics_,
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
  // Last, so that a server that answers here is ready.
  if (Status status = admin_->Start(); !status) return status;
  logger_.Info("listening", {{"listener", "admin"}, {"address", admin_->bound_address()}});
  return {};
}

void App::MakeServer(std::string_view name, const std::string& address, TlsSource tls,
                     std::unique_ptr<HttpServer>& server) {
  if (address.empty()) return;
  HttpListenerOptions options = ListenerOptions(name, address);
  options.tls = std::move(tls);
  // A configuration that was loaded has nothing here that is no range.
  options.connections.trusted_proxies =
      AddressRanges::Parse(config_.server.trusted_proxies).value_or(AddressRanges());
  options.connections.proxy_protocol = config_.server.proxy_protocol;
  server = std::make_unique<HttpServer>(std::move(options), Answers(), *request_ids_, *metrics_,
                                        EdgeParts{.threads = *threads_,
                                                  .census = *census_,
                                                  .observer = *metrics_,
                                                  .clock = clock_,
                                                  .logger = logger_});
}

Status App::Start(std::string_view name, HttpServer* server) {
  if (server == nullptr) return {};
  if (Status status = server->Start(); !status) return status;
  logger_.Info("listening", {{"listener", name}, {"address", server->bound_address()}});
  return {};
}

void App::MakeGrpcServer() {
  const GrpcConfig& grpc = config_.grpc;
  if (grpc.listen.empty()) return;
  grpc_ = std::make_unique<OperatorServer>(
      GrpcServerOptions{
          .listen = grpc.listen,
          .inherited = sockets_.Take("grpc", grpc.listen),
          .tls = TlsFilesOf(grpc),
          .token = grpc.token,
          .door = {.max_connections =
                       std::min(kMostGrpcClients, DescriptorLimit() / kDescriptorsForAGrpcClient)}},
      OperatorServerParts{.store = *store_,
                          .rooms = *rooms_,
                          .facts = {.version = std::string(kVersion),
                                    .started_at = clock_.Now(),
                                    .pushers = [this] { return leases_.size(); },
                                    .watchers = [] { return std::uint64_t{0}; }},
                          .observer = *metrics_,
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
  census_->SetLimits({.total = std::min(most, server.max_connections),
                      .per_address = server.max_connections_per_address});
  admission_->SetLimits(LimitsOf(config_.limits));
  for (const auto& listener : {std::cref(http_), std::cref(https_)}) {
    if (listener.get()) listener.get()->SetPace(config_.limits.pushers_rate.per_second);
  }
}

void App::Reload(const Config& fresh) {
  const ReloadPlan plan = PlanReload(loaded_config_, fresh);
  loaded_config_ = plan.config;
  const ServerConfig before = config_.server;
  config_ = PlanReload(config_, fresh).config;
  if (config_.server.tls_cert.empty()) {  // the one that was made in dev mode stays
    config_.server.tls_cert = before.tls_cert;
    config_.server.tls_key = before.tls_key;
  }
  logger_.SetLevel(config_.log.level);
  ApplyLimits();
  if (https_ != nullptr) {
    const Status status = tls_->Reload(config_.server.tls_cert, config_.server.tls_key);
    if (!status) logger_.Warn("certificate_refused", {{"reason", status.error().detail}});
  }
  if (grpc_ != nullptr && !config_.grpc.tls_cert.empty()) {
    const Status status = grpc_->ReloadTls(TlsFilesOf(config_.grpc));
    if (!status) logger_.Warn("certificate_refused", {{"reason", status.error().detail}});
  }
  for (const std::string& key : plan.need_restart) {
    logger_.Warn("needs_restart", {{"key", key}});
  }
  logger_.Info("reloaded", {{"log_level", LogLevelName(config_.log.level)},
                            {"taken_up", fmt::format("{}", fmt::join(plan.taken_up, ","))}});
}

void App::BeginUpkeep() {
  reaper_ = std::make_unique<HeartbeatReaper>(
      *rooms_, leases_, clock_, ReaperOptions{.sweep_period = config_.room.sweep_period}, *this,
      logger_);
  trimmer_ = std::make_unique<EventTrimmer>(*store_, clock_,
                                            TrimOptions{.retention = config_.store.event_retention,
                                                        .max_events = config_.store.max_events},
                                            logger_);
  reaping_.emplace(reaper_->TickPeriod(), [this](const std::stop_token&) { reaper_->Tick(); });
  trimming_.emplace(kTrimPeriod, [this](const std::stop_token& stop) {
    ForgetEndedBans();
    trimmer_->Trim(stop);
  });
}

void App::ForgetEndedBans() {
  if (bans_.RemoveEnded() == 0) return;
  const Status removed = store_->RemoveEndedBans(clock_.Now());
  // What stays is passed over by the next start.
  if (!removed) logger_.Warn("bans_not_removed", {{"reason", removed.error().detail}});
}

void App::OnSweep(const SweepOutcome& outcome) {
  metrics_->CountEvictions(outcome.expiry.expired);
  const bool left_some = outcome.behind || outcome.expiry.failed > 0;
  metrics_->SetReaperLag(left_some ? outcome.lag : std::chrono::milliseconds(0));
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

void App::Stop(SocketAfterStop after) {
  if (draining_.exchange(true)) return;
  // First, so that nobody is evicted for heartbeats that we no longer take.
  reaping_.reset();
  trimming_.reset();
  StopServing(after);
  if (calls_ != nullptr) calls_->Stop();
  im_.reset();
  store_.reset();
  if (is_ready_) logger_.Info("stopped");
}

void App::StopServing(SocketAfterStop after) {
  const MonotonicTime until = clock_.Monotonic() + config_.server.drain_timeout;
  const auto left = [&] {
    return std::max(
        std::chrono::duration_cast<std::chrono::milliseconds>(until - clock_.Monotonic()),
        std::chrono::milliseconds(0));
  };
  // Side by side: neither may use up the other's time, or go on accepting meanwhile.
  std::vector<std::future<void>> stopping;
  for (HttpServer* const server : {http_.get(), https_.get()}) {
    if (server == nullptr) continue;
    stopping.push_back(
        std::async(std::launch::async, [&, server] { server->Stop(left(), after); }));
  }
  if (grpc_ != nullptr) {
    stopping.push_back(std::async(std::launch::async, [&] { grpc_->Stop(left(), after); }));
  }
  // A little before the end of the drain, or the answers would come too late.
  const auto for_answers = std::min<std::chrono::milliseconds>(config_.server.drain_timeout / 4,
                                                               std::chrono::milliseconds(500));
  for (const std::future<void>& stopped : stopping) stopped.wait_for(left() - for_answers);
  // Whoever still waits for an outside service is answered now that there is none.
  outgoing_.Stop();
  // A notice that is cut short is sent again after the next start.
  if (im_ != nullptr) im_->Stop(std::min<std::chrono::milliseconds>(left(), for_answers));
  stopping.clear();  // waits
  if (admin_ != nullptr) admin_->Stop(left(), after);
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
