#include "daemon/core/node_renewal.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rtcroom {

namespace {

/// @param later  of other members, collected after `heard`.
void AddBeats(HeardBeats later, HeardBeats& heard) {
  const auto by = std::chrono::duration_cast<std::chrono::milliseconds>(later.as_of - heard.as_of);
  for (Beat& beat : later.beats) {
    beat.age = std::max(beat.age - by, std::chrono::milliseconds(0));
  }
  std::vector<Beat> all;
  all.reserve(heard.beats.size() + later.beats.size());
  std::ranges::merge(heard.beats, later.beats, std::back_inserter(all), {}, &Beat::seat,
                     &Beat::seat);
  heard.beats = std::move(all);
}

}  // namespace

Status CheckStartClock(const NodeStanding& standing) {
  const std::chrono::milliseconds by = std::chrono::abs(standing.clock_ahead);
  if (by <= kMostClockDifferenceAtStart || standing.TrustsWallClock()) return {};
  return Error{Errc::kStoreBusy,
               fmt::format("this machine's clock is {} s {} the database's"
                           " (store.start_with_wrong_clock starts it nevertheless)",
                           std::chrono::round<std::chrono::seconds>(by).count(),
                           standing.clock_ahead.count() > 0 ? "ahead of" : "behind")};
}

Status NodeRenewal::Renew() { return Begin(/*with_wrong_clock=*/true); }

Status NodeRenewal::Begin(bool with_wrong_clock) {
  const BootTime began = lease_.Now();
  const bool was_cut_off = lease_.IsCutOff();
  const Result<NodeStanding> standing = cluster_.Renew();
  if (!standing) {
    LogFailure(standing.error());
    return standing.error();
  }
  if (!with_wrong_clock) {
    if (Status checked = CheckStartClock(*standing); !checked) return checked;
  }
  lease_.Record(*standing);
  // A node that was stopped may be given up without having failed.
  if (std::exchange(failure_logged_, false) || standing->was_gone) {
    logger_.Info("node_renewed", {{"was_cut_off", was_cut_off}, {"was_gone", standing->was_gone}});
  }
  cut_off_logged_ = false;
  LogChanges(*standing);
  standing_ = *standing;
  return Report(began + kPeriod);
}

HeardBeats NodeRenewal::Collect() {
  HeardBeats heard = leases_.HeardSince(told_until_);
  if (viewers_ != nullptr) AddBeats(viewers_->HeardSince(told_until_), heard);
  if (groups_ != nullptr) AddBeats(groups_->TakeUses(), heard);
  // The signs are read after the heartbeats: none from before `as_of` is missing either.
  if (SeatSigns* const signs = signs_) heard.signs = signs->SignsSince(told_until_, heard.as_of);
  return heard;
}

Status NodeRenewal::Report(BootTime until) {
  if (!heard_) heard_.emplace(Collect());
  do {
    const Result<std::size_t> reported = cluster_.Report(*heard_, reported_);
    if (!reported) {
      if (!std::exchange(unreported_logged_, true)) {
        logger_.Warn("heartbeats_not_reported", {{"detail", reported.error().detail}});
      }
      return reported.error();
    }
    reported_ = *reported;
  } while (reported_ < heard_->size() && lease_.Now() < until);
  if (reported_ < heard_->size()) return {};
  told_until_ = heard_->as_of;
  heard_.reset();
  reported_ = 0;
  if (std::exchange(unreported_logged_, false)) logger_.Info("heartbeats_reported");
  return {};
}

void NodeRenewal::LogFailure(const Error& error) {
  if (!std::exchange(failure_logged_, true)) {
    logger_.Warn("node_not_renewed", {{"error", ErrcName(error.code)}, {"detail", error.detail}});
  }
  if (lease_.IsCutOff() && !std::exchange(cut_off_logged_, true)) {
    logger_.Error("node_cut_off", {{"detail", error.detail}});
  }
}

void NodeRenewal::LogChanges(const NodeStanding& standing) {
  if (standing.nodes != standing_.nodes) logger_.Info("nodes", {{"alive", standing.nodes}});
  if (!standing.configured_otherwise.empty() &&
      standing.configured_otherwise != standing_.configured_otherwise) {
    logger_.Warn("nodes_configured_otherwise",
                 {{"nodes", fmt::format("{}", fmt::join(standing.configured_otherwise, ", "))}});
  }
  LogClock(standing);
  for (std::size_t i = 0; i < kDuties; ++i) {
    const std::optional<std::uint64_t>& term = standing.terms.at(i);
    if (term == standing_.terms.at(i)) continue;
    logger_.Info(term ? "duty_taken" : "duty_lost",
                 {{"duty", DutyName(static_cast<Duty>(i))}, {"term", term.value_or(0)}});
  }
}

void NodeRenewal::LogClock(const NodeStanding& standing) {
  const bool has_changed = standing.ClockDiffers() != standing_.ClockDiffers() ||
                           standing.database_clock_differs != standing_.database_clock_differs;
  if (!has_changed) return;
  if (!standing.ClockDiffers()) {
    logger_.Info("clock_agrees");
  } else if (standing.database_clock_differs) {
    logger_.Warn("database_clock_differs", {{"by_ms", -standing.clock_ahead.count()}});
  } else {
    logger_.Warn("clock_differs",
                 {{"by_ms", standing.clock_ahead.count()}, {"from", "the database"}});
  }
}

Status NodeRenewal::CheckContact(std::chrono::seconds without) const {
  const std::chrono::milliseconds cut_off = lease_.CutOffFor();
  if (!lease_.IsCutOff() || cut_off < without) return {};
  return Error{Errc::kUnavailable,
               fmt::format("no contact with the database for {} s",
                           std::chrono::floor<std::chrono::seconds>(cut_off).count())};
}

void NodeRenewal::Leave() {
  // The report begins anew, with the heartbeats that came after those that were being reported.
  heard_.reset();
  reported_ = 0;
  Status left = Report(lease_.Now() + kLeaving);
  if (left && heard_) left = Error{Errc::kStoreBusy, "not all heartbeats could be reported"};
  if (left) left = cluster_.Leave();
  if (!left) logger_.Warn("node_not_left", {{"detail", left.error().detail}});
}

}  // namespace rtcroom
