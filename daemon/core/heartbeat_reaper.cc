#include "daemon/core/heartbeat_reaper.h"

#include <algorithm>
#include <string>
#include <utility>

namespace rtcroom {
namespace {

/// How much of `lasting`, which lasts until now, is certain at all nodes.
std::chrono::milliseconds Certain(std::chrono::milliseconds lasting, const SharedSilence& answer) {
  const auto told_ago = answer.told_ago.value_or(std::chrono::milliseconds(0));
  return std::max(std::min(lasting, answer.complete_for) - told_ago, std::chrono::milliseconds(0));
}

/// The state of media by the newest sign anywhere. Of what was reported to this node `anywhere`
/// covers all but the last second or so.
std::optional<MediaState> Newest(std::optional<MediaState> here, const SharedMedia& anywhere) {
  using enum MediaState::Kind;
  if (anywhere.is_on) {
    if (here && here->kind == kOn) return here;
    return MediaState{.kind = kOn, .lasting = anywhere.age, .seen_ago = anywhere.age};
  }
  const bool is_newer_here =
      here && ((here->kind == kOn && here->seen_ago < anywhere.age) ||
               // Media that ended before the server was away may be on air again.
               (here->kind == kUnknown && here->lasting <= anywhere.age));
  if (is_newer_here) return here;
  const bool is_off_here = here && here->kind == kOff;
  return MediaState{.kind = kOff,
                    .lasting = is_off_here ? std::min(here->lasting, anywhere.age) : anywhere.age};
}

}  // namespace

std::optional<MediaState> MediaWitness::StateOf(const RoomKey& room, const UserId& user_id) const {
  if (members != nullptr) {
    if (auto reported = members->StateOf(room, user_id)) return reported;
  }
  if (!streams) return std::nullopt;
  const auto stream = streams->claims.StreamOf(room, user_id);
  if (!stream) return std::nullopt;
  return streams->media.StateOf(*stream);
}

HeartbeatReaper::HeartbeatReaper(RoomService& rooms, LeaseTable& leases, InactiveRooms& inactive,
                                 Cluster& cluster, const Clock& clock, ReaperOptions options,
                                 Logger& logger, const MediaWitness& media)
    : rooms_(rooms),
      leases_(leases),
      inactive_(inactive),
      cluster_(cluster),
      clock_(clock),
      options_(std::move(options)),
      logger_(logger),
      media_(media),
      last_tick_(clock.Monotonic()),
      last_sweep_(last_tick_) {}

std::chrono::milliseconds HeartbeatReaper::TickPeriod() const {
  // Often enough that a sweep begins on time, and that a stall of one period is distinguished from
  // a late wake-up.
  return std::max(options_.sweep_period / 20, std::chrono::milliseconds(1));
}

void HeartbeatReaper::Tick() {
  // The clock is read once for each stretch of work, and that time applies to the whole stretch: if
  // the process is stopped meanwhile, the next difference shows it.
  const MonotonicTime now = clock_.Monotonic();
  const auto since_last_tick = now - last_tick_;
  last_tick_ = now;
  if (since_last_tick > TickPeriod() + options_.sweep_period) {
    GraceAfterStall(since_last_tick);
  } else if (now - last_sweep_ >= options_.sweep_period) {
    last_sweep_ = now;
    SweepOutcome outcome;
    if (options_.node == nullptr || options_.node->Holds(Duty::kReaper)) {
      outcome = Sweep(now);
      SweepMedia(now, outcome);
      SweepInactive(now);
    }
    outcome.begun = now;
    ReportBacklog(outcome);
    options_.on_sweep(outcome);
    last_tick_ = clock_.Monotonic();
    const auto took = last_tick_ - now;
    if (took > options_.sweep_period) GraceAfterStall(took);
  }
}

void HeartbeatReaper::GraceAfterStall(MonotonicTime::duration stalled_for) {
  leases_.GraceForAll();
  inactive_.GraceForAll();
  last_sweep_ = clock_.Monotonic();
  options_.on_stall();
  logger_.Warn(
      "stalled",
      {{"stalled_ms", std::chrono::duration_cast<std::chrono::milliseconds>(stalled_for).count()}});
}

void HeartbeatReaper::SweepInactive(MonotonicTime now) {
  const std::vector<InactiveRoom> overdue = inactive_.Overdue(options_.batch, now);
  if (overdue.empty()) return;
  const ExpiryOutcome expiry = rooms_.ExpireInactive(overdue);
  if (expiry.failed > 0) logger_.Warn("inactive_rooms_not_ended", {{"count", expiry.failed}});
}

SweepOutcome HeartbeatReaper::Sweep(MonotonicTime now) {
  const MonotonicTime until = now + options_.sweep_period / 2;
  SweepOutcome outcome;
  std::size_t to_evict = 0;
  const bool by_heartbeats = leases_.renewed_by() == LeaseTable::RenewedBy::kHeartbeats;
  while (true) {
    // One more than is handled shows whether something is left.
    std::vector<LapsedLease> lapsed = leases_.Lapsed(options_.batch + 1, now);
    if (!lapsed.empty()) outcome.lag = std::max(outcome.lag, lapsed.front().overdue);
    outcome.behind = lapsed.size() > options_.batch;
    if (outcome.behind) lapsed.resize(options_.batch);
    if (lapsed.empty()) return outcome;

    const std::vector<Eviction> evictions = JudgeAll(
        AskCluster(std::move(lapsed), by_heartbeats ? Whom::kSilent : Whom::kAll, outcome));
    const ExpiryOutcome expiry = Evict(evictions);
    outcome.expiry += expiry;
    to_evict += evictions.size();
    // A store that cannot write is not retried until the next sweep.
    const bool store_works = expiry.failed < std::max<std::size_t>(evictions.size(), 1);
    const bool go_on = outcome.behind && !outcome.undecided && store_works &&
                       to_evict < options_.most_per_sweep && clock_.Monotonic() < until;
    if (!go_on) return outcome;
  }
}

std::vector<LapsedLease> HeartbeatReaper::AskCluster(std::vector<LapsedLease> leases, Whom whom,
                                                     SweepOutcome& outcome) {
  answers_.clear();
  std::vector<SeatKey> seats;
  seats.reserve(leases.size());
  for (const LapsedLease& lease : leases) seats.push_back(lease.seat_key());
  const Result<std::vector<SharedSilence>> answers = cluster_.Silent(seats, leases_.timeout());
  const bool answered = answers && answers->size() == leases.size();
  if (std::exchange(cluster_answers_, answered) != answered) {
    if (answered) {
      logger_.Info("silence_known");
    } else {
      logger_.Warn("silence_unknown", {{"detail", answers ? "" : answers.error().detail}});
    }
  }
  std::vector<LapsedLease> known;
  if (!answered) {
    outcome.undecided = true;
    return known;
  }
  for (std::size_t i = 0; i < leases.size(); ++i) {
    const SharedSilence& answer = (*answers)[i];
    if (whom == Whom::kAll ? answer.told_ago.has_value() : answer.is_silent) {
      answers_.emplace(seats[i], answer);
      known.push_back(std::move(leases[i]));
    } else if (whom == Whom::kSilent && answer.age && *answer.age < leases_.timeout()) {
      leases_.RenewByReport(leases[i], *answer.age);
    } else {
      outcome.undecided = true;
    }
  }
  return known;
}

void HeartbeatReaper::SweepMedia(MonotonicTime now, SweepOutcome& outcome) {
  const bool despite_heartbeats = EvictsDespiteHeartbeats(options_.rules);
  std::vector<LapsedLease> off = LeasesWithMediaOff(now);
  if (!despite_heartbeats) {
    std::erase_if(off,
                  [this](const LapsedLease& lease) { return lease.silent <= leases_.timeout(); });
  }
  if (off.empty()) return;
  std::vector<Eviction> evictions = JudgeAll(
      AskCluster(std::move(off), despite_heartbeats ? Whom::kAll : Whom::kSilent, outcome));
  std::erase_if(evictions, [this](const Eviction& eviction) {
    return !eviction.despite_heartbeats && !answers_.at(eviction.lease.seat_key()).is_silent;
  });
  outcome.expiry += Evict(evictions);
}

std::vector<LapsedLease> HeartbeatReaper::LeasesWithMediaOff(MonotonicTime now) const {
  std::vector<LapsedLease> leases;
  if (media_.members == nullptr && !media_.streams) return leases;
  const auto observe = [&](const std::vector<StreamClaims::Member>& members) {
    for (const StreamClaims::Member& member : members) {
      if (leases.size() == options_.most_per_sweep) return;
      std::optional<LapsedLease> lease = leases_.Observe(member.room, member.user_id, now);
      if (lease) leases.push_back(*std::move(lease));
    }
  };
  if (media_.members != nullptr) observe(media_.members->OffFor(options_.rules.grace));
  if (media_.streams) {
    for (const std::string& stream : media_.streams->media.OffFor(options_.rules.grace)) {
      if (leases.size() == options_.most_per_sweep) break;
      observe(media_.streams->claims.MembersOf(stream));
    }
  }
  // Without an answer the next sweep finds them; `AskCluster` logs that there is none.
  const auto elsewhere = cluster_.MediaOff(options_.rules.grace, options_.most_per_sweep);
  if (elsewhere) observe(*elsewhere);
  std::ranges::sort(leases, {}, &LapsedLease::seat_key);
  const auto repeated = std::ranges::unique(leases, {}, &LapsedLease::seat_key);
  leases.erase(repeated.begin(), repeated.end());
  return leases;
}

std::vector<Eviction> HeartbeatReaper::JudgeAll(std::vector<LapsedLease> leases) {
  std::vector<Eviction> evictions;
  for (LapsedLease& lease : leases) {
    const std::optional<LeaveReason> reason = JudgeOne(lease);
    if (!reason) {
      LogKept(lease);
      leases_.Defer(lease);
      continue;
    }
    evictions.push_back({.lease = std::move(lease),
                         .reason = *reason,
                         .despite_heartbeats = *reason == LeaveReason::kStreamInterrupted &&
                                               EvictsDespiteHeartbeats(options_.rules)});
  }
  return evictions;
}

void HeartbeatReaper::LogKept(const LapsedLease& lease) const {
  // Each silence is logged once: it is judged again after each timeout.
  if (lease.silent < leases_.timeout() || lease.silent >= 2 * leases_.timeout()) return;
  const std::optional<MediaState> media = MediaOf(lease);
  logger_.Info(
      "pusher_kept",
      {{"kind", RoomKindName(lease.room.kind)},
       {"room", lease.room.id.value},
       {"user", lease.user_id.value},
       {"silent_ms", std::chrono::duration_cast<std::chrono::milliseconds>(lease.silent).count()},
       {"media", media ? MediaStateName(media->kind) : "none"}});
}

std::optional<LeaveReason> HeartbeatReaper::JudgeOne(const LapsedLease& lease) const {
  using std::chrono::milliseconds;
  MonotonicTime::duration added_ago = lease.added_ago;
  if (const auto answer = answers_.find(lease.seat_key()); answer != answers_.end()) {
    // A stream that has begun since may not be reported yet.
    added_ago = Certain(std::chrono::duration_cast<milliseconds>(added_ago), answer->second);
  }
  return Judge(options_.rules, leases_.timeout(),
               {.silent = lease.silent, .added_ago = added_ago, .media = MediaOf(lease)});
}

std::optional<MediaState> HeartbeatReaper::MediaOf(const LapsedLease& lease) const {
  std::optional<MediaState> state = MediaHereOf(lease);
  const auto found = answers_.find(lease.seat_key());
  if (found == answers_.end()) return state;
  const SharedSilence& answer = found->second;
  if (answer.media) {
    SharedMedia anywhere = *answer.media;
    // It joins before its media begins: what was off before is no sign.
    anywhere.age = std::min(anywhere.age,
                            std::chrono::duration_cast<std::chrono::milliseconds>(lease.added_ago));
    state = Newest(state, anywhere);
  }
  if (state && state->kind == MediaState::Kind::kOff) {
    state->lasting = Certain(state->lasting, answer);
  }
  return state;
}

std::optional<MediaState> HeartbeatReaper::MediaHereOf(const LapsedLease& lease) const {
  if (media_.members != nullptr) {
    if (auto state = media_.members->StateOf(lease.room, lease.user_id)) {
      // It joins before its media begins: what was off before is no sign.
      const auto added_ago = std::chrono::duration_cast<std::chrono::milliseconds>(lease.added_ago);
      state->lasting = std::min(state->lasting, added_ago);
      return state;
    }
  }
  return MediaWitness{.streams = media_.streams}.StateOf(lease.room, lease.user_id);
}

ExpiryOutcome HeartbeatReaper::Evict(std::span<const Eviction> evictions) {
  ExpiryOutcome outcome;
  while (!evictions.empty()) {
    const auto batch = evictions.first(std::min(options_.batch, evictions.size()));
    outcome += rooms_.ExpirePushers(
        batch, [this](const Eviction& eviction) { return JudgeOne(eviction.lease).has_value(); });
    evictions = evictions.subspan(batch.size());
  }
  return outcome;
}

void HeartbeatReaper::ReportBacklog(const SweepOutcome& outcome) {
  if (outcome.expiry.failed > 0) {
    logger_.Warn("evictions_failed", {{"count", outcome.expiry.failed}});
  }
  if (outcome.behind != behind_logged_) {
    logger_.Warn(outcome.behind ? "reaper_behind" : "reaper_caught_up",
                 {{"lag_ms", outcome.lag.count()}});
    behind_logged_ = outcome.behind;
  }
}

}  // namespace rtcroom
