#include "daemon/app.h"

#include <chrono>
#include <cstddef>
#include <span>
#include <utility>

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

SipHashKey RandomKey(RandomSource& random) {
  SipHashKey key;
  random.Fill(std::as_writable_bytes(std::span(&key, 1)));
  return key;
}

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
    if (bans_.Put(ban)) continue;
    logger_.Warn("too_many_bans", {{"stored", bans->size()}, {"in_force", BanList::kMaxBans}});
    break;
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
                  .trust_userid = config_.auth.trust_userid,
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
      std::make_unique<RateLimitedAdmission>(clock_, RandomKey(random_), AdmissionLimitsNow());
  utils_ = MakeUtils();
  router_ = std::make_unique<Router>(Services{.rooms = *rooms_,
                                              .logins = *logins_,
                                              .streams = *streams_,
                                              .clock = clock_,
                                              .admission = *admission_,
                                              .utils = &utils_->services()},
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
          .im_lag = [this] { return im_ == nullptr ? 0 : im_->lag(); },
          .watch = [this] { return WatchFiguresNow(); }};
}

WatchFigures App::WatchFiguresNow() const {
  if (watch_ == nullptr) return {};
  const WatchCounts& counts = watch_->counts();
  return {.subscribers = watch_->subscribers(),
          .events_sent = counts.events_sent,
          .slow_ended = counts.slow_ended,
          .refused = counts.refused,
          .lag = watch_->FeedLag()};
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

}  // namespace rtcroom
