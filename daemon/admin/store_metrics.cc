#include "daemon/admin/store_metrics.h"

#include <chrono>
#include <string>

#include "daemon/admin/families.h"

namespace rtcroom {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

prometheus::Histogram& AddHistogram(prometheus::Registry& registry, const char* name,
                                    const char* help, const Buckets& buckets) {
  return AddHistograms(registry, name, help).Add({}, buckets);
}

std::size_t ColumnOf(Errc error) {
  if (error == Errc::kOutcomeUnknown) return 2;
  return error == Errc::kStoreBroken ? 1 : 0;
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
                                "Events in the history, as of the last commit.")) {
  CounterFamily& errors = AddCounters(registry, "rtcroomd_store_errors_total",
                                      "Calls that the store failed, by operation and error.");
  for (const StoreOperation operation : {StoreOperation::kRead, StoreOperation::kWrite}) {
    for (const Errc error : {Errc::kStoreBusy, Errc::kStoreBroken, Errc::kOutcomeUnknown}) {
      errors_.at(static_cast<std::size_t>(operation)).at(ColumnOf(error)) =
          &errors.Add({{"operation", std::string(StoreOperationName(operation))},
                       {"error", std::string(ErrcName(error))}});
    }
  }
}

void StoreMetrics::OnCommitBegun() noexcept { begun_at_ = clock_.Monotonic(); }

void StoreMetrics::OnCommitEnded(const CommitStats& stats) noexcept {
  const std::chrono::duration<double> took = clock_.Monotonic() - begun_at_.load();
  duration_.Observe(took.count());
  group_size_.Observe(static_cast<double>(stats.writes));
  retained_events_.Set(static_cast<double>(stats.retained_events));
}

void StoreMetrics::OnStoreError(StoreOperation operation, Errc error) noexcept {
  errors_.at(static_cast<std::size_t>(operation)).at(ColumnOf(error))->Increment();
}

}  // namespace rtcroom
