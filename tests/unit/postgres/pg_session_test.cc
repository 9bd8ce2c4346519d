// What has to hold in a session, also behind a pooler.
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/support/pg_bouncer.h"
#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

class PgSessionTest : public PostgresTest {
 protected:
  static std::string Shown(PgConnection& connection, const std::string& name, MonotonicTime until) {
    const std::string sql = "SHOW " + name;
    Result<PgRows> rows = connection.Run(PgCall(PgStatement{.sql = sql.c_str()}), until);
    return rows && rows->Next() ? rows->Text(0) : "failed";
  }
  void ExpectRefused(const Secret& url, const std::string& why) {
    const auto connection = Make(url);
    const Status refused = ConnectToPostgres(*connection, Soon());
    EXPECT_ERROR(kStoreBroken, refused);
    if (!refused) EXPECT_THAT(refused.error().detail, HasSubstr(why));
    EXPECT_EQ(MeaningOf(*connection), PgMeaning::kBroken);
    EXPECT_FALSE(connection->connected());
  }
  /// Of an account of the test's own.
  Secret UrlOf(std::string_view account, std::string_view setting) const {
    Execute(fmt::format("DROP ROLE IF EXISTS {0}", account));
    Execute(fmt::format("CREATE ROLE {} LOGIN PASSWORD '{}'", account, kPostgresPassword));
    Execute(fmt::format("ALTER ROLE {} SET {}", account, setting));
    std::string text = url_.Reveal();
    return Secret(text.replace(text.find("postgres:"), 8, account));
  }
};

TEST_F(PgSessionTest, HasTheProgramsSettingsBehindAPoolerThatDropsThoseOfTheStart) {
  const PgBouncer pooler(SharedPostgres(), "session");
  const Secret url = WithHosts(UrlOf("sleepy", "synchronous_commit = off"), pooler.Host());
  for (const std::string_view wanted : {"on", "local"}) {
    const auto connection = MakeConnected(
        url, {.synchronous_commit = wanted == "on" ? PgSettings::SynchronousCommit::kOn
                                                   : PgSettings::SynchronousCommit::kLocal});
    EXPECT_EQ(Shown(*connection, "synchronous_commit", Soon()), wanted);
    EXPECT_EQ(Shown(*connection, "lock_timeout", Soon()), "2s");
    EXPECT_EQ(Shown(*connection, "search_path", Soon()), PgSchemaOf(url_));
  }
}

// The first connection may have been alone.
TEST_F(PgSessionTest, IsRefusedWhereAPoolerSharesIt) {
  const PgBouncer pooler(SharedPostgres(), "transaction");
  const Secret url = WithHosts(url_, pooler.Host());
  (void)Make(url)->Connect(Soon());
  ExpectRefused(url, "it needs pool_mode = session");
}

TEST_F(PgSessionTest, IsRefusedWhereACommitWaitsForNothing) {
  ExpectRefused(Secret(url_.Reveal() + "%20-csynchronous_commit%3Doff"),
                "synchronous_commit is off instead of on: remove it");
}

TEST_F(PgSessionTest, IsRefusedWhereAPowerCutLosesOrDamagesData) {
  const PostgresServer unsafe;
  const auto earlier = MakeConnected(unsafe.Url());  // one that was accepted goes on
  const auto set = [&](const std::string& setting) {
    const std::string sql = "ALTER SYSTEM SET " + setting;
    EXPECT_OK(earlier->Run(PgCall(PgStatement{.sql = sql.c_str()}), Soon()));
    EXPECT_OK(earlier->Run(PgCall(PgStatement{.sql = "SELECT pg_reload_conf()"}), Soon()));
  };
  for (const std::string name : {"fsync", "full_page_writes"}) {
    set(name + " = off");
    EXPECT_TRUE(Eventually([&] { return !Make(unsafe.Url())->Connect(Soon()); })) << name;
    ExpectRefused(unsafe.Url(), name + " is off instead of on: set it");
    set(name + " = on");
    EXPECT_TRUE(Eventually([&] { return Make(unsafe.Url())->Connect(Soon()).ok(); })) << name;
  }
}

TEST_F(PgSessionTest, IsRefusedToAnAccountThatMayOnlyRead) {
  ExpectRefused(UrlOf("reader", "default_transaction_read_only = on"),
                "transaction_read_only is on instead of off: default_transaction_read_only");
}

TEST_F(PgSessionTest, IsRefusedInADatabaseThatIsNotUtf8) {
  Execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0");
  std::string url = url_.Reveal();
  url.replace(url.find("/postgres?"), 9, "/ascii");
  ExpectRefused(Secret(url), "server_encoding is SQL_ASCII instead of UTF8: create the database");
  Execute("DROP DATABASE ascii");
}

}  // namespace
}  // namespace rtcroom
