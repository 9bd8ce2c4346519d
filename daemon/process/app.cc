#include "daemon/process/app.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/auth/dev_identity.h"
#include "daemon/auth/made_key.h"
#include "daemon/base/sip_hash.h"
#include "daemon/base/version.h"
#include "daemon/config/config_checks.h"
#include "daemon/config/config_hash.h"
#include "daemon/http/event_loop.h"
#include "daemon/process/certificate_warnings.h"
#include "daemon/process/descriptor_limit.h"
#include "daemon/process/waiting_admin.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMadeKeyBytes = 32;

/// A login of an old client outlives its polls.
bool AnyPresent(const PushReceivers::Receivers& receivers) {
  return std::ranges::any_of(receivers,
                             [](const PushReceiverPtr& receiver) { return receiver->IsPresent(); });
}

void AddProbes(std::string_view name, EdgeThreads& threads, std::vector<LivenessProbe>& probes) {
  for (std::size_t i = 0; i < threads.loop_count(); ++i) {
    probes.push_back({.name = fmt::format("{} loop {}", name, i),
                      .ask = [&loop = threads.loop(i)](LivenessReply reply) {
                        loop.Post(std::move(reply));
                        return true;
                      }});
  }
  probes.push_back({.name = fmt::format("{} workers", name),
                    .ask = [&workers = threads.workers()](LivenessReply reply) {
                      return workers.TrySubmit(ThreadPool::Urgency::kUrgent, std::move(reply));
                    }});
}

}  // namespace

App::App(Config config, RunMode mode, std::optional<TimePoint> process_start, Logger& logger)
    : runtime_(logger),
      config_(std::move(config), mode),
      metrics_(std::string(kVersion), runtime_.clock, process_start, MakeMetricsSources()),
      writes_(metrics_.store_observer(), metrics_.tallies().store, runtime_.clock),
      store_(*config_, runtime_),
      readiness_({.write = [this] { return store_.storage().Ping(); },
                  .answers = [this] { return store_.CheckContact(std::chrono::seconds(0)); },
                  .serves = [this] { return store_.CheckContact(NodeRenewal::kServesWithout); }},
                 writes_, runtime_.clock),
      max_held_(config_->server) {
  DrawNameHashKey(runtime_.random);
}

Status App::Start(InheritedSockets& sockets, const LifeHooks& hooks) {
  if (const Status status = store_.OpenDirectory(); !status) {
    return Error{Errc::kUnavailable, status.error().detail};
  }
  if (NeedsMadeApplication(*config_)) {
    if (Status status = FillInApplication(); !status) return status;
  }
  if (config_.is_dev()) {
    if (Status status = FillInDevIdentity(); !status) return status;
  }
  WarnOf(FindWarnings(*config_, config_.mode()));
  WarnOf(FindCertificateWarnings(*config_, runtime_.clock.Now()));
  if (Status status = OpenStore(sockets, hooks); !status) return status;
  if (Status status = store_.Restore(); !status) return status;
  if (Status status = BuildServices(); !status) return status;
  // Clients could not send heartbeats while the store was read.
  store_.state().leases.GraceForAll();
  store_.state().viewers.leases().GraceForAll();
  store_.state().inactive.GraceForAll();
  store_.state().created.GraceForAll();
  if (Status status = Listen(sockets); !status) return status;
  upkeep_ =
      std::make_unique<UpkeepModule>(*config_, UpkeepModuleDeps{.store = store_,
                                                                .rooms = api_->rooms(),
                                                                .media = WitnessOfMedia(),
                                                                .is_present = PresenceOfViewers(),
                                                                .is_group_used = UsesOfGroups(),
                                                                .sessions = auth_->sessions(),
                                                                .metrics = metrics_,
                                                                .runtime = runtime_});
  runtime_.logger.Info("ready", {{"version", kVersion}, {"pushers", store_.state().leases.size()}});
  return {};
}

Status App::OpenStore(InheritedSockets& sockets, const LifeHooks& hooks) {
  constexpr std::chrono::seconds kPause{1};
  const bool may_come = config_->store.url.IsPostgres();
  const std::string config_hash = may_come ? HashConfig(*config_) : "";
  std::optional<WaitingAdmin> waiting;
  while (true) {
    Status opened = store_.Open(writes_, {.config_hash = config_hash,
                                          .on_history_lost = hooks.begin_anew,
                                          .is_stopping = [&] { return hooks.StopsNow(); },
                                          .known_host = hooks.known_host});
    if (opened || !may_come || opened.error().code != Errc::kStoreBusy) return opened;
    if (hooks.StopsNow()) return opened;
    if (!waiting) {
      runtime_.logger.Warn("waiting_for_database", {{"reason", opened.error().detail}});
      waiting.emplace(*config_, sockets, metrics_, runtime_);
      if (Status status = waiting->Start(); !status) return status;
      for (const std::string& address : waiting->bound_addresses()) {
        runtime_.logger.Info("listening", {{"listener", "admin"}, {"address", address}});
      }
    }
    hooks.waits_for_database(opened.error().detail);
    if (hooks.stops_within(kPause)) return opened;
  }
}

Status App::FillInApplication() {
  const Result<Secret> key =
      LoadOrMakeKey(store_.directory() / kMadeApplicationKeyFile, kMadeKeyBytes, runtime_.random);
  if (!key) return key.error();
  config_.FillInApplication(*key);
  return {};
}

Status App::FillInDevIdentity() {
  const Result<DevIdentity> identity =
      LoadOrMakeDevIdentity(store_.directory() / kDevFolder, runtime_.random, runtime_.clock.Now());
  if (!identity) return identity.error();
  config_.FillIn(*identity);
  return {};
}

Status App::BuildServices() {
  Result<ImSigners> signers =
      ImSigners::Create(config_->im, config_->auth.interop, store_.state().validities);
  if (!signers) return signers.error();
  auth_ = std::make_unique<AuthModule>(*config_, *std::move(signers), store_, runtime_);
  if (Status status = auth_->Start(store_.removal().Now()); !status) return status;
  if (config_->im.enabled) {
    im_ = std::make_unique<ImModule>(config_->im,
                                     ImModuleDeps{.store = store_.storage().rooms(),
                                                  .deliveries = store_.storage().deliveries(),
                                                  .enqueued = store_.state().enqueued,
                                                  .cluster = store_.cluster(),
                                                  .node = store_.lease(),
                                                  .signer = auth_->login_signer(),
                                                  .clock = runtime_.clock,
                                                  .random = runtime_.random,
                                                  .tallies = metrics_.tallies().im,
                                                  .logger = runtime_.logger});
    if (Status status = im_->Start(); !status) return status;
  }
  if (config_->channel.enabled) {
    Result<Secret> key = MakeChannelKey(config_->im);
    if (!key) return key.error();
    channel_ =
        std::make_unique<ChannelModule>(config_->channel, *std::move(key),
                                        ChannelModuleDeps{.store = store_,
                                                          .observer = metrics_.delivery_observer(),
                                                          .held = held_,
                                                          .policy = MakeRoomPolicy(*config_),
                                                          .runtime = runtime_});
    if (Status status = channel_->Start(store_.removal().Now()); !status) return status;
  }
  account_logins_ = std::make_unique<AccountLogins>(
      AccountLoginsDeps{.store = store_.storage().ended_logins(),
                        .validities = store_.state().validities,
                        .sessions = auth_->sessions(),
                        .dates = store_.dates(),
                        .end_channel_logins = [this](const AccountValidity& validity) {
                          if (channel_ != nullptr) channel_->channel().logins().EndLogins(validity);
                        }});
  if (ServesBrowsers(*config_)) {
    web_ = std::make_unique<WebModule>(*config_, WebModuleDeps{.store = store_,
                                                               .metrics = metrics_,
                                                               .on_end = MakeWebEndedNotices(),
                                                               .runtime = runtime_});
  }
  if (HasMediaServer(config_->live)) {
    std::vector<OnAirListener*> on_air;
    if (channel_ != nullptr) {
      on_air.push_back(
          &stream_notices_.emplace(store_.state().claims, channel_->receivers().notices()));
    }
    if (web_ != nullptr) on_air.push_back(&web_->sessions());
    media_ = std::make_unique<MediaModule>(
        *config_, MediaModuleDeps{.store = store_,
                                  .metrics = metrics_,
                                  .on_air = std::move(on_air),
                                  .web = web_ ? &web_->sessions() : nullptr,
                                  .runtime = runtime_});
    media_->Start();
  }
  if (HasCloud(*config_)) {
    cloud_ = std::make_unique<CloudModule>(
        *config_, CloudModuleDeps{.store = store_,
                                  .callbacks = metrics_.tallies().callbacks,
                                  .trtc_calls = metrics_.tallies().trtc_calls,
                                  .runtime = runtime_});
    cloud_->Start();
  }
  ShareMedia();
  if (IsLiveService(config_->live.api)) {
    const std::optional<StreamWitness> reported = ReportedStreams();
    live_service_ = std::make_unique<LiveServiceModule>(
        *config_, LiveServiceModuleDeps{.callbacks = reported ? &reported->media : nullptr,
                                        .mix_requests = metrics_.tallies().mix_requests,
                                        .stream_states = metrics_.tallies().stream_states,
                                        .runtime = runtime_});
  }
  api_ = std::make_unique<ApiModule>(
      *config_, ApiModuleDeps{.store = store_,
                              .auth = *auth_,
                              .im = im_.get(),
                              .channel = channel_.get(),
                              .media = media_.get(),
                              .cloud = cloud_.get(),
                              .mixer = live_service_ == nullptr ? nullptr : &live_service_->mixer(),
                              .web = web_.get(),
                              .demo = config_.is_dev(),
                              .observer = metrics_,
                              .runtime = runtime_});
  return {};
}

ViewerPresence App::PresenceOfViewers() {
  return [channel = channel_.get(), web = web_ ? &web_->sessions() : nullptr](
             const RoomKey& room, std::uint64_t room_number, const UserId& user_id) {
    return (channel != nullptr && AnyPresent(channel->receivers().Of(user_id, room_number))) ||
           (web != nullptr && web->Plays(room, user_id));
  };
}

std::function<bool(std::uint64_t)> App::UsesOfGroups() {
  return [channel = channel_.get()](std::uint64_t room_number) {
    if (channel == nullptr) return false;
    return AnyPresent(*channel->receivers().In(room_number));
  };
}

WebSessions::OnEnd App::MakeWebEndedNotices() {
  return [this](const WebSession& session, WebEndReason reason) {
    if (channel_ == nullptr) return;
    channel_->receivers().notices().Add(
        {.user_id = session.user_id,
         .fact = WebEndedNotice{.room = session.room, .session = session.id, .reason = reason}});
  };
}

Status App::Listen(InheritedSockets& sockets) {
  const Config& config = *config_;
  admin_ = std::make_unique<AdminModule>(
      config, AdminModuleDeps{.store = store_,
                              .api = *api_,
                              .account_logins = *account_logins_,
                              .clients = MakeRoomClients(),
                              .media = WitnessOfMedia(),
                              .web = web_ ? web_->sessions_of_workers() : nullptr,
                              .urls = auth_->streams(),
                              .metrics = metrics_,
                              .max_held_bytes = max_held_.of_admin,
                              .readiness = readiness_,
                              .stats = [this] { return ReadConsoleStats(); },
                              .sockets = sockets,
                              .is_dev = config_.is_dev(),
                              .runtime = runtime_});
  listeners_ = std::make_unique<ListenersModule>(
      config, ListenersModuleDeps{.handler = api_->handler(),
                                  .sockets = sockets,
                                  .metrics = metrics_,
                                  .held = held_,
                                  .reads_on_workers = store_.IsShared(),
                                  .is_dev = config_.is_dev(),
                                  .runtime = runtime_});
  if (!config.grpc.listen.empty()) {
    MixFeed* const mixes = config.mix.max == 0 ? nullptr : &store_.state().mixes;
    events_ = std::make_unique<EventsModule>(
        config, config_.is_dev(),
        EventsModuleDeps{.store = store_,
                         .rooms = api_->rooms(),
                         .account_logins = *account_logins_,
                         .media = WitnessOfMedia(),
                         .mixes = mixes,
                         .web = web_ ? web_->sessions_of_workers() : nullptr,
                         .recordings_url = config.recording.base_url,
                         .sockets = sockets,
                         .runtime = runtime_});
  }
  if (Status status = sockets.CheckAllTaken(); !status) return status;
  ApplyLimits();
  if (Status status = listeners_->Start(config.server); !status) return status;
  if (events_ != nullptr) {
    if (Status status = events_->Start(); !status) return status;
  }
  RecordCertificates();
  // Last, so that a server that answers here is ready.
  return admin_->Start(MakeConsoleFacts());
}

std::optional<StreamWitness> App::ReportedStreams() const {
  if (media_ != nullptr) return media_->witness();
  return cloud_ == nullptr ? std::nullopt : cloud_->streams();
}

MediaWitness App::WitnessOfMedia() {
  MediaWitness witness{.streams = ReportedStreams(),
                       .members = cloud_ == nullptr ? nullptr : cloud_->members()};
  if (live_service_ != nullptr && live_service_->streams() != nullptr) {
    witness.streams.emplace(
        StreamWitness{.media = *live_service_->streams(), .claims = store_.state().claims});
  }
  return witness;
}

void App::ShareMedia() {
  if (config_->liveness.policy == LivenessPolicy::kHeartbeat) return;
  MediaSigns::Sources sources{.claims = store_.state().claims, .leases = store_.state().leases};
  if (media_ != nullptr) sources.streams = &media_->signs();
  if (cloud_ != nullptr) {
    if (sources.streams == nullptr) sources.streams = cloud_->stream_signs();
    sources.tracks = cloud_->track_signs();
  }
  if (sources.streams == nullptr && sources.tracks == nullptr) return;
  store_.ShareMedia(signs_.emplace(sources, config_->liveness.grace));
}

void App::ApplyLimits() {
  const Config& config = *config_;
  const std::size_t most = ConnectionsWithin(DescriptorLimit());
  if (most < config.server.max_connections && !config_.is_dev()) {
    runtime_.logger.Warn("max_connections_lowered",
                         {{"max_connections", config.server.max_connections}, {"to", most}});
  }
  const std::size_t max_connections = std::min(most, config.server.max_connections);
  listeners_->SetLimits(
      {.total = max_connections, .per_address = config.server.max_connections_per_address},
      config.limits);
  metrics_.SetLimits({.connections = max_connections,
                      .rooms = config.room.max_rooms,
                      .sessions = config.auth.max_tokens,
                      .events = config.store.max_events});
  auth_->SetLimits(config.limits);
  store_.state().quota.SetLimits(
      {.per_address = config.limits.rooms_per_address, .per_user = config.limits.rooms_per_user});
}

void App::WarnOf(const std::vector<ConfigProblem>& warnings) {
  for (const ConfigProblem& warning : warnings) {
    runtime_.logger.Warn("configuration", {{"key", warning.key}, {"what", warning.sentence}});
  }
}

void App::RecordCertificates() {
  if (const std::optional<TimePoint> https = listeners_->CertificateExpiry()) {
    metrics_.SetCertificateExpiry("https", *https);
  }
  if (events_ == nullptr) return;
  if (const std::optional<TimePoint> grpc = events_->certificate_expiry()) {
    metrics_.SetCertificateExpiry("grpc", *grpc);
  }
}

void App::Reload(const Config& fresh) {
  const Secret token_before = config_->admin.token;
  const ReloadPlan plan = config_.Reload(fresh);
  const Config& config = *config_;
  Logger& logger = runtime_.logger;
  logger.SetLevel(config.log.level);
  ApplyLimits();
  if (store_.IsShared()) store_.cluster().SetConfigHash(HashConfig(config));
  if (config.admin.token != token_before) admin_->SetToken(config.admin.token);
  api_->SetUtilsToken(config.utils.admin_token);
  const auto warn_of = [&logger](const Status& reloaded) {
    if (!reloaded) logger.Warn("certificate_refused", {{"reason", reloaded.error().detail}});
  };
  warn_of(listeners_->ReloadTls(config.server));
  if (events_ != nullptr) warn_of(events_->ReloadTls(config.grpc));
  RecordCertificates();
  WarnOf(FindCertificateWarnings(config, runtime_.clock.Now()));
  for (const std::string& key : plan.need_restart) logger.Warn("needs_restart", {{"key", key}});
  logger.Info("reloaded", {{"log_level", LogLevelName(config.log.level)},
                           {"applied", fmt::format("{}", fmt::join(plan.applied, ","))}});
}

void App::Stop(SocketAfterStop after) {
  if (!readiness_.BeginDraining()) return;
  // First, so that no pusher is evicted for heartbeats that the server no longer accepts.
  if (upkeep_ != nullptr) upkeep_->Stop();
  if (admin_ != nullptr) admin_->StopBackup();
  StopServing(after);
  if (events_ != nullptr) events_->StopWatch();
  if (auth_ != nullptr) auth_->Stop();
  if (live_service_ != nullptr) live_service_->Stop();
  im_.reset();
  if (cloud_ != nullptr) cloud_->Stop();
  if (media_ != nullptr) media_->Stop();
  if (channel_ != nullptr) channel_->Stop();
  if (upkeep_ != nullptr && store_.has_mark()) store_.RecordNewest();
  readiness_.Stop();
  store_.Close();
  if (upkeep_ != nullptr) runtime_.logger.Info("stopped");
}

void App::StopServing(SocketAfterStop after) {
  const milliseconds drain_timeout = config_->server.drain_timeout;
  const MonotonicTime until = runtime_.clock.Monotonic() + drain_timeout;
  const auto left = [&] {
    return std::max(std::chrono::duration_cast<milliseconds>(until - runtime_.clock.Monotonic()),
                    milliseconds(0));
  };
  if (listeners_ != nullptr) {
    for (HttpListener* const listener : listeners_->listeners()) listener->BeginDrain(after);
  }
  // Their replies close the connections. On one that stays open the client might send its next poll
  // just as it is closed for being idle.
  if (channel_ != nullptr) channel_->AnswerPolls();
  // They stop in parallel: neither may use up the other's time, or keep accepting meanwhile. If the
  // system has no thread left, they stop one after the other, when they are waited for.
  std::vector<std::future<void>> stopping;
  if (listeners_ != nullptr) {
    for (HttpListener* const listener : listeners_->listeners()) {
      stopping.push_back(std::async([&, listener] { listener->Stop(left(), after); }));
    }
  }
  if (events_ != nullptr) {
    stopping.push_back(std::async([&] { events_->Stop(left(), after); }));
  }
  // Slightly before the end of the drain, so that the answers are still sent.
  const milliseconds for_answers = std::min(drain_timeout / 4, milliseconds(500));
  for (const std::future<void>& stopped : stopping) stopped.wait_for(left() - for_answers);
  // Answers the callers that still wait for an outside service.
  if (auth_ != nullptr) auth_->InterruptCalls();
  if (live_service_ != nullptr) live_service_->InterruptCalls();
  // An interrupted notice is sent again after the next start. It gets half of the time; the rest is
  // for the answers of callers that wait for a group.
  if (im_ != nullptr) im_->Stop(std::min(left(), for_answers) / 2);
  for (const std::future<void>& stopped : stopping) stopped.wait();
  if (admin_ != nullptr) admin_->Stop(left(), after);
}

std::vector<NamedSocket> App::TakeSockets() {
  std::vector<NamedSocket> sockets;
  if (listeners_ != nullptr) sockets = listeners_->TakeSockets();
  if (admin_ != nullptr) AddSockets("admin", admin_->TakeSockets(), sockets);
  if (events_ != nullptr) {
    AddSockets("grpc", events_->TakeSockets(), sockets);
    AddSockets("grpc-workers", events_->TakeWorkerSockets(), sockets);
  }
  return sockets;
}

std::vector<LivenessProbe> App::LivenessProbes() {
  std::vector<LivenessProbe> probes = upkeep_->LivenessProbes();
  AddProbes("client", listeners_->threads(), probes);
  AddProbes("admin", admin_->threads(), probes);
  return probes;
}

}  // namespace rtcroom
