#include "storage/postgres/pg_engine.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "storage/postgres/pg_hosts.h"
#include "storage/postgres/pg_log.h"
#include "storage/postgres/pg_writer.h"
#include "storage/shared/group_committer.h"

namespace rtcroom {

void PgEngine::Commit(PgJob& job) {
  parts_.committer.Run(job);
  if (job.commit() == nullptr) return;
  const Status confirmed =
      parts_.log.pending().Await(job.commit(), parts_.clock.Monotonic() + parts_.patience);
  if (confirmed) {
    if (parts_.observer != nullptr) parts_.observer->OnWriteConfirmed();
    return;
  }
  Error error = confirmed.error();
  if (error.code == Errc::kOutcomeUnknown) {
    parts_.address.shared().is_late = true;
    const std::string_view why = StandbyWaitText(parts_.address.shared().standby_wait);
    if (!why.empty()) error.detail = why;
  }
  job.Abort(error);
  if (parts_.observer != nullptr)
    parts_.observer->OnStoreError(StoreOperation::kWrite, confirmed.error().code);
}

Status PgEngine::Write(const std::function<PgWrite()>& write) {
  PgJob job(write);
  Commit(job);
  return job.status();
}

Status PgEngine::WriteLightly(const std::function<PgWrite()>& write) {
  PgJob job(write, PgJob::Loss::kHarmless);
  Commit(job);
  return job.status();
}

Result<std::size_t> PgEngine::RemoveInSteps(
    std::size_t most,
    const std::function<PgWrite(std::size_t limit, std::size_t& removed)>& write) {
  std::size_t removed = 0;
  while (true) {
    const std::size_t limit = std::min(kRemovedPerStep, most - removed);
    std::size_t in_step = 0;
    const Status written = WriteLightly([&] { return write(limit, in_step); });
    if (!written) return written.error();
    removed += in_step;
    if (in_step < limit || removed == most) return removed;
  }
}

Status PgEngine::RemoveEnded(TimePoint now,
                             PgWrite (*write)(TimePoint, std::size_t, std::size_t&)) {
  const auto removed = RemoveInSteps(
      std::numeric_limits<std::size_t>::max(),
      [=](std::size_t limit, std::size_t& in_step) { return write(now, limit, in_step); });
  return removed ? Status() : removed.error();
}

Status PgEngine::Record(std::vector<PgRecorded> records) {
  PgJob job(std::move(records));
  Commit(job);
  return job.status();
}

}  // namespace rtcroom
