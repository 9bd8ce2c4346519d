// Keeps one connection connected, however its server comes and goes.
#pragma once

#include <chrono>
#include <optional>
#include <thread>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "daemon/core/store_observer.h"
#include "storage/postgres/pg_connection.h"

namespace rtcroom {

/// Many nodes must not overrun a database that comes back.
struct PgPace {
  /// Between the beginnings of two attempts that begin with one host; up to half as much again, at
  /// random. Another host is tried at once.
  std::chrono::milliseconds pause = std::chrono::seconds(1);
  /// `Await` fails at once after so long without a connection.
  std::chrono::milliseconds give_up = std::chrono::seconds(3);
  RandomSource* random = nullptr;  ///< must outlive the users; null: pauses are all the same
  /// Hears of each attempt; may be null, must outlive the users otherwise.
  StoreObserver* observer = nullptr;
};

/// The outcome of `PgConnection::Connect`.
/// @param failure  of the connection.
ConnectOutcome PgConnectOutcome(const Status& connected, const PgFailure& failure);

/// Connects when a lost connection is asked for, and goes on until it has one, also when no caller
/// waits any more.
///
/// @threads `connected` and `Await` for the thread that uses the connection. It may use it from an
///          `Await` or a `connected` that succeeded until the connection is lost. Owns one thread,
///          which waits for the database until the destructor ends it.
class PgReconnector {
 public:
  /// The arguments must outlive it. The connection's `StopWhen` is its own.
  PgReconnector(PgConnection& connection, const PgPace& pace, const Clock& clock);
  ~PgReconnector();
  PgReconnector(const PgReconnector&) = delete;
  PgReconnector& operator=(const PgReconnector&) = delete;

  [[nodiscard]] bool connected() const EXCLUDES(mutex_);

  /// Returns when the connection can be used.
  /// @errors kStoreBusy at the deadline, and at once when there has been no connection for long;
  /// kStoreBroken when the server refuses these credentials, this database or a statement.
  Status Await(MonotonicTime deadline) EXCLUDES(mutex_);

 private:
  void Reconnect() EXCLUDES(mutex_);
  /// False when it is to stop.
  bool AwaitTurn() EXCLUDES(mutex_);
  [[nodiscard]] std::chrono::milliseconds Pause() const;

  PgConnection& connection_;
  const PgPace pace_;
  const Clock& clock_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool is_connecting_ GUARDED_BY(mutex_) = false;  ///< the thread has the connection
  MonotonicTime lost_at_ GUARDED_BY(mutex_);
  std::chrono::milliseconds pause_ GUARDED_BY(mutex_){0};  ///< before that host is tried again
  std::optional<Error> failure_ GUARDED_BY(mutex_);        ///< failure of the last attempt
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: it uses all other members
};

}  // namespace rtcroom
