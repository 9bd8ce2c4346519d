// Connecting: deadlines, refusals, the order of hosts, the settings of a session.
#include <array>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/support/cutting_proxy.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/sanitizers.h"
#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr PgStatement kOne{"one", "SELECT 1"};
constexpr PgStatement kSetting{"setting", "SELECT current_setting($1)"};
constexpr auto kConnectStatements = std::to_array<PgStatement>({kOne, kSetting, kEcho, kEndMe});

class PgConnectTest : public PostgresTest {
 protected:
  /// Of the shared server, with parts exchanged.
  static Secret Url(std::string_view password, std::string_view hosts, std::string_view database) {
    return Secret(fmt::format("postgresql://postgres:{}@{}/{}", password, hosts, database));
  }
  static Secret ByHosts(std::string_view hosts) { return WithHosts(SharedPostgres().Url(), hosts); }
  static std::string Host() { return fmt::format("127.0.0.1:{}", SharedPostgres().port()); }

  static std::string Setting(PgConnection& connection, std::string_view name,
                             MonotonicTime deadline) {
    Result<PgRows> rows = connection.Run(PgCall(kSetting, name), deadline);
    return rows && rows->Next() ? rows->Text(0) : "failed";
  }

  /// Of that connection with `still_`: whenever it waits for that host, its time for it passes.
  void GiveUpWaitingFor(PgConnection& connection, const LoopbackSocket& silent,
                        MonotonicTime::duration share = PgConnection::kHostTime) {
    connection.StopWhen(
        [this, &connection, share, name = fmt::format("127.0.0.1:{}", silent.Port())] {
          if (connection.PeerName() == name) still_.shift += share;
          return false;
        });
  }

  const PgSettings settings_{.statements = kConnectStatements};
};

// A sentence for the log, in one line, without the password.
auto IsOneClearLine(const std::string& part) {
  return AllOf(HasSubstr(part), Not(HasSubstr("\n")), Not(HasSubstr("  ")),
               Not(HasSubstr("LOCATION")), Not(HasSubstr(std::string(kPostgresPassword))),
               Not(HasSubstr("wrong")));
}

TEST_F(PgConnectTest, RefusesAWrongPasswordForGood) {
  const auto connection = Make(Url("wrong", Host(), "postgres"));
  const Status connected = ConnectToPostgres(*connection, Soon());
  EXPECT_ERROR(kStoreBroken, connected);
  EXPECT_THAT(
      connected.error().detail,
      IsOneClearLine("failed: FATAL: password authentication failed for user \"postgres\""));
  EXPECT_EQ(connection->failure().sqlstate, "28P01");
  EXPECT_FALSE(connection->connected());
}

TEST_F(PgConnectTest, RefusesAnUnknownDatabaseForGood) {
  const auto connection = Make(Url(kPostgresPassword, Host(), "nowhere"));
  const Status connected = ConnectToPostgres(*connection, Soon());
  EXPECT_ERROR(kStoreBroken, connected);
  EXPECT_THAT(connected.error().detail,
              IsOneClearLine("FATAL: database \"nowhere\" does not exist"));
  EXPECT_EQ(connection->failure().sqlstate, "3D000");
}

TEST_F(PgConnectTest, MayFindAServerLaterWhereNoneListens) {
  const LoopbackSocket closed = LoopbackSocket::Bind();
  const auto connection = Make(ByHosts(fmt::format("127.0.0.1:{}", closed.Port())));
  const Status connected = ConnectToPostgres(*connection, Soon());
  EXPECT_ERROR(kStoreBusy, connected);
  EXPECT_EQ(connected.error().detail,
            fmt::format("cannot connect to the database: connection to server at \"127.0.0.1\", "
                        "port {} failed: Connection refused",
                        closed.Port()));
  EXPECT_EQ(MeaningOf(*connection), PgMeaning::kBusy);
}

TEST_F(PgConnectTest, GivesUpAServerThatNeverAnswers) {
  const LoopbackSocket silent = LoopbackSocket::Listen();
  const auto connection = Make(ByHosts(fmt::format("127.0.0.1:{}", silent.Port())), {}, still_);
  int waits = 0;  // after the time of the host is over
  connection->StopWhen([&] {
    if (still_.shift > PgConnection::kHostTime / 2) return ++waits > 0;
    if (HasCaller(silent)) still_.shift = PgConnection::kHostTime;
    return false;
  });
  const Status connected = connection->Connect(Soon());
  EXPECT_ERROR(kStoreBusy, connected);
  EXPECT_THAT(connected.error().detail, IsOneClearLine("failed: no answer within the time limit"));
  EXPECT_EQ(waits, 0) << "a host has its own limit";
}

TEST_F(PgConnectTest, EndsItsWaitWhenItIsToStop) {
  const LoopbackSocket silent = LoopbackSocket::Listen();
  int asked = 0;
  const auto connecting = Make(ByHosts(fmt::format("127.0.0.1:{}", silent.Port())), {}, still_);
  connecting->StopWhen([&asked] { return ++asked > 2; });
  EXPECT_ERROR(kStoreBusy, connecting->Connect(Soon()));
  EXPECT_EQ(asked, 3);

  bool stops = false;
  const auto connection = Make(url_, settings_, still_);
  ASSERT_OK(connection->Connect(Soon()));
  connection->StopWhen([&stops] { return stops; });
  EXPECT_OK(connection->Run(PgCall(kOne), Soon()));
  stops = true;
  // By its clock, no time limit ever ends the call.
  EXPECT_FALSE(connection->Run(PgCall(PgStatement{.sql = "SELECT pg_sleep(3600)::text"}), Soon()));
  EXPECT_FALSE(connection->connected());
}

TEST_F(PgConnectTest, MayFindAHostLaterWhoseNameIsUnknown) {
  if (kUnderThreadSanitizer) GTEST_SKIP() << "it does not know the threads of getaddrinfo_a";
  const std::string unknown(64, 'x');  // too long for any name server to be asked
  const auto connection =
      Make(ByHosts(fmt::format("{},localhost:{}", unknown, SharedPostgres().port())));
  EXPECT_OK(ConnectToPostgres(*connection, Soon()));

  const auto nowhere = Make(ByHosts(unknown));
  const Status connected = ConnectToPostgres(*nowhere, Soon());
  EXPECT_ERROR(kStoreBusy, connected);
  EXPECT_THAT(connected.error().detail,
              IsOneClearLine(fmt::format("no address of \"{}\": ", unknown)));
}

class Frozen {
 public:
  explicit Frozen(const PostgresServer& server) : server_(server) { server.Freeze(); }
  ~Frozen() { server_.Thaw(); }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  const PostgresServer& server_;
};

TEST_F(PgConnectTest, GivesUpAServerThatStopsToAnswer) {
  const auto connection = MakeConnected(url_, settings_);
  const auto sending = MakeConnected(url_, settings_);
  const auto another = Make(url_);
  const std::vector<PgCall> pipeline = LongPipeline();
  // On a busy machine the time may be over before anything is sent: that proves nothing.
  const auto gives_up = [this](PgConnection& to, std::span<const PgCall> calls) {
    return Eventually([&] {
      EXPECT_ERROR(kStoreBusy, to.Run(calls, InVain()));
      return !to.connected();
    });
  };
  {
    const Frozen frozen(SharedPostgres());
    EXPECT_TRUE(gives_up(*connection, std::vector{PgCall(kOne)}));
    EXPECT_EQ(MeaningOf(*connection), PgMeaning::kLost);
    EXPECT_TRUE(gives_up(*sending, pipeline));
    EXPECT_ERROR(kStoreBusy, another->Connect(InVain()));
  }
  EXPECT_OK(ConnectToPostgres(*connection, Soon()));
  EXPECT_OK(connection->Run(PgCall(kOne), Soon()));
}

TEST_F(PgConnectTest, RefusesAStatementThatTheServerCannotPrepare) {
  const PgStatement wrong{"wrong", "SELECT nothing FROM nowhere"};
  const auto connection = Make(url_, {.statements = std::span(&wrong, 1)});
  const Status connected = ConnectToPostgres(*connection, Soon());
  EXPECT_ERROR(kStoreBroken, connected);
  EXPECT_EQ(connected.error().detail,
            "cannot connect to the database: statement wrong: relation \"nowhere\" does not exist "
            "(SQLSTATE 42P01)");
  EXPECT_FALSE(connection->connected());
}

TEST_F(PgConnectTest, ReachesTheServerThroughAUnixSocket) {
  const auto connection = MakeConnected(
      Secret(fmt::format("host={} port={} user=postgres dbname=postgres",
                         SharedPostgres().socket_directory().string(), SharedPostgres().port())),
      settings_);
  EXPECT_OK(connection->Run(PgCall(kOne), Soon()));
}

TEST_F(PgConnectTest, FindsTheHostThatAnswers) {
  const LoopbackSocket closed = LoopbackSocket::Bind();
  const auto connection =
      MakeConnected(ByHosts(fmt::format("127.0.0.1:{},{}", closed.Port(), Host())));
  EXPECT_EQ(connection->PeerName(), Host());
}

TEST_F(PgConnectTest, AHostThatRefusesDoesNotHideTheNext) {
  const PostgresServer other;
  other.Execute("CREATE DATABASE elsewhere");
  other.Execute(fmt::format("CREATE ROLE guest LOGIN PASSWORD '{}'", kPostgresPassword));
  const std::string name = fmt::format("127.0.0.1:{}", other.port());
  const std::string both = fmt::format("{},{}", Host(), name);
  EXPECT_EQ(MakeConnected(Url(kPostgresPassword, both, "elsewhere"))->PeerName(), name);
  const auto guest =
      Secret(fmt::format("postgresql://guest:{}@{}/postgres", kPostgresPassword, both));
  EXPECT_EQ(MakeConnected(guest)->PeerName(), name);

  const auto nowhere = Make(Url(kPostgresPassword, both, "nowhere"));
  EXPECT_ERROR(kStoreBroken, ConnectToPostgres(*nowhere, Soon())) << "all of them refuse";
  EXPECT_EQ(MeaningOf(*nowhere), PgMeaning::kBroken);
  const LoopbackSocket closed = LoopbackSocket::Bind();
  const auto later = Make(
      Url(kPostgresPassword, fmt::format("{},127.0.0.1:{}", Host(), closed.Port()), "elsewhere"));
  EXPECT_ERROR(kStoreBusy, ConnectToPostgres(*later, Soon())) << "one may take it later";
  EXPECT_EQ(MeaningOf(*later), PgMeaning::kBusy);
}

TEST_F(PgConnectTest, BeginsWithTheHostThatWorkedAndAfterAFailureWithTheNext) {
  const LoopbackSocket silent = LoopbackSocket::Listen();
  const auto connection =
      Make(ByHosts(fmt::format("127.0.0.1:{},{}", silent.Port(), Host())), settings_, still_);
  GiveUpWaitingFor(*connection, silent);
  ASSERT_OK(connection->Connect(Soon())) << "a silent host is left for the next one";
  EXPECT_EQ(connection->PeerName(), Host());
  EXPECT_TRUE(HasCaller(silent));
  (void)silent.Accept();
  ASSERT_OK(connection->Connect(Soon()));
  EXPECT_FALSE(HasCaller(silent));

  EXPECT_ERROR(kStoreBusy, connection->Run(PgCall(kEndMe), Soon()));
  ASSERT_OK(connection->Connect(Soon()));
  EXPECT_TRUE(HasCaller(silent));
}

TEST_F(PgConnectTest, OnlyTheFirstConnectionOfAProcessWaitsForASilentHost) {
  const LoopbackSocket silent = LoopbackSocket::Listen();
  const auto address =
      PgAddress::Parse(WithHosts(url_, fmt::format("127.0.0.1:{},{}", silent.Port(), Host())));
  ASSERT_OK(address);
  PgConnection first(*address, settings_, still_);
  GiveUpWaitingFor(first, silent);
  ASSERT_OK(first.Connect(Soon()));
  ASSERT_TRUE(HasCaller(silent));
  (void)silent.Accept();
  const PgAddress copy = *address;
  PgConnection second(copy, settings_, still_);
  GiveUpWaitingFor(second, silent);
  ASSERT_OK(second.Connect(Soon()));
  EXPECT_EQ(second.PeerName(), Host());
  EXPECT_FALSE(HasCaller(silent));

  EXPECT_ERROR(kStoreBusy, second.Run(PgCall(kEndMe), Soon()));
  ASSERT_OK(second.Connect(Soon()));
  EXPECT_TRUE(HasCaller(silent)) << "it leaves a host that fails, although others reach it";
}

TEST_F(PgConnectTest, DividesAShortTimeAmongTheHosts) {
  const LoopbackSocket silent = LoopbackSocket::Listen();
  const auto connection = Make(
      ByHosts(fmt::format("127.0.0.1:{0},127.0.0.1:{0},127.0.0.1:{0},{1}", silent.Port(), Host())),
      {}, still_);
  GiveUpWaitingFor(*connection, silent, PgConnection::kHostTime / 2);
  EXPECT_OK(connection->Connect(still_.Monotonic() + 2 * PgConnection::kHostTime));
}

// Its share of the time bounds only taking the connection.
TEST_F(PgConnectTest, StaysWithAHostThatIsSlowToPrepare) {
  const CuttingProxy first(SharedPostgres().port());
  const CuttingProxy second(SharedPostgres().port());
  const auto locker = MakePlain();
  const auto run = [&](const char* sql) {
    EXPECT_OK(locker->Run(PgCall(PgStatement{.sql = sql}), Soon()));
  };
  run("CREATE TABLE slow ()");
  run("BEGIN");
  run("LOCK TABLE slow IN ACCESS EXCLUSIVE MODE");

  const auto address = PgAddress::Parse(
      WithHosts(url_, fmt::format("127.0.0.1:{},127.0.0.1:{}", first.port(), second.port())));
  ASSERT_OK(address);
  const PgStatement slow{"slow", "SELECT FROM slow"};
  PgConnection connection(
      *address,
      {.planning = PgSettings::Planning::kServerDefaults, .statements = std::span(&slow, 1)},
      still_);
  int waits = 0;  // after its share has passed
  connection.StopWhen([&] {
    if (waits > 0) {
      if (++waits == 4) run("COMMIT");
    } else if (CountRows("SELECT FROM pg_locks WHERE relation = 'slow'::regclass AND NOT granted") >
               0) {
      still_.shift = PgConnection::kHostTime;
      ++waits;
    }
    return false;
  });
  ASSERT_OK(connection.Connect(Soon()));
  EXPECT_EQ(connection.PeerName(), fmt::format("127.0.0.1:{}", first.port()));
}

TEST_F(PgConnectTest, LeavesAHostOnceAnotherOneHasConfirmedACommit) {
  const CuttingProxy first(SharedPostgres().port());
  const CuttingProxy second(SharedPostgres().port());
  const auto address = PgAddress::Parse(
      ByHosts(fmt::format("127.0.0.1:{},127.0.0.1:{}", first.port(), second.port())));
  ASSERT_OK(address);
  PgConnection reader(*address, settings_, still_);
  PgConnection writer(*address, settings_, still_);
  ASSERT_OK(reader.Connect(Soon()));
  ASSERT_OK(writer.Connect(Soon()));
  EXPECT_ERROR(kStoreBusy, writer.Run(PgCall(kEndMe), Soon()));
  ASSERT_OK(writer.Connect(Soon()));
  ASSERT_NE(writer.PeerName(), reader.PeerName());
  ASSERT_OK(writer.Run(PgCall(kOne), Soon()));
  EXPECT_OK(reader.Run(PgCall(kOne), Soon()));  // no commit has been confirmed

  ASSERT_OK(writer.Run(std::array{PgCall(kPgBegin), PgCall(kPgCommit)}, Soon()));
  EXPECT_OK(reader.Run(PgCall(kOne), Soon()));  // nor by that: it has waited for nothing

  ASSERT_OK(writer.RunConfirming(std::array{PgCall(kOne)}, Soon()));
  EXPECT_ERROR(kStoreBusy, reader.Run(PgCall(kOne), Soon()));
  ASSERT_OK(reader.Connect(Soon()));
  EXPECT_EQ(reader.PeerName(), writer.PeerName());
  EXPECT_OK(reader.Run(PgCall(kOne), Soon()));
}

TEST_F(PgConnectTest, PlansByIndexesAndBoundsWaits) {
  const std::map<std::string, std::string> wanted = {
      {"plan_cache_mode", "force_generic_plan"},
      {"enable_seqscan", "off"},
      {"enable_hashjoin", "off"},
      {"enable_mergejoin", "off"},
      {"max_parallel_workers_per_gather", "0"},
      {"jit", "off"},
      {"lock_timeout", "2s"},
      {"idle_in_transaction_session_timeout", "2s"},
      {"statement_timeout", "0"},
      {"default_transaction_isolation", "read committed"},
      {"synchronous_commit", "on"},
      {"client_encoding", "UTF8"},
      {"application_name", "rtcroomd"},
  };
  const auto connection = MakeConnected(url_, settings_);
  for (const auto& [name, value] : wanted) {
    EXPECT_EQ(Setting(*connection, name, Soon()), value) << name;
  }
}

TEST_F(PgConnectTest, LeavesPlansToTheServerWhenAsked) {
  PgSettings plain = settings_;
  plain.planning = PgSettings::Planning::kServerDefaults;
  plain.synchronous_commit = PgSettings::SynchronousCommit::kLocal;
  const auto connection = MakeConnected(url_, plain);
  EXPECT_EQ(Setting(*connection, "enable_seqscan", Soon()), "on");
  EXPECT_EQ(Setting(*connection, "plan_cache_mode", Soon()), "auto");
  EXPECT_EQ(Setting(*connection, "lock_timeout", Soon()), "0");
  EXPECT_EQ(Setting(*connection, "synchronous_commit", Soon()), "local");
}

TEST_F(PgConnectTest, TheOptionsOfTheConnectionStringAreKept) {
  const auto connection = MakeConnected(
      Secret(url_.Reveal() + "%20-clock_timeout%3D5s&application_name=check"), settings_);
  EXPECT_EQ(Setting(*connection, "lock_timeout", Soon()), "5s");
  EXPECT_EQ(Setting(*connection, "application_name", Soon()), "check");
  EXPECT_THAT(Setting(*connection, "search_path", Soon()), HasSubstr("t_"));
}

}  // namespace
}  // namespace rtcroom
