#include "daemon/app.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

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

/// Of the listeners that only the operator uses.
constexpr std::size_t kAdminWorkers = 4;

std::chrono::seconds WholeSeconds(ConfigDuration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

std::vector<UserId> UserIds(const std::vector<std::string>& texts) {
  std::vector<UserId> ids;
  ids.reserve(texts.size());
  for (const std::string& text : texts) ids.push_back({text});
  return ids;
}

}  // namespace

App::App(Config config, RunMode mode, Logger& logger)
    : config_(std::move(config)),
      mode_(mode),
      logger_(logger),
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
  Result<std::unique_ptr<Store>> store = OpenStore({.url = config_.store.url,
                                                    .data_dir = config_.store.data_dir,
                                                    .limits = {.max_rooms = config_.room.max_rooms},
                                                    .new_epoch = NewEpoch(random_)},
                                                   leases_);
  if (!store) return store.error();
  store_ = *std::move(store);

  std::uint64_t after = 0;
  while (true) {
    const Result<std::vector<Room>> rooms = store_->Scan(after, kRestoreBatch);
    if (!rooms) return rooms.error();
    if (rooms->empty()) return {};
    for (const Room& room : *rooms) leases_.Restore(room);
    after = rooms->back().sequence;
  }
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
  codes_ = std::make_unique<WechatCodeExchange>(WechatOptions{.base_url = config_.wechat.base_url,
                                                              .app_id = config_.wechat.app_id,
                                                              .secret = config_.wechat.secret},
                                                outgoing_, logger_);
  logins_ = std::make_unique<LoginService>(
      *codes_, *login_signer_, clock_, ids_,
      LoginPolicy{.trust_imuserid = config_.auth.trust_imuserid,
                  .strict_wechat = config_.wechat.strict,
                  .expose_session_key = config_.wechat.expose_session_key,
                  .administrator = {im.admin},
                  .deny_user_ids = UserIds(config_.auth.deny_user_ids)});
  rooms_ = std::make_unique<RoomService>(
      *store_, leases_, groups_, *streams_, clock_, ids_,
      RoomServiceOptions{.limits = {.max_pushers_double = config_.room.max_pushers_double,
                                    .max_pushers_multi = config_.room.max_pushers_multi,
                                    .max_pushers_live = config_.room.max_pushers_live}},
      logger_);
  metrics_ = std::make_unique<Metrics>(
      std::string(kVersion),
      MetricsSources{.rooms = [this](RoomKind kind) { return store_->CountRooms(kind); },
                     .leases = [this] { return leases_.size(); }});
  router_ = std::make_unique<Router>(
      Services{.rooms = *rooms_, .logins = *logins_, .streams = *streams_, .clock = clock_},
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

HttpListenerOptions App::ListenerOptions(const std::string& address, bool tls) const {
  const ServerConfig& server = config_.server;
  return {.listen = address,
          .tls_cert = tls ? server.tls_cert : "",
          .tls_key = tls ? server.tls_key : "",
          .max_body_bytes = server.max_body_bytes,
          .idle_timeout = server.idle_timeout,
          .request_timeout = server.request_timeout,
          .workers = server.workers};
}

Status App::Listen() {
  HttpListenerOptions admin_options = ListenerOptions(config_.admin.listen, /*tls=*/false);
  admin_options.workers = kAdminWorkers;
  AdminSources sources{.readiness = [this]() -> Status {
                         if (draining_) return Error{Errc::kUnavailable, "draining"};
                         return store_->Ping();
                       },
                       .metrics = [this] { return metrics_->Text(); }};
  admin_ =
      std::make_unique<AdminServer>(std::move(admin_options), std::move(sources), clock_, logger_);

  if (Status status = Listen("http", config_.server.http_listen, /*tls=*/false, http_); !status) {
    return status;
  }
  if (Status status = Listen("https", config_.server.https_listen, /*tls=*/true, https_); !status) {
    return status;
  }
  // Last, so that a server that answers here is ready.
  if (Status status = admin_->Start(); !status) return status;
  logger_.Info("listening", {{"listener", "admin"}, {"address", admin_->bound_address()}});
  return {};
}

Status App::Listen(std::string_view name, const std::string& address, bool tls,
                   std::unique_ptr<HttpServer>& server) {
  if (address.empty()) return {};
  server = std::make_unique<HttpServer>(
      ListenerOptions(address, tls),
      [this](const HttpRequest& request) { return router_->Handle(request); }, *request_ids_,
      *metrics_, clock_, logger_);
  if (Status status = server->Start(); !status) return status;
  logger_.Info("listening", {{"listener", name}, {"address", server->bound_address()}});
  return {};
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
  trimming_.emplace(kTrimPeriod, [this](const std::stop_token& stop) { trimmer_->Trim(stop); });
}

void App::OnSweep(const SweepOutcome& outcome) {
  metrics_->CountEvictions(outcome.expiry.expired);
  const bool left_some = outcome.behind || outcome.expiry.failed > 0;
  metrics_->SetReaperLag(left_some ? outcome.lag : std::chrono::milliseconds(0));
}

void App::Stop() {
  if (draining_.exchange(true)) return;
  const MonotonicTime until = clock_.Monotonic() + config_.server.drain_timeout;
  const auto left = [&] {
    return std::max(
        std::chrono::duration_cast<std::chrono::milliseconds>(until - clock_.Monotonic()),
        std::chrono::milliseconds(0));
  };
  // First, so that nobody is evicted for heartbeats that we no longer take.
  reaping_.reset();
  trimming_.reset();
  {
    // Side by side: neither may use up the other's time, or go on accepting meanwhile.
    std::optional<std::jthread> stopping_http;
    if (http_ != nullptr) stopping_http.emplace([&] { http_->Stop(left()); });
    if (https_ != nullptr) https_->Stop(left());
  }
  if (admin_ != nullptr) admin_->Stop(left());
  store_.reset();
  if (is_ready_) logger_.Info("stopped");
}

std::string App::http_address() const { return http_ == nullptr ? "" : http_->bound_address(); }

std::string App::https_address() const { return https_ == nullptr ? "" : https_->bound_address(); }

}  // namespace rtcroom
