#include "daemon/process/upkeep_module.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stop_token>

#include "daemon/process/api_module.h"

namespace rtcroom {
namespace {

/// Often enough to keep up with the maximum commit rate of one machine.
constexpr std::chrono::seconds kTrimPeriod{2};

/// Events newer than the mark can be lost undetected; likewise for the files of the store.
constexpr std::chrono::seconds kMarkPeriod{1};

/// Reports and rows that are left meanwhile only take space.
constexpr std::chrono::minutes kLeftBeatsPeriod{1};
constexpr std::chrono::minutes kAccountsPeriod{1};

/// How long the messages of a room outlive it.
constexpr std::chrono::minutes kEndedRoomHistory{10};

/// How long uses of created groups, which have no seat, tell something.
std::chrono::milliseconds BeatsKept(const Config& config, const RoomState& state) {
  return config.channel.create_groups ? 2 * state.created.idle() : std::chrono::milliseconds(0);
}

LivenessRules MakeRules(const Config& config) {
  return {.policy = config.liveness.policy,
          .grace = config.liveness.grace,
          .evict_on_media_off = config.liveness.evict_on_media_off};
}

}  // namespace

UpkeepModule::UpkeepModule(const Config& config, const UpkeepModuleDeps& deps)
    : deps_(deps),
      sweep_period_(config.room.sweep_period),
      beats_kept_(BeatsKept(config, deps.store.state())),
      history_(config.channel.history),
      max_messages_(config.channel.max_messages),
      max_message_bytes_(config.channel.max_message_bytes),
      reaper_(deps.rooms, deps.store.state().leases, deps.store.state().inactive,
              deps.store.cluster(), deps.runtime.clock,
              ReaperOptions{.rules = MakeRules(config),
                            .sweep_period = sweep_period_,
                            .node = &deps.store.lease(),
                            .on_sweep = [this](const SweepOutcome& outcome) { OnSweep(outcome); },
                            .on_stall = [this] { OnStall(); }},
              deps.runtime.logger, deps.media),
      viewer_reaper_({.store = deps.store.storage().rooms(),
                      .viewers = deps.store.state().viewers,
                      .cluster = deps.store.cluster(),
                      .clock = deps.store.dates(),
                      .logger = deps.runtime.logger,
                      .is_present = deps.is_present},
                     {.policy = MakeRoomPolicy(config),
                      .longest_sweep = sweep_period_ / 4,
                      .node = &deps.store.lease()}),
      group_reaper_({.rooms = deps.rooms,
                     .groups = deps.store.state().created,
                     .cluster = deps.store.cluster(),
                     .node = &deps.store.lease(),
                     .logger = deps.runtime.logger,
                     .is_used = deps.is_group_used}),
      trimmer_(deps.store.storage().rooms(),
               TrimOptions{.retention = config.store.event_retention,
                           .max_events = config.store.max_events,
                           .max_bytes = config.store.max_event_bytes,
                           .after_step = [this] { upkeep_heartbeat_.Answer(); }},
               deps.runtime.logger) {
  reaping_.emplace(
      reaper_.TickPeriod(),
      [this](const std::stop_token&) {
        reaper_.Tick();
        reaper_heartbeat_.Answer();
      },
      deps.runtime.logger);
  trimming_.emplace(
      kTrimPeriod, [this](const std::stop_token& stop) { RunUpkeep(stop); }, deps.runtime.logger);
  if (deps.store.has_mark()) {
    marking_.emplace(
        kMarkPeriod,
        [this](const std::stop_token&) {
          deps_.store.CheckFiles();
          deps_.store.RecordNewest();
        },
        deps.runtime.logger);
  }
}

void UpkeepModule::Stop() {
  reaping_.reset();
  trimming_.reset();
  marking_.reset();
}

std::vector<LivenessProbe> UpkeepModule::LivenessProbes() {
  return {// A sweep is bounded by half of its period and one commit.
          {.name = "reaper",
           .extra_timeout = sweep_period_ + 2 * reaper_.TickPeriod(),
           .ask = [this](LivenessReply reply) { return reaper_heartbeat_.Ask(std::move(reply)); }},
          {.name = "upkeep of the store",
           .extra_timeout = 2 * kTrimPeriod,
           .ask = [this](LivenessReply reply) { return upkeep_heartbeat_.Ask(std::move(reply)); }}};
}

void UpkeepModule::OnSweep(const SweepOutcome& outcome) {
  const bool left_some = outcome.behind || outcome.expiry.failed > 0;
  deps_.metrics.SetReaperLag(left_some ? outcome.lag : std::chrono::milliseconds(0));
  (void)viewer_reaper_.Sweep(outcome.begun);
  group_reaper_.Sweep(outcome.begun);
}

void UpkeepModule::OnStall() {
  deps_.store.state().viewers.leases().GraceForAll();
  deps_.store.state().created.GraceForAll();
  deps_.metrics.CountStall();
}

void UpkeepModule::RunUpkeep(const std::stop_token& stop) {
  // The node may still have the duty with a clock that was found wrong just now.
  const NodeLease& lease = deps_.store.lease();
  const bool has_duty = lease.Holds(Duty::kUpkeep) && lease.TrustsWallClock();
  // Without a clock that is right the removal clock stands still, and the bounds hold nevertheless.
  const bool keeps_bounds = has_duty || lease.KeepsBounds();
  AdvanceRemovals(keeps_bounds);
  RemoveEnded(has_duty);
  upkeep_heartbeat_.Answer();
  MaintainSessions();
  if (has_duty) RemoveExpiredSessions();
  if (has_duty) TrimAccounts();
  if (keeps_bounds) {
    TrimMessages();
    deps_.metrics.CountTrimmed(trimmer_.Trim(deps_.store.removal().Now(), stop));
  }
  if (has_duty) RemoveLeftBeats();
}

void UpkeepModule::AdvanceRemovals(bool removes) {
  RemovalClock& removal = deps_.store.removal();
  if (removes && !removed_) {
    const Result<StoredRemovalTime> stored = deps_.store.storage().LoadRemovalTime();
    if (stored && stored->mark) removal.CatchUp(*stored->mark);
  }
  removed_ = removes;
  if (!deps_.store.lease().TrustsWallClock()) {
    removal.Pause();
    return;
  }
  const std::chrono::milliseconds jump = removal.Round();
  if (jump.count() != 0) {
    deps_.runtime.logger.Warn("wall_clock_jumped", {{"by_ms", jump.count()}});
  }
}

void UpkeepModule::Warn(std::string_view event, const Status& status) {
  if (!status) deps_.runtime.logger.Warn(event, {{"reason", status.error().detail}});
}

void UpkeepModule::RemoveEnded(bool has_duty) {
  RoomState& state = deps_.store.state();
  Storage& storage = deps_.store.storage();
  Logger& logger = deps_.runtime.logger;
  const TimePoint now = deps_.store.removal().Now();
  if (const std::size_t dropped = state.bans.TakeDropped(); dropped > 0) {
    logger.Warn("too_many_bans", {{"dropped", dropped}, {"in_force", BanList::kMaxBans}});
  }
  if (const std::size_t dropped = state.revocations.TakeDropped(); dropped > 0) {
    logger.Warn("too_many_revocations",
                {{"dropped", dropped}, {"in_force", RevocationList::kMaxRevocations}});
  }
  if (const std::size_t dropped = state.ended_logins.TakeDropped(); dropped > 0) {
    logger.Warn("too_many_ended_logins",
                {{"dropped", dropped}, {"in_force", EndedLoginList::kMaxEndedLogins}});
  }
  // Rows that are not removed go with those of the next one that ends.
  if (state.bans.RemoveEnded(now) > 0 && has_duty) {
    Warn("bans_not_removed", storage.bans().RemoveEndedBans(now));
  }
  if (state.revocations.RemoveEnded(now) > 0 && has_duty) {
    Warn("revocations_not_removed", storage.bans().RemoveEndedRevocations(now));
  }
  if (state.ended_logins.RemoveEnded(now) > 0 && has_duty) {
    Warn("ended_logins_not_removed", storage.ended_logins().RemoveEndedLogins(now));
  }
}

Status UpkeepModule::Repeat(const std::function<Result<bool>()>& step) {
  constexpr int kMostSteps = 20;
  for (int steps = 0; steps < kMostSteps; ++steps) {
    const Result<bool> left_some = step();
    if (!left_some) return left_some.error();
    upkeep_heartbeat_.Answer();
    if (!*left_some) return {};
  }
  return {};
}

Status UpkeepModule::RepeatRemoval(std::size_t most,
                                   const std::function<Result<std::size_t>()>& remove) {
  return Repeat([&]() -> Result<bool> {
    const Result<std::size_t> removed = remove();
    if (!removed) return removed.error();
    return *removed == most;
  });
}

void UpkeepModule::MaintainSessions() {
  Warn("sessions_not_written", Repeat([this]() -> Result<bool> {
         const Result<SessionUpkeep> done = deps_.sessions.Upkeep(deps_.store.removal().Now());
         if (!done) return done.error();
         return done->left_some;
       }));
}

void UpkeepModule::RemoveExpiredSessions() {
  Warn("sessions_not_removed",
       Repeat([this] { return deps_.sessions.RemoveExpired(deps_.store.removal().Now()); }));
}

void UpkeepModule::RemoveLeftBeats() {
  const MonotonicTime now = deps_.runtime.clock.Monotonic();
  if (now < left_beats_at_) return;
  left_beats_at_ = now + kLeftBeatsPeriod;
  const Result<std::size_t> removed = deps_.store.cluster().RemoveLeftBeats(beats_kept_);
  Warn("heartbeats_not_removed", removed ? Status() : removed.error());
  upkeep_heartbeat_.Answer();
}

// Rows of accounts and messages are removed without a channel, too: an earlier configuration may
// have had one.
void UpkeepModule::TrimAccounts() {
  const MonotonicTime round = deps_.runtime.clock.Monotonic();
  if (round < accounts_at_) return;
  accounts_at_ = round + kAccountsPeriod;
  const TimePoint now = deps_.store.removal().Now();
  AccountStore& accounts = deps_.store.storage().accounts();
  Status trimmed =
      RepeatRemoval(AccountStore::kMostPerTrim, [&] { return accounts.TrimAccountGroups(now); });
  if (trimmed) {
    trimmed = RepeatRemoval(AccountStore::kMostPerTrim,
                            [&] { return accounts.TrimReadPositions(now, now - history_); });
  }
  Warn("account_rows_not_removed", trimmed);
}

void UpkeepModule::TrimMessages() {
  const TimePoint now = deps_.store.removal().Now();
  const Result<std::uint64_t> newest = deps_.store.storage().messages().NewestMessage();
  const MessageRetention retention{
      .as_of = now,
      .keep_since = now - history_,
      .keep_after = newest ? *newest - std::min(*newest, max_messages_) : 0,
      .keep_ended_since = now - kEndedRoomHistory,
      .max_bytes = max_message_bytes_};
  Warn("messages_not_removed", RepeatRemoval(retention.most_per_call, [&] {
         return deps_.store.storage().messages().TrimMessages(retention);
       }));
}

}  // namespace rtcroom
