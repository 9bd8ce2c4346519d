// Connections to the shared server, in a schema of the test's own.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "storage/postgres/pg_connection.h"
#include "tests/support/eventually.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server.h"

namespace rtcroom {

// Statements of several tests.
inline constexpr PgStatement kInsert{"insert", "INSERT INTO seats VALUES ($1)"};
inline constexpr PgStatement kEcho{"echo", "SELECT $1::bytea"};
inline constexpr std::size_t kEchoedBytes = std::size_t{1} << 20;
inline constexpr PgStatement kMyProcess{"my_process", "SELECT pg_backend_pid()"};
inline constexpr PgStatement kEndMe{"end_me", "SELECT pg_terminate_backend(pg_backend_pid())"};

class PostgresTest : public testing::Test {
 protected:
  /// Not connected.
  std::unique_ptr<PgConnection> Make(const Secret& url, const PgSettings& settings = {}) {
    const Result<PgAddress> address = PgAddress::Parse(url);
    if (!address) throw std::runtime_error(address.error().detail);
    return std::make_unique<PgConnection>(*address, settings, clock_);
  }

  std::unique_ptr<PgConnection> MakeConnected(const Secret& url, const PgSettings& settings = {}) {
    auto connection = Make(url, settings);
    EXPECT_OK(connection->Connect(Soon()));
    return connection;
  }

  std::unique_ptr<PgConnection> MakeConnected(std::span<const PgStatement> statements) {
    return MakeConnected(url_, {.statements = statements});
  }

  /// Longer than any answer takes.
  [[nodiscard]] MonotonicTime Soon() const { return clock_.Monotonic() + kWaitTimeout; }
  /// For answers that do not come.
  [[nodiscard]] MonotonicTime InVain() const {
    return clock_.Monotonic() + std::chrono::milliseconds(200);
  }

  const SystemClock clock_;
  const Secret url_ = SharedPostgres().UrlOfNewSchema();
};

/// Of `kEcho`: more than the buffers of both sides hold.
inline std::vector<PgCall> LongPipeline() {
  constexpr int kCalls = 16;
  return std::vector<PgCall>(kCalls, PgCall(kEcho, std::vector<std::byte>(kEchoedBytes)));
}

inline PgMeaning MeaningOf(const PgConnection& connection) { return connection.failure().meaning; }

}  // namespace rtcroom
