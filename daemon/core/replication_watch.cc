#include "daemon/core/replication_watch.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

namespace rtcroom {

void ReplicationWatch::Watch(const std::stop_token& stop) {
  const MonotonicTime now = clock_.Monotonic();
  if (asked_at_ && now < *asked_at_ + kPeriod && !source_.IsLate()) return;
  asked_at_ = now;
  const StoreReplication seen = source_.Ask(stop);
  if (seen.primaries.empty()) return;
  LogStandby(seen);
  LogPrimaries(seen);
}

void ReplicationWatch::LogStandby(const StoreReplication& seen) {
  std::string without(StandbyWaitText(seen.wait));
  if (without.empty() && seen.standbys == 0 && asynchronous_ == Asynchronous::kWarned) {
    without = "changes that were answered are lost with its machine";
  }
  state_.lacks_standby = !without.empty();
  if (without == without_) return;
  without_ = std::move(without);
  if (without_.empty()) {
    logger_.Info("database_has_standby", {{"standbys", seen.standbys}});
  } else {
    logger_.Warn("database_without_standby", {{"key", "store.warn_async"}, {"what", without_}});
  }
}

void ReplicationWatch::LogPrimaries(const StoreReplication& seen) {
  const StorePrimary& first = seen.primaries.front();
  std::vector<StorePrimary> all = seen.primaries;
  if (first.timeline >= newest_.timeline) {
    newest_ = first;
  } else {
    all.insert(all.begin(), newest_);  // it cannot be asked now
  }
  std::string conflicting;
  if (all.size() > 1) {
    for (const StorePrimary& primary : all) {
      conflicting += fmt::format("{}{} (timeline {})", conflicting.empty() ? "" : ", ",
                                 primary.host, primary.timeline);
    }
  }
  state_.has_two_primaries = !conflicting.empty();
  if (conflicting == conflicting_) return;
  conflicting_ = std::move(conflicting);
  if (conflicting_.empty()) {
    logger_.Info("one_primary", {{"host", first.host}, {"timeline", first.timeline}});
  } else {
    logger_.Error("two_primaries", {{"hosts", conflicting_}});
  }
}

}  // namespace rtcroom
