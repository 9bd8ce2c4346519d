// How a connection that was lost comes back.
#include "storage/postgres/pg_reconnector.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/cutting_proxy.h"
#include "tests/support/fake_clock.h"
#include "tests/support/loopback_socket.h"
#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

using PgReconnectorTest = PostgresTest;

/// With a server of its own, which it stops and starts.
class PgReconnectorStopTest : public PostgresTest {
 protected:
  PostgresServer server_;
  const std::unique_ptr<PgConnection> connection_ = Make(server_.Url());
};

TEST_F(PgReconnectorStopTest, ACallerWaitsForTheServerToComeBack) {
  PgReconnector reconnector(*connection_, {.pause = milliseconds(1), .give_up = hours(1)}, clock_);
  ASSERT_OK(reconnector.Await(Soon()));
  server_.Stop();
  EXPECT_FALSE(connection_->Run(PgCall(PgStatement{.sql = "SELECT 1"}), Soon()));
  EXPECT_FALSE(reconnector.connected());
  EXPECT_ERROR(kStoreBusy, reconnector.Await(InVain()));
  {
    const std::jthread waiting([&] { EXPECT_OK(reconnector.Await(Soon())); });
    server_.Start();
  }
  EXPECT_TRUE(reconnector.connected());
}

TEST_F(PgReconnectorStopTest, AfterALongTimeWithoutAConnectionNobodyWaits) {
  server_.Stop();
  PgReconnector reconnector(*connection_, {.pause = milliseconds(1), .give_up = milliseconds(50)},
                            clock_);
  const MonotonicTime deadline = clock_.Monotonic() + hours(1);
  for (int call = 0; call < 3; ++call) EXPECT_ERROR(kStoreBusy, reconnector.Await(deadline));
  EXPECT_LT(clock_.Monotonic(), deadline);
  server_.Start();
  EXPECT_TRUE(Eventually([&] { return reconnector.Await(Soon()).ok(); }))
      << "it goes on while nobody waits";
}

// By its clock, no time limit ever ends the attempt.
TEST_F(PgReconnectorTest, EndsWhileAServerDoesNotAnswer) {
  const LoopbackSocket silent = LoopbackSocket::Listen();
  const auto connection =
      Make(Secret(fmt::format("postgresql://127.0.0.1:{}/postgres", silent.Port())));
  const FakeClock still;
  PgReconnector reconnector(*connection, {}, still);
  EXPECT_ERROR(kStoreBusy, reconnector.Await(still.Monotonic()));
  EXPECT_TRUE(Eventually([&] { return HasCaller(silent); }));
}

TEST_F(PgReconnectorTest, ConnectsOnceInAPause) {
  const auto connection = Make(url_, {}, still_);  // the first attempt takes its time
  PgReconnector reconnector(*connection, {.pause = hours(1), .give_up = milliseconds(50)}, clock_);
  ASSERT_TRUE(Eventually([&] { return reconnector.Await(Soon()).ok(); }));
  connection->Close();
  EXPECT_ERROR(kStoreBusy, reconnector.Await(Soon())) << "the server is there";
}

TEST_F(PgReconnectorTest, TriesAnotherHostWithoutAPause) {
  const CuttingProxy first(SharedPostgres().port());
  const CuttingProxy second(SharedPostgres().port());
  const auto both =
      Make(WithHosts(url_, fmt::format("127.0.0.1:{},127.0.0.1:{}", first.port(), second.port())),
           {}, still_);
  PgReconnector reconnector(*both, {.pause = hours(1), .give_up = hours(1)}, clock_);
  const auto lose = [&] {
    EXPECT_FALSE(both->Run(PgCall(PgStatement{.sql = kEndMe.sql}), Soon()));
  };
  ASSERT_OK(reconnector.Await(Soon()));
  lose();
  ASSERT_OK(reconnector.Await(Soon()));
  EXPECT_EQ(both->PeerName(), fmt::format("127.0.0.1:{}", second.port()));
  lose();
  EXPECT_ERROR(kStoreBusy, reconnector.Await(InVain())) << "both were tried in this hour";
}

class CountedAttempts : public StoreObserver {
 public:
  void OnCommitBegun() noexcept override {}
  void OnCommitEnded(const CommitStats& /*stats*/) noexcept override {}
  void OnConnect(ConnectOutcome outcome) noexcept override {
    ++counts_.at(static_cast<std::size_t>(outcome));
  }
  [[nodiscard]] int Count(ConnectOutcome outcome) const {
    return counts_.at(static_cast<std::size_t>(outcome));
  }

 private:
  std::array<std::atomic<int>, kAllConnectOutcomes.size()> counts_{};
};

TEST_F(PgReconnectorStopTest, ReportsWhatBecomesOfEachAttempt) {
  CountedAttempts attempts;
  const PgPace pace{.pause = milliseconds(1), .give_up = hours(1), .observer = &attempts};
  PgReconnector reconnector(*connection_, pace, clock_);
  ASSERT_OK(reconnector.Await(Soon()));
  EXPECT_EQ(attempts.Count(ConnectOutcome::kConnected), 1);
  server_.Stop();
  EXPECT_FALSE(connection_->Run(PgCall(PgStatement{.sql = "SELECT 1"}), Soon()));
  EXPECT_ERROR(kStoreBusy, reconnector.Await(InVain()));
  EXPECT_TRUE(Eventually([&] { return attempts.Count(ConnectOutcome::kUnreachable) > 0; }));
  server_.Start();
  ASSERT_OK(reconnector.Await(Soon()));
  EXPECT_EQ(attempts.Count(ConnectOutcome::kConnected), 2);
  EXPECT_EQ(attempts.Count(ConnectOutcome::kRefused), 0);
}

TEST_F(PgReconnectorTest, TellsAFullServerFromOneThatRefuses) {
  Execute("DROP ROLE IF EXISTS limited");
  Execute("CREATE ROLE limited LOGIN PASSWORD 'secret' CONNECTION LIMIT 0");
  const auto attempt = [&](const std::string& account) {
    const auto connection = Make(Secret(
        fmt::format("postgresql://{}@127.0.0.1:{}/postgres", account, SharedPostgres().port())));
    const Status connected = ConnectToPostgres(*connection, Soon());
    return PgConnectOutcome(connected, connection->failure());
  };
  EXPECT_EQ(attempt("limited:secret"), ConnectOutcome::kNotReady);
  EXPECT_EQ(attempt("limited:wrong"), ConnectOutcome::kRefused);
}

TEST_F(PgReconnectorTest, SaysAtOnceThatItIsRefused) {
  const auto refused = Make(Secret(
      fmt::format("postgresql://nobody:wrong@127.0.0.1:{}/postgres", SharedPostgres().port())));
  PgReconnector reconnector(*refused, {.pause = milliseconds(1), .give_up = hours(1)}, clock_);
  EXPECT_ERROR(kStoreBroken, reconnector.Await(clock_.Monotonic() + hours(1)));
}

}  // namespace
}  // namespace rtcroom
