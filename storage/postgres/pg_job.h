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

#include "daemon/core/message_store.h"
#include "daemon/core/room_store.h"
#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_write.h"
#include "storage/shared/write_job.h"

namespace rtcroom {

/// Changes of rooms, what else the log tells, or one other write.
class PgJob : public WriteJob {
 public:
  explicit PgJob(std::span<const RoomUpdate> updates) : updates_(updates) {}
  /// Written with their rows.
  explicit PgJob(std::vector<PgRecorded> records) : records_(std::move(records)) {}
  /// @param write  may be called more than once, before the job is finished.
  /// @param appended  receives its position with the outcome of the write; null: no message.
  explicit PgJob(std::function<PgWrite()> write, const StoredMessage* appended = nullptr)
      : write_(std::move(write)), appended_(appended) {}

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

  /// The position of the message that it has appended; 0: none.
  [[nodiscard]] std::uint64_t appended() const {
    return appended_ != nullptr && status_ ? appended_->position : 0;
  }

  /// One per update, in order.
  [[nodiscard]] std::vector<Result<RoomChange>>& outcomes() { return outcomes_; }
  /// The position of the last of `records`.
  [[nodiscard]] std::uint64_t& position() { return position_; }
  /// Of what is no change of a room.
  [[nodiscard]] Status& status() { return status_; }

  /// Nothing of it was committed.
  void Abort(const Error& why) {
    outcomes_.assign(updates_.size(), why);
    status_ = why;
  }

 private:
  const std::span<const RoomUpdate> updates_{};
  const std::vector<PgRecorded> records_{};
  const std::function<PgWrite()> write_{};
  const StoredMessage* const appended_ = nullptr;
  std::vector<Result<RoomChange>> outcomes_;
  std::uint64_t position_ = 0;
  Status status_;
};

}  // namespace rtcroom
