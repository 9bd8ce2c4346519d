// Commands on a PostgreSQL database: migrate-store, check-store, new-epoch and nodes.
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/live_rooms.h"
#include "tests/unit/cli/database_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class MigrateStoreCommand : public DatabaseTest {};
class CheckStoreCommand : public DatabaseTest {};
class NewEpochCommand : public DatabaseTest {};
class NodesCommand : public DatabaseTest {};
class BackupCommand : public CliTest {};

TEST_F(MigrateStoreCommand, CreatesTheSchemaOnce) {
  url_ = SharedPostgres().UrlOfNewSchema();
  EXPECT_EQ(Run({"migrate-store", "--store", Url()}), 0) << err();
  EXPECT_EQ(out(), "postgresql://***: the schema was created, at version 9\n");
  EXPECT_THAT(Query("SELECT epoch FROM meta"), MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(Run({"migrate-store", "--store", Url()}), 0) << err();
  EXPECT_EQ(out(), "postgresql://***: the schema is up to date, at version 9\n");
}

TEST_F(MigrateStoreCommand, SaysThatTheDatabaseNeedsANewerProgram) {
  Execute("UPDATE meta SET schema_version = 99, least_version = 98");
  EXPECT_EQ(Run({"migrate-store", "--store", Url()}), 1);
  EXPECT_EQ(err(),
            "postgresql://***: the database needs a newer rtcroomd: one that knows schema 98 or"
            " later (it has schema 99; this program knows 9)\n");
}

TEST_F(MigrateStoreCommand, ReportsAServerThatIsNotThere) {
  EXPECT_EQ(Run({"migrate-store", "--store", "postgresql://u@/db?host=/nowhere"}), 1);
  EXPECT_THAT(err(), AllOf(StartsWith("postgresql://***: cannot connect to the database: "),
                           HasSubstr("/nowhere")));
}

TEST_F(MigrateStoreCommand, NeedsADatabase) {
  const std::vector<std::vector<std::string>> wrong = {{"migrate-store"},
                                                       {"migrate-store", "--store", "sqlite:x.db"}};
  for (const std::vector<std::string>& arguments : wrong) {
    EXPECT_EQ(Run(arguments), 2);
    EXPECT_THAT(err(), EndsWith("is not a PostgreSQL database (postgresql://HOST/DATABASE)\n"));
  }
  EXPECT_EQ(Run({"migrate-store", "--store", "postgresql://u@host:port/db"}), 2);
  EXPECT_EQ(err(), "--store: the connection string: a port is not a number\n");
}

TEST_F(MigrateStoreCommand, RefusesAPasswordOnTheCommandLine) {
  EXPECT_EQ(Run({"migrate-store", "--store", url_.Reveal()}), 2);
  EXPECT_THAT(err(), AllOf(StartsWith("--store: every user of the machine can see a password"),
                           HasSubstr("RTCROOMD_STORE_URL"),
                           Not(HasSubstr(std::string(kPostgresPassword)))));
}

TEST_F(CheckStoreCommand, PrintsTheSizeOfAValidStore) {
  const auto store = OpenDatabase();
  ASSERT_OK(Apply(*store, Creating(MakeRoom(RoomKind::kMulti, "r1"))));
  EXPECT_EQ(Run({"check-store", "--store", Url()}), 0) << out() << err();
  EXPECT_EQ(out(),
            "schema 9, epoch 00c0ffee00c0ffee: 1 rooms, 1 pushers, 0 viewers, 2 events, 0 sessions,"
            " 0 bans, 0 deliveries, 0 messages, 0 revocations, 0 recordings\n"
            "postgresql://***: no problem found\n");
}

TEST_F(CheckStoreCommand, PrintsFindings) {
  ASSERT_OK(Apply(*OpenDatabase(), Creating(MakeRoom(RoomKind::kMulti, "r1"))));
  Execute("UPDATE rooms SET last_event = 9");
  EXPECT_EQ(Run({"check-store", "--store", Url()}), 1);
  EXPECT_THAT(out(), AllOf(StartsWith("multi room r1: its newest event is 2, and it knows of 9\n"),
                           EndsWith("postgresql://***: 1 findings\n")));
}

TEST_F(CheckStoreCommand, ChecksTheConfiguredDatabase) {
  environment_ = {{"RTCROOMD_STORE_URL", url_.Reveal()}};
  EXPECT_EQ(Run({"check-store"}), 0) << err();
  EXPECT_THAT(out(), EndsWith("postgresql://***: no problem found\n"));
}

TEST_F(CheckStoreCommand, ChecksOneStore) {
  EXPECT_EQ(Run({"check-store", "--store", Url(), "file.db"}), 2);
  EXPECT_THAT(out(), IsEmpty());
}

TEST_F(NewEpochCommand, ChangesTheEpochUnlessNodesAreRegistered) {
  EXPECT_EQ(Run({"new-epoch", "--store", Url()}), 0) << err();
  EXPECT_EQ(out(), fmt::format("postgresql://***: the epoch is {}, and was 00c0ffee00c0ffee\n",
                               Query("SELECT epoch FROM meta")));
  EXPECT_NE(Query("SELECT epoch FROM meta"), "00c0ffee00c0ffee");

  Execute("INSERT INTO nodes (node, link, version) VALUES (7, 0, 1)");
  const std::string before = Query("SELECT epoch FROM meta");
  EXPECT_EQ(Run({"new-epoch", "--store", Url()}), 1);
  EXPECT_EQ(err(),
            "postgresql://***: 1 nodes are registered in the database: stop them first, or use"
            " --force if none of them runs\n");
  EXPECT_EQ(Query("SELECT epoch FROM meta"), before);
  EXPECT_EQ(Run({"new-epoch", "--store", Url(), "--force"}), 0) << err();
  EXPECT_NE(Query("SELECT epoch FROM meta"), before);
}

TEST_F(NodesCommand, PrintsATableOrJson) {
  Execute(
      "INSERT INTO nodes (node, link, rounds, version, name, config_hash)"
      " VALUES (7, 0, 12, 1, E'one\\x1b', '00c0ffee'), (8, 0, 0, 1, '', '')");
  Execute("UPDATE duties SET node = 7 WHERE name IN ('im', 'reaper')");
  Execute(
      "INSERT INTO told (node, through_ms)"
      " SELECT 7, (extract(epoch FROM clock_timestamp()) * 1000)::bigint - 60000");
  EXPECT_EQ(Run({"nodes", "--store", Url()}), 0) << err();
  EXPECT_THAT(out(), MatchesRegex("NODE +NAME +ROUNDS +SCHEMA +TOLD AGO +CONFIG +DUTIES\n"
                                  "7 +one[^\x1b ]* +12 +1 +6[0-9]\\.[0-9] s 00c0ffee im reaper\n"
                                  "8 +0 +1 +never - +-\n"));
  EXPECT_EQ(Run({"nodes", "--store", Url(), "--json"}), 0) << err();
  EXPECT_THAT(
      out(),
      MatchesRegex(R"(\{"node":7,"name":"one\\u001b","rounds":12,"schema":1,"config":"00c0ffee",)"
                   R"("told_ago_ms":6[0-9]{4},"duties":\["im","reaper"\]\})"
                   "\n"
                   R"(\{"node":8,"name":"","rounds":0,"schema":1,"config":"",)"
                   R"("told_ago_ms":null,"duties":\[\]\})"
                   "\n"));
}

TEST_F(NodesCommand, NamesTheCommandThatCreatesAStore) {
  url_ = SharedPostgres().UrlOfNewSchema();
  EXPECT_EQ(Run({"nodes", "--store", Url()}), 1);
  EXPECT_EQ(err(),
            "postgresql://***: there is no store in the database: `rtcroomd migrate-store` creates"
            " one\n");
}

TEST_F(BackupCommand, NamesTheToolsForADatabase) {
  environment_ = {{"RTCROOMD_STORE_URL", "postgresql://u:pa55@host/db"}};
  EXPECT_EQ(Run({"backup", (directory_.path() / "copy").string()}), 2);
  EXPECT_EQ(err(),
            "store.url: a PostgreSQL database is copied by its own tools: pg_basebackup, and an"
            " archive of its WAL\n");
  EXPECT_EQ(Run({"restore", (directory_.path() / "copy").string()}), 2);
  EXPECT_EQ(err(),
            "store.url: a PostgreSQL database is restored by its own tools, from a base backup and"
            " its WAL; then `rtcroomd new-epoch` begins a new history\n");
}

}  // namespace
}  // namespace rtcroom
