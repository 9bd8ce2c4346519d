#include "daemon/process/app.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "daemon/auth/dev_identity.h"
#include "daemon/base/atomic_file.h"
#include "daemon/base/sip_hash.h"
#include "daemon/base/version.h"
#include "daemon/http/event_loop.h"
#include "daemon/process/store_factory.h"

namespace rtcroom {
namespace {

/// Rooms read at a time when leases are restored: bounds memory at negligible cost.
constexpr std::size_t kRestoreBatch = 1000;

/// Often enough to keep up with the maximum commit rate of one machine.
constexpr std::chrono::seconds kTrimPeriod{2};

/// Events newer than the mark can be lost undetected.
constexpr std::chrono::seconds kMarkPeriod{1};

/// 0 when the system does not report it.
std::uint64_t FreeBytesAt(const std::filesystem::path& directory) {
  std::error_code unknown;
  const std::filesystem::space_info space = std::filesystem::space(directory, unknown);
  return unknown ? 0 : space.available;
}

}  // namespace

App::App(Config config, RunMode mode, InheritedSockets sockets,
         std::optional<TimePoint> process_start, Logger& logger)
    : config_(std::move(config)),
      loaded_config_(config_),
      mode_(mode),
      logger_(logger),
      sockets_(std::move(sockets)),
      process_start_(process_start),
      leases_(clock_, config_.room.heartbeat_timeout),
      inactive_(clock_, config_.room.inactive_ttl) {
  DrawNameHashKey(random_);
}

App::~App() { Stop(); }

Status App::Start() {
  if (Status status = OpenDataDirectory(); !status) return status;
  if (mode_ == RunMode::kDev) {
    if (Status status = FillInDevIdentity(); !status) return status;
  }
  for (const ConfigProblem& warning : FindWarnings(config_)) {
    logger_.Warn("configuration", {{"key", warning.key}, {"what", warning.sentence}});
  }
  metrics_ = std::make_unique<Metrics>(std::string(kVersion), clock_, process_start_,
                                       MakeMetricsSources());
  if (Status status = OpenRooms(); !status) return status;
  if (Status status = BuildServices(); !status) return status;
  // Clients could not send heartbeats while the store was read.
  leases_.GraceForAll();
  inactive_.GraceForAll();
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
  Result<std::filesystem::path> file = StoreFileOf(config_.store.url, config_.store.data_dir);
  if (!file) return file.error();
  if (!file->empty()) mark_.emplace(*file, random_);
  backup_ = std::make_unique<StoreBackup>(data_directory_->path(), *std::move(file), random_);
  backup_->RemoveLeftovers();
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
  if (config_.admin.token.empty()) {
    dev_admin_token_ = identity->admin_token;
    config_.admin.token = dev_admin_token_;
  }
  return {};
}

Status App::OpenRooms() {
  Result<std::unique_ptr<Storage>> store =
      OpenStore({.url = config_.store.url,
                 .data_dir = config_.store.data_dir,
                 .limits = {.max_rooms = config_.room.max_rooms},
                 .new_epoch = NewEpoch(random_),
                 .observer = &metrics_->store_observer()},
                commits_);
  if (!store) return store.error();
  store_ = *std::move(store);
  if (Status status = CompareWithMark(); !status) return status;
  if (Status status = RestoreBans(); !status) return status;

  std::uint64_t after = 0;
  while (true) {
    const Result<RoomPage> page = store_->Scan(after, kRestoreBatch);
    if (!page) return page.error();
    if (page->rooms.empty()) return {};
    for (const Room& room : page->rooms) {
      leases_.Restore(room);
      inactive_.Restore(room);
      room_counters_.Restore(room);
    }
    after = page->rooms.back().sequence;
  }
}

Status App::CompareWithMark() {
  if (!mark_) return {};
  const Result<Cursor> newest = store_->Newest();
  if (!newest) return newest.error();
  const std::uint64_t missing = CountMissingEvents(mark_->Read(), *newest);
  if (missing > 0) {
    logger_.Error("events_missing", {{"at_least", missing}, {"newest_position", newest->position}});
  }
  return {};
}

void App::RecordNewest() {
  const Result<Cursor> newest = store_->Newest();
  if (!newest) return;  // the store logs the error itself
  const Status recorded = mark_->Record(*newest);
  if (!recorded && is_mark_written_) {
    logger_.Warn("position_mark_not_written", {{"reason", recorded.error().detail}});
  }
  is_mark_written_ = recorded.ok();
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

MetricsSources App::MakeMetricsSources() {
  return {.rooms = [this](RoomKind kind) { return store_->CountRooms(kind); },
          .room_counts = [this] { return room_counters_.snapshot(); },
          .leases = [this] { return leases_.size(); },
          .sessions = [this] { return sessions_->size(); },
          .refused_logins = [this](LoginOutcome why) { return sessions_->refused_logins(why); },
          .ready = [this] { return readiness_.Read() && !draining_; },
          .free_bytes = [this] { return FreeBytesAt(data_directory_->path()); },
          .waiting_requests = [this] { return threads_->workers().waiting(); },
          .im_pending_groups = [this] { return im_ == nullptr ? 0 : im_->pending_groups(); },
          .im_lag = [this] { return im_ == nullptr ? 0 : im_->lag(); },
          .watch = [this] { return ReadWatchStats(); },
          .log_lines_dropped = [this](LogLevel level) { return logger_.dropped(level); }};
}

WatchStats App::ReadWatchStats() const {
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
      *rooms_, leases_, inactive_, clock_, ReaperOptions{.sweep_period = config_.room.sweep_period},
      *this, logger_);
  trimmer_ = std::make_unique<EventTrimmer>(
      *store_, clock_,
      TrimOptions{.retention = config_.store.event_retention,
                  .max_events = config_.store.max_events,
                  .max_bytes = config_.store.max_event_bytes,
                  .after_step = [this] { upkeep_heartbeat_.Answer(); }},
      logger_);
  reaping_.emplace(
      reaper_->TickPeriod(),
      [this](const std::stop_token&) {
        reaper_->Tick();
        reaper_heartbeat_.Answer();
      },
      logger_);
  trimming_.emplace(
      kTrimPeriod,
      [this](const std::stop_token& stop) {
        PurgeEndedBans();
        upkeep_heartbeat_.Answer();
        MaintainSessions();
        metrics_->CountTrimmed(trimmer_->Trim(stop));
        readiness_.AskWhenWanted([this] { return store_->Ping(); });
      },
      logger_);
  if (mark_) {
    marking_.emplace(kMarkPeriod, [this](const std::stop_token&) { RecordNewest(); }, logger_);
  }
}

void App::PurgeEndedBans() {
  if (bans_.RemoveEnded() == 0) return;
  const Status removed = store_->RemoveEndedBans(clock_.Now());
  // The next start ignores the remaining ones.
  if (!removed) logger_.Warn("bans_not_removed", {{"reason", removed.error().detail}});
}

void App::MaintainSessions() {
  constexpr int kMostRounds = 20;
  const std::chrono::milliseconds jump = sessions_->DetectWallClockJump();
  if (jump.count() != 0) logger_.Warn("wall_clock_jumped", {{"by_ms", jump.count()}});
  for (int round = 0; round < kMostRounds; ++round) {
    const Result<SessionUpkeep> done = sessions_->Upkeep();
    if (!done) {
      logger_.Warn("sessions_not_written", {{"reason", done.error().detail}});
      return;
    }
    upkeep_heartbeat_.Answer();
    if (!done->left_some) return;
  }
}

std::vector<LivenessProbe> App::LivenessProbes() {
  std::vector<LivenessProbe> probes;
  const auto add_threads = [&](std::string_view whose, EdgeThreads& threads) {
    for (std::size_t i = 0; i < threads.loop_count(); ++i) {
      probes.push_back({.name = fmt::format("{} loop {}", whose, i),
                        .ask = [&loop = threads.loop(i)](LivenessReply reply) {
                          loop.Post(std::move(reply));
                          return true;
                        }});
    }
    probes.push_back({.name = fmt::format("{} workers", whose),
                      .ask = [&workers = threads.workers()](LivenessReply reply) {
                        return workers.TrySubmit(WorkerPool::Urgency::kUrgent, std::move(reply));
                      }});
  };
  add_threads("phones'", *threads_);
  add_threads("operator's", *admin_threads_);
  // A sweep is bounded by half of its period and one commit.
  probes.push_back(
      {.name = "reaper",
       .extra_timeout = config_.room.sweep_period + 2 * reaper_->TickPeriod(),
       .ask = [this](LivenessReply reply) { return reaper_heartbeat_.Ask(std::move(reply)); }});
  probes.push_back(
      {.name = "upkeep of the store",
       .extra_timeout = 2 * kTrimPeriod,
       .ask = [this](LivenessReply reply) { return upkeep_heartbeat_.Ask(std::move(reply)); }});
  return probes;
}

std::string App::StatusLine() const {
  std::uint64_t rooms = 0;
  for (const RoomKind kind : kAllRoomKinds) rooms += store_->CountRooms(kind);
  return fmt::format("{} rooms, {} pushers", rooms, leases_.size());
}

void App::OnSweep(const SweepOutcome& outcome) {
  const bool left_some = outcome.behind || outcome.expiry.failed > 0;
  metrics_->SetReaperLag(left_some ? outcome.lag : std::chrono::milliseconds(0));
}

void App::OnStall() { metrics_->CountStall(); }

void App::Stop(SocketAfterStop after) {
  if (draining_.exchange(true)) return;
  // First, so that no pusher is evicted for heartbeats that the server no longer accepts.
  reaping_.reset();
  trimming_.reset();
  marking_.reset();
  // A waiting client can be answered while the listener still exists.
  if (backup_endpoint_ != nullptr) backup_endpoint_->Stop();
  StopServing(after);
  // After a failed start, the hub reads the store but has no server yet that would end it.
  if (watch_ != nullptr) watch_->Stop();
  if (calls_ != nullptr) calls_->Stop();
  im_.reset();
  if (is_ready_ && mark_) RecordNewest();
  store_.reset();
  if (is_ready_) logger_.Info("stopped");
}

}  // namespace rtcroom
