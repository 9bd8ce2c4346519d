// The jobs of the store.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/store.h"
#include "storage/shared/write_job.h"

namespace rtcroom {

class SqliteWriter;

class SqliteJob : public WriteJob {
 public:
  /// Does the work, inside the group's transaction.
  virtual void Run(SqliteWriter& writer) = 0;
  /// Nothing of the group was committed: `why` is the outcome, whatever the result of `Run`.
  virtual void Abort(const Error& why) = 0;
  /// Called after the transaction has ended in any way.
  virtual void AfterTransaction(SqliteWriter& /*writer*/) {}
};

class UpdateJob : public SqliteJob {
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
class CallJob : public SqliteJob {
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

/// What cannot be done in a transaction. It is done also when the store takes no writes.
class MaintenanceJob : public SqliteJob {
 public:
  explicit MaintenanceJob(std::function<void(SqliteWriter&)> call) : call_(std::move(call)) {}

  [[nodiscard]] std::size_t size() const override { return 1; }
  void Run(SqliteWriter& /*writer*/) override {}
  void Abort(const Error& /*why*/) override {}
  void AfterTransaction(SqliteWriter& writer) override { call_(writer); }
  [[nodiscard]] std::optional<Error> StoreFailure() const override { return std::nullopt; }

 private:
  const std::function<void(SqliteWriter&)> call_;
};

}  // namespace rtcroom
