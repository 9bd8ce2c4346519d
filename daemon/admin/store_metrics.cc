#include "daemon/admin/store_metrics.h"

#include <chrono>

#include "daemon/admin/families.h"

namespace rtcroom {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

prometheus::Histogram& AddHistogram(prometheus::Registry& registry, const char* name,
                                    const char* help, const Buckets& buckets) {
  return AddHistograms(registry, name, help).Add({}, buckets);
}

/// The buckets, in seconds, of the times for which servers on a shared store wait for each other.
const Buckets& SharedBuckets() {
  static const Buckets buckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                  0.1,    0.25,  0.5,    1,     2.5,  5,     10};
  return buckets;
}

double Seconds(std::chrono::microseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

StoreMetrics::StoreMetrics(prometheus::Registry& registry, const Clock& clock)
    : clock_(clock),
      group_size_(AddHistogram(registry, "rtcroomd_store_commit_group_size",
                               "Writes that shared a commit.",
                               {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
      duration_(AddHistogram(
          registry, "rtcroomd_store_commit_duration_seconds",
          "Time that a group of writes took, until it was on disk or failed.",
          {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})),
      retained_events_(AddGauge(registry, "rtcroomd_events_retained",
                                "Events in the history, as of the last commit.")),
      turn_wait_(AddHistogram(registry, "rtcroomd_store_turn_wait_seconds",
                              "Time that a group of writes waited for its turn among those of all "
                              "servers on a shared store.",
                              SharedBuckets())),
      follower_lag_(AddHistogram(registry, "rtcroomd_store_follower_lag_seconds",
                                 "Time from a write to a shared store, by any server, until this "
                                 "one has heard of it, at most.",
                                 SharedBuckets())) {}

void StoreMetrics::OnCommitBegun() noexcept { begun_at_ = clock_.Monotonic(); }

void StoreMetrics::OnCommitEnded(const CommitStats& stats) noexcept {
  const std::chrono::duration<double> took = clock_.Monotonic() - begun_at_.load();
  duration_.Observe(took.count());
  group_size_.Observe(static_cast<double>(stats.writes));
  retained_events_.Set(static_cast<double>(stats.retained_events));
}

void StoreMetrics::OnTurn(std::chrono::microseconds waited) noexcept {
  turn_wait_.Observe(Seconds(waited));
}

void StoreMetrics::OnHeard(std::chrono::microseconds lag) noexcept {
  follower_lag_.Observe(Seconds(lag));
}

}  // namespace rtcroom
