// Several nodes' stores on one PostgreSQL database full of rooms, for the benchmarks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "storage/postgres/pg_store.h"
#include "tests/support/postgres_server.h"
#include "tests/support/recording_listener.h"

namespace rtcroom {

/// @throws std::runtime_error, from all methods.
/// @threads for one thread; the stores are safe from any.
class BenchNodes {
 public:
  /// In a schema of its own: live rooms of two pushers. The server must outlive this.
  BenchNodes(PostgresServer& server, std::uint64_t rooms);

  /// Opens one more store.
  /// @param listener  null: none.
  PgStore& Add(CommitListener* listener = nullptr);
  /// Likewise without `Begin`.
  PgStore& Open(CommitListener* listener = nullptr);
  /// Closes all stores.
  void Clear() { stores_.clear(); }

  /// In the order of `Add`.
  [[nodiscard]] std::size_t size() const { return stores_.size(); }
  [[nodiscard]] PgStore& operator[](std::size_t index) const { return *stores_.at(index); }

  [[nodiscard]] const Secret& url() const { return url_; }
  [[nodiscard]] std::uint64_t rooms() const { return rooms_; }
  /// @param number  less than `rooms()`.
  [[nodiscard]] static RoomKey KeyOf(std::uint64_t number);

 private:
  void Fill();

  const std::uint64_t rooms_;
  const Secret url_;
  const SystemClock clock_;
  SystemRandom random_;
  DeafListener deaf_;
  std::vector<std::unique_ptr<PgStore>> stores_;
};

}  // namespace rtcroom
