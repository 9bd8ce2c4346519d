// The jobs of the store.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

#include "daemon/core/room_store.h"
#include "storage/postgres/pg_write.h"
#include "storage/shared/write_job.h"

namespace rtcroom {

/// Either changes of rooms or one other write.
class PgJob : public WriteJob {
 public:
  explicit PgJob(std::span<const RoomUpdate> updates) : updates_(updates) {}
  enum class Appends : std::uint8_t { kNothing, kMessage };
  /// @param write  may be called more than once, before the job is finished.
  explicit PgJob(std::function<PgWrite()> write, Appends appends = Appends::kNothing)
      : write_(std::move(write)), appends_message_(appends == Appends::kMessage) {}

  [[nodiscard]] std::size_t size() const override { return write_ ? 1 : updates_.size(); }
  [[nodiscard]] std::optional<Error> StoreFailure() const override {
    for (const Result<RoomChange>& outcome : std::views::reverse(outcomes_)) {
      if (std::optional<Error> failure = StoreFailureOf(outcome)) return failure;
    }
    return StoreFailureOf(status_);
  }

  [[nodiscard]] std::span<const RoomUpdate> updates() const { return updates_; }
  [[nodiscard]] const std::function<PgWrite()>& write() const { return write_; }

  /// Whether listeners hear of it as a message.
  [[nodiscard]] bool appends_message() const { return appends_message_; }

  /// One per update, in order.
  [[nodiscard]] std::vector<Result<RoomChange>>& outcomes() { return outcomes_; }
  /// Of the other write.
  [[nodiscard]] Status& status() { return status_; }

  /// Nothing of it was committed.
  void Abort(const Error& why) {
    outcomes_.assign(updates_.size(), why);
    status_ = why;
  }

 private:
  const std::span<const RoomUpdate> updates_{};
  const std::function<PgWrite()> write_{};
  const bool appends_message_ = false;
  std::vector<Result<RoomChange>> outcomes_;
  Status status_;
};

}  // namespace rtcroom
