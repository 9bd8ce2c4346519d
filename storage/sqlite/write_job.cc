#include "storage/sqlite/write_job.h"

#include <ranges>

#include "storage/sqlite/sqlite_writer.h"

namespace rtcroom {
namespace {

template <typename Outcome>
std::optional<Error> StoreFailureOf(const Outcome& outcome) {
  if (outcome.ok()) return std::nullopt;
  const Errc code = outcome.error().code;
  const bool is_the_stores = code == Errc::kStoreBusy || code == Errc::kStoreBroken;
  return is_the_stores ? std::optional(outcome.error()) : std::nullopt;
}

}  // namespace

void WriteJob::Finish() {
  // Notified under the lock: after its release the caller may destroy the job.
  const MutexLock lock(mutex_);
  is_finished_ = true;
  finished_.NotifyOne();
}

void WriteJob::Wait() {
  const MutexLock lock(mutex_);
  while (!is_finished_) finished_.Wait(mutex_);
}

void UpdateJob::Run(SqliteWriter& writer) {
  outcomes_.reserve(updates_.size());
  for (const RoomUpdate& update : updates_) {
    outcomes_.push_back(writer.Apply(update));
    if (!writer.InTransaction()) return;  // the whole group is lost: `Abort` follows
  }
}

void UpdateJob::Abort(const Error& why) { outcomes_.assign(updates_.size(), why); }

std::optional<Error> UpdateJob::StoreFailure() const {
  for (const Result<RoomChange>& outcome : std::views::reverse(outcomes_)) {
    if (std::optional<Error> failure = StoreFailureOf(outcome)) return failure;
  }
  return std::nullopt;
}

std::optional<Error> CallJob::StoreFailure() const { return StoreFailureOf(status_); }

}  // namespace rtcroom
