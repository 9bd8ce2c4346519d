// The counts of a store's errors, and the times of its last confirmed write and last failed read.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "daemon/base/clock.h"
#include "daemon/core/store_observer.h"

namespace rtcroom {

/// Counts what has no duration, and passes all else on to another observer.
///
/// @threads safe from any thread.
class WriteRecord : public StoreObserver {
 public:
  /// All must outlive this.
  WriteRecord(StoreObserver& next, StoreTallies& tallies, const Clock& clock)
      : next_(next), tallies_(tallies), clock_(clock) {}

  /// nullopt: no write was confirmed yet.
  [[nodiscard]] std::optional<MonotonicTime> confirmed_at() const { return Known(confirmed_at_); }
  /// The time at which the store last failed to make a write for a reason that lasts
  /// (kStoreBroken); nullopt: never.
  [[nodiscard]] std::optional<MonotonicTime> broken_at() const { return Known(broken_at_); }
  /// Whether a write has failed since one was confirmed last.
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  /// nullopt: no read has failed.
  [[nodiscard]] std::optional<MonotonicTime> read_failed_at() const {
    return Known(read_failed_at_);
  }

  void OnCommitBegun() noexcept override { next_.OnCommitBegun(); }
  void OnCommitEnded(const CommitStats& stats) noexcept override { next_.OnCommitEnded(stats); }
  void OnStoreError(StoreOperation operation, Errc error) noexcept override {
    if (operation == StoreOperation::kWrite) {
      has_failed_ = true;
      if (error == Errc::kStoreBroken) broken_at_ = clock_.Monotonic();
    } else {
      read_failed_at_ = clock_.Monotonic();
    }
    tallies_.errors.Count(StoreOperationName(operation), ErrcName(error));
  }
  void OnWriteConfirmed() noexcept override {
    confirmed_at_ = clock_.Monotonic();
    has_failed_ = false;
    next_.OnWriteConfirmed();
  }
  void OnTurn(std::chrono::microseconds waited) noexcept override { next_.OnTurn(waited); }
  void OnSecondTry() noexcept override { tallies_.second_tries.Count({}); }
  void OnFenced() noexcept override { tallies_.fenced.Count({}); }
  void OnHeard(std::chrono::microseconds lag) noexcept override { next_.OnHeard(lag); }
  void OnConnect(ConnectOutcome outcome) noexcept override {
    tallies_.connects.Count(ConnectOutcomeName(outcome));
  }

 private:
  static constexpr MonotonicTime kNever = MonotonicTime::min();

  static std::optional<MonotonicTime> Known(MonotonicTime time) {
    return time == kNever ? std::nullopt : std::optional(time);
  }

  StoreObserver& next_;
  StoreTallies& tallies_;
  const Clock& clock_;
  std::atomic<MonotonicTime> confirmed_at_{kNever};
  std::atomic<MonotonicTime> broken_at_{kNever};
  std::atomic<MonotonicTime> read_failed_at_{kNever};
  std::atomic<bool> has_failed_{false};
};

}  // namespace rtcroom
