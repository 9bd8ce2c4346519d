// The jobs of the store.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

#include "daemon/core/room_store.h"
#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_pending_commits.h"
#include "storage/postgres/pg_write.h"
#include "storage/shared/write_job.h"

namespace rtcroom {

/// Changes of rooms, other records of the log, or one other write.
class PgJob : public WriteJob {
 public:
  /// The consequence of a fail-over that undoes the job after it was finished.
  enum class Loss : std::uint8_t {
    kHarms,
    kHarmless,  ///< it is done again: no caller waits for the standby
  };

  explicit PgJob(std::span<const RoomUpdate> updates) : updates_(updates) {}
  /// Written with their rows.
  explicit PgJob(std::vector<PgRecorded> records) : records_(std::move(records)) {}
  /// @param write  may be called more than once, before the job is finished.
  explicit PgJob(std::function<PgWrite()> write, Loss loss = Loss::kHarms)
      : write_(std::move(write)), loss_(loss) {}

  [[nodiscard]] std::size_t size() const override {
    return std::max<std::size_t>(1, updates_.size());
  }
  [[nodiscard]] std::optional<Error> StoreFailure() const override {
    for (const Result<RoomChange>& outcome : std::views::reverse(outcomes_)) {
      if (std::optional<Error> failure = StoreFailureOf(outcome)) return failure;
    }
    return StoreFailureOf(status_);
  }

  [[nodiscard]] std::span<const RoomUpdate> updates() const { return updates_; }
  [[nodiscard]] const std::vector<PgRecorded>& records() const { return records_; }
  [[nodiscard]] const std::function<PgWrite()>& write() const { return write_; }

  /// One per update, in order.
  [[nodiscard]] std::vector<Result<RoomChange>>& outcomes() { return outcomes_; }
  /// The position of the last of `records`.
  [[nodiscard]] std::uint64_t& position() { return position_; }
  /// The outcome of a job that changes no room.
  [[nodiscard]] Status& status() { return status_; }

  /// Whether its outcome, or part of it, must be confirmed: is no error, and its loss harms.
  [[nodiscard]] bool NeedsConfirmation() const {
    if (loss_ == Loss::kHarmless || !status_) return false;
    return updates_.empty() || std::ranges::any_of(outcomes_, &Result<RoomChange>::ok);
  }
  /// The commit that its outcome relies on; null: it relies on nothing unconfirmed.
  [[nodiscard]] PgPendingCommits::Handle& commit() { return commit_; }

  /// Sets every outcome to that error.
  void Abort(const Error& why) {
    outcomes_.assign(updates_.size(), why);
    status_ = why;
  }

 private:
  const std::span<const RoomUpdate> updates_{};
  const std::vector<PgRecorded> records_{};
  const std::function<PgWrite()> write_{};
  const Loss loss_ = Loss::kHarms;
  std::vector<Result<RoomChange>> outcomes_;
  std::uint64_t position_ = 0;
  Status status_;
  PgPendingCommits::Handle commit_;
};

}  // namespace rtcroom
