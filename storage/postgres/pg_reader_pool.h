// Connections that are shared by threads, such as those on which the store reads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "storage/postgres/pg_confirm.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_reconnector.h"
#include "storage/postgres/pg_snapshot.h"

namespace rtcroom {

/// Whether the host of that connection has all that this process has seen of the store.
/// @errors those of `PgConnection::Run`.
using PgHostCheck = std::function<Result<bool>(PgConnection& connection, MonotonicTime deadline)>;

/// A fixed number of connections; a read waits for one that is free.
///
/// @threads safe from any thread.
class PgReaderPool {
 public:
  struct Options {
    std::size_t readers = 1;               ///< 1 or more
    std::chrono::milliseconds patience{};  ///< bounds a read, with the wait for a connection
    PgPace pace{};
    std::span<const PgStatement> statements{};  ///< statements of all reads; must outlive the pool
    std::uint64_t first_mark = 0;               ///< mark of `RunConfirmed`: one for each connection
    /// A host without it is left before it is read: an old primary that lives on takes connections
    /// for ever, whenever the new one fails for a moment. Empty: any host is read. Called from any
    /// thread.
    PgHostCheck holds = {};
  };

  PgReaderPool(const PgAddress& address, const Options& options, const Clock& clock);
  PgReaderPool(const PgReaderPool&) = delete;
  PgReaderPool& operator=(const PgReaderPool&) = delete;
  ~PgReaderPool() = default;

  /// All that a reading connection of the store runs.
  static std::span<const PgStatement> Statements();

  /// The type that a read returns.
  template <typename Read>
  using Outcome = std::invoke_result_t<Read&, PgConnection&, MonotonicTime>;

  /// Reads are of that snapshot from now on, by one thread at a time; null: of what is committed,
  /// by any. No read may be in progress.
  void ReadFrom(std::unique_ptr<PgSnapshot> snapshot) { snapshot_ = std::move(snapshot); }
  [[nodiscard]] bool HasSnapshot() const { return snapshot_ != nullptr; }
  /// Whether the last read had no connection, in time or at all.
  [[nodiscard]] bool is_cut_off() const { return is_cut_off_; }

  /// Runs a read, again on a new connection if that of the first try is lost. So it may be a write
  /// that has the same effect when it is done twice.
  ///
  /// @param read  gets the connection and the deadline, and returns a `Result`.
  /// @errors kStoreBusy when no connection is free, or none can be made, in time; those of `read`.
  template <typename Read>
  auto Run(Read read) -> Outcome<Read> {
    return RunUntil(clock_.Monotonic() + options_.patience, read);
  }
  template <typename Read>
  auto RunUntil(MonotonicTime deadline, Read read) -> Outcome<Read> {
    return RunOnReader(
        [&](Reader& reader, MonotonicTime until) { return read(reader.connection, until); }, read,
        deadline);
  }

  /// It does what `Run` does, for data that is sent to others: they are on the synchronous standby,
  /// if there is one. `Confirms` are among the statements.
  template <typename Read>
  auto RunConfirmed(Read read) -> Outcome<Read> {
    return RunOnReader(
        [&](Reader& reader, MonotonicTime deadline) -> Outcome<Read> {
          auto outcome = read(reader.connection, deadline);
          if (!outcome) return outcome;
          const auto confirmed =
              reader.connection.RunConfirming(pg::Confirm(reader.mark), deadline);
          if (!confirmed) return confirmed.error();
          return outcome;
        },
        read, clock_.Monotonic() + options_.patience);
  }

 private:
  struct Reader {
    Reader(const PgAddress& address, const Options& options, std::uint64_t own_mark,
           const Clock& clock)
        : mark(own_mark),
          connection(address, {.statements = options.statements}, clock),
          reconnector(connection, options.pace, clock) {}

    const std::uint64_t mark;
    PgConnection connection;
    PgReconnector reconnector;
    bool is_checked = false;  ///< whether its host has all that is, and will be, seen
  };

  template <typename OnReader, typename Read>
  auto RunOnReader(OnReader on_reader, Read& read, MonotonicTime deadline) -> Outcome<Read> {
    if (snapshot_ != nullptr) return read(snapshot_->connection(), deadline);
    Result<Lease> lease = Take(deadline);
    if (!lease) return lease.error();
    Reader& reader = lease->reader();
    for (bool is_retry = false;; is_retry = true) {
      const Status ready = AwaitCurrent(reader, deadline);
      is_cut_off_ = !ready;
      if (!ready) return ready.error();
      auto outcome = on_reader(reader, deadline);
      const bool was_lost = !outcome && !reader.connection.connected();
      if (!was_lost) return outcome;
      if (is_retry) return Error{Errc::kStoreBusy, outcome.error().detail};
    }
  }

  /// Holds a connection until it ends.
  class Lease {
   public:
    Lease(PgReaderPool& pool, Reader& reader) : pool_(&pool), reader_(&reader) {}
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), reader_(other.reader_) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_ != nullptr) pool_->Return(*reader_);
    }
    [[nodiscard]] Reader& reader() const { return *reader_; }

   private:
    PgReaderPool* pool_;
    Reader* reader_;
  };

  /// Returns when it is connected to a host that has what this process has seen.
  Status AwaitCurrent(Reader& reader, MonotonicTime deadline) const;
  Result<Lease> Take(MonotonicTime deadline) EXCLUDES(mutex_);
  void Return(Reader& reader) EXCLUDES(mutex_);

  const Options options_;
  const Clock& clock_;
  std::unique_ptr<PgSnapshot> snapshot_;
  std::atomic<bool> is_cut_off_{false};
  std::vector<std::unique_ptr<Reader>> readers_;
  Mutex mutex_;
  CondVar changed_;
  std::vector<Reader*> free_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
