// Jobs that callers of the store pass to the writer thread.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/store.h"

namespace rtcroom {

class SqliteWriter;

/// One writing call of the store. It lives on the caller's stack until `Wait` returns; until
/// `Finish` only the writer thread uses the rest of it.
class WriteJob {
 public:
  WriteJob() = default;
  virtual ~WriteJob() = default;
  WriteJob(const WriteJob&) = delete;
  WriteJob& operator=(const WriteJob&) = delete;

  /// Its weight in a group.
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// Does the work, inside the group's transaction.
  virtual void Run(SqliteWriter& writer) = 0;
  /// Nothing of the group was committed: `why` is the outcome, whatever the result of `Run`.
  virtual void Abort(const Error& why) = 0;
  /// The error caused by the store itself: kStoreBusy, kStoreBroken; the last of several, which is
  /// the one that ended the transaction if any did.
  [[nodiscard]] virtual std::optional<Error> StoreFailure() const = 0;

  void Finish() EXCLUDES(mutex_);
  void Wait() EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  CondVar finished_;
  bool is_finished_ GUARDED_BY(mutex_) = false;
};

class UpdateJob : public WriteJob {
 public:
  explicit UpdateJob(std::span<const RoomUpdate> updates) : updates_(updates) {}

  [[nodiscard]] std::size_t size() const override { return updates_.size(); }
  void Run(SqliteWriter& writer) override;
  void Abort(const Error& why) override;
  [[nodiscard]] std::optional<Error> StoreFailure() const override;

  /// One per update, in order.
  std::vector<Result<RoomChange>>& outcomes() { return outcomes_; }

 private:
  const std::span<const RoomUpdate> updates_;
  std::vector<Result<RoomChange>> outcomes_;
};

/// Any other write, given as a function.
class CallJob : public WriteJob {
 public:
  explicit CallJob(std::function<Status(SqliteWriter&)> call) : call_(std::move(call)) {}

  [[nodiscard]] std::size_t size() const override { return 1; }
  void Run(SqliteWriter& writer) override { status_ = call_(writer); }
  void Abort(const Error& why) override { status_ = why; }
  [[nodiscard]] std::optional<Error> StoreFailure() const override;

  [[nodiscard]] const Status& status() const { return status_; }

 private:
  const std::function<Status(SqliteWriter&)> call_;
  Status status_;
};

}  // namespace rtcroom
