// Connections to the shared server, in a schema that no other test uses meanwhile.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "daemon/base/system_clock.h"
#include "storage/postgres/pg_connection.h"
#include "tests/support/eventually.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server.h"

namespace rtcroom {

// Statements of several tests.
inline constexpr PgStatement kInsert{"insert", "INSERT INTO seats VALUES ($1)"};
inline constexpr PgStatement kEcho{"echo", "SELECT $1::bytea"};
inline constexpr std::size_t kEchoedBytes = std::size_t{1} << 20;
inline constexpr PgStatement kMyProcess{"my_process", "SELECT pg_backend_pid()"};
inline constexpr PgStatement kEndMe{"end_me", "SELECT pg_terminate_backend(pg_backend_pid())"};

/// Shows the machine's time plus what a test adds.
class ShiftedClock : public Clock {
 public:
  [[nodiscard]] TimePoint Now() const override { return clock_.Now(); }
  [[nodiscard]] MonotonicTime Monotonic() const override { return clock_.Monotonic() + shift; }
  MonotonicTime::duration shift{0};

 private:
  const SystemClock clock_;
};

/// Stands still, apart from what a test adds: however long a busy machine takes, no time limit of a
/// connection ends its wait.
class StillClock : public Clock {
 public:
  [[nodiscard]] TimePoint Now() const override { return SystemClock().Now(); }
  [[nodiscard]] MonotonicTime Monotonic() const override { return begin_ + shift; }
  MonotonicTime::duration shift{0};

 private:
  const MonotonicTime begin_ = SystemClock().Monotonic();
};

class PostgresTest : public testing::Test {
 protected:
  /// @param url  of a schema of the shared server.
  explicit PostgresTest(Secret url = SharedPostgres().UrlOfNewSchema()) : url_(std::move(url)) {}

  /// Not connected.
  std::unique_ptr<PgConnection> Make(const Secret& url, const PgSettings& settings,
                                     const Clock& clock) {
    const Result<PgAddress> address = PgAddress::Parse(url);
    if (!address) throw std::runtime_error(address.error().detail);
    return std::make_unique<PgConnection>(*address, settings, clock);
  }
  std::unique_ptr<PgConnection> Make(const Secret& url, const PgSettings& settings = {}) {
    return Make(url, settings, clock_);
  }

  std::unique_ptr<PgConnection> MakeConnected(const Secret& url, const PgSettings& settings = {}) {
    auto connection = Make(url, settings);
    EXPECT_OK(ConnectToPostgres(*connection, Soon()));
    return connection;
  }

  std::unique_ptr<PgConnection> MakeConnected(std::span<const PgStatement> statements) {
    return MakeConnected(url_, {.statements = statements});
  }
  /// For statements that are not the product's.
  std::unique_ptr<PgConnection> MakePlain() {
    return MakeConnected(url_, {.planning = PgSettings::Planning::kServerDefaults});
  }
  /// In a transaction that remains open.
  std::unique_ptr<PgConnection> MakeHolding(const PgStatement& statement) {
    auto holder = MakePlain();
    EXPECT_OK(holder->Run(std::array{PgCall(kPgBegin), PgCall(statement)}, Soon()));
    return holder;
  }

  void Execute(const std::string& sql) const { (void)QueryPostgres(url_, sql); }
  /// Of its first row; -1 without one.
  [[nodiscard]] std::int64_t Number(const std::string& sql) const {
    PgRows rows = QueryPostgres(url_, sql);
    return rows.Next() ? rows.Integer(0) : -1;
  }
  [[nodiscard]] std::size_t CountRows(const std::string& sql) const {
    return QueryPostgres(url_, sql).size();
  }
  /// Ends all connections of the product.
  static void EndConnections() { SharedPostgres().EndConnections("application_name = 'rtcroomd'"); }

  /// Longer than any answer takes.
  [[nodiscard]] MonotonicTime Soon() const { return clock_.Monotonic() + kWaitTimeout; }
  /// For answers that do not come.
  [[nodiscard]] MonotonicTime InVain() const {
    return clock_.Monotonic() + std::chrono::milliseconds(200);
  }

  const SystemClock clock_;
  StillClock still_;
  Secret url_;
};

/// Of `kEcho`: more than the buffers of both sides hold.
inline std::vector<PgCall> LongPipeline() {
  constexpr int kCalls = 16;
  return std::vector<PgCall>(kCalls, PgCall(kEcho, std::vector<std::byte>(kEchoedBytes)));
}

/// Whether somebody has connected to it, and was not accepted yet.
inline bool HasCaller(const LoopbackSocket& socket) {
  pollfd entry{.fd = socket.descriptor(), .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

/// An account that may only read and write rows, once they are granted.
inline constexpr std::string_view kPgWriter = "writer";

inline std::string PgSchemaOf(const Secret& url) {
  PgRows name = QueryPostgres(url, "SELECT current_schema()::text");
  if (!name.Next()) throw std::runtime_error("no schema");
  return name.Text(0);
}

/// `url` for that account, which may use its schema and logs in by SCRAM, the usual way.
inline Secret UrlOfWriter(const Secret& url) {
  (void)QueryPostgres(url,
                      fmt::format("DO $$ BEGIN SET LOCAL password_encryption = 'scram-sha-256';"
                                  " CREATE ROLE {} LOGIN PASSWORD '{}';"
                                  " EXCEPTION WHEN duplicate_object THEN NULL; END $$",
                                  kPgWriter, kPostgresPassword));
  (void)QueryPostgres(url,
                      fmt::format("GRANT USAGE ON SCHEMA {} TO {}", PgSchemaOf(url), kPgWriter));
  std::string text = url.Reveal();
  const std::string owner = fmt::format("//postgres:{}@", kPostgresPassword);
  return Secret(text.replace(text.find(owner), owner.size(),
                             fmt::format("//{}:{}@", kPgWriter, kPostgresPassword)));
}

/// To rows of the tables that are in the schema of `url`.
inline void GrantToWriters(const Secret& url) {
  (void)QueryPostgres(url, fmt::format("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN"
                                       " SCHEMA {} TO {}",
                                       PgSchemaOf(url), kPgWriter));
}

/// `url` of the shared server, reached by other hosts: "host:port", comma separated.
inline Secret WithHosts(const Secret& url, std::string_view hosts) {
  std::string text = url.Reveal();
  const std::string shared = fmt::format("127.0.0.1:{}", SharedPostgres().port());
  return Secret(text.replace(text.find(shared), shared.size(), hosts));
}

inline Secret UrlOf(const PostgresServer& first, const PostgresServer& second) {
  return Secret(fmt::format("postgresql://postgres:{}@127.0.0.1:{},127.0.0.1:{}/postgres",
                            kPostgresPassword, first.port(), second.port()));
}

inline PgMeaning MeaningOf(const PgConnection& connection) { return connection.failure().meaning; }

}  // namespace rtcroom
