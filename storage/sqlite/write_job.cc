#include "storage/sqlite/write_job.h"

#include <ranges>

#include "storage/sqlite/sqlite_writer.h"

namespace rtcroom {
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
