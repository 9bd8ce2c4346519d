// What an operator asks of a database, and changes in it.
#include "storage/postgres/pg_admin.h"

#include <string>

#include <gmock/gmock.h>

#include "daemon/core/node_lease.h"
#include "storage/postgres/pg_cluster.h"
#include "storage/postgres/schema.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr char kNewEpoch[] = "0123456789abcdef";

class PgAdminTest : public PgStoreTest {
 protected:
  [[nodiscard]] PgAddress address() const { return *PgAddress::Parse(url_); }
  std::string Epoch() {
    PgRows rows = QueryPostgres(url_, "SELECT epoch FROM meta");
    return rows.Next() ? rows.Text(0) : "";
  }
};

TEST_F(PgAdminTest, ListsNoNodesBeforeTheFirst) {
  const auto nodes = ListPgNodes(address(), clock_);
  ASSERT_OK(nodes);
  EXPECT_THAT(*nodes, IsEmpty());
}

TEST_F(PgAdminTest, ListsNodesWithTheirDuties) {
  FakeBootClock boot;
  NodeLease lease(boot);
  PgCluster cluster(address(), {.node = 7, .patience = std::chrono::minutes(1)}, lease, clock_);
  cluster.SetConfigHash("00c0ffee");
  ASSERT_OK(cluster.Renew());
  ASSERT_OK(cluster.Report({.as_of = clock_.Monotonic()}, 0));
  Execute(
      "INSERT INTO nodes (node, link, rounds, version, name)"
      " VALUES (9, 0, 3, 2, 'second')");
  const auto nodes = ListPgNodes(address(), clock_);
  ASSERT_OK(nodes);
  ASSERT_EQ(nodes->size(), 2u);
  const ListedNode& first = nodes->front();
  EXPECT_EQ(first.node, 7u);
  EXPECT_GT(first.rounds, 0u);
  EXPECT_EQ(first.schema, NewestPgSchema());
  EXPECT_THAT(first.duties, UnorderedElementsAre("im", "reaper", "trtc", "upkeep"));
  EXPECT_EQ(first.config_hash, "00c0ffee");
  ASSERT_TRUE(first.told_ago);
  EXPECT_GE(*first.told_ago, std::chrono::milliseconds(0));
  EXPECT_LT(*first.told_ago, kWaitTimeout);
  const ListedNode& second = nodes->back();
  EXPECT_EQ(second.node, 9u);
  EXPECT_EQ(second.name, "second");
  EXPECT_EQ(second.rounds, 3u);
  EXPECT_EQ(second.schema, 2);
  EXPECT_EQ(second.config_hash, "");
  EXPECT_FALSE(second.told_ago);
  EXPECT_THAT(second.duties, IsEmpty());
}

TEST_F(PgAdminTest, ChangesTheEpoch) {
  const auto before = ChangePgEpoch(address(), kNewEpoch, RegisteredNodes::kRefused, clock_);
  ASSERT_OK(before);
  EXPECT_EQ(*before, "00c0ffee00c0ffee");
  EXPECT_EQ(Epoch(), kNewEpoch);
}

TEST_F(PgAdminTest, ChangesTheEpochDespiteNodesOnRequestOnly) {
  Execute("INSERT INTO nodes (node, link, version) VALUES (9, 0, 1)");
  const auto refused = ChangePgEpoch(address(), kNewEpoch, RegisteredNodes::kRefused, clock_);
  EXPECT_ERROR(kStoreBroken, refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("nodes are registered in the database"));
  EXPECT_EQ(Epoch(), "00c0ffee00c0ffee");
  EXPECT_OK(ChangePgEpoch(address(), kNewEpoch, RegisteredNodes::kIgnored, clock_));
  EXPECT_EQ(Epoch(), kNewEpoch);
}

TEST_F(PgAdminTest, NeedsAStore) {
  url_ = SharedPostgres().UrlOfNewSchema();
  EXPECT_ERROR(kStoreBroken, ListPgNodes(address(), clock_));
  EXPECT_ERROR(kStoreBroken,
               ChangePgEpoch(address(), kNewEpoch, RegisteredNodes::kRefused, clock_));
}

}  // namespace
}  // namespace rtcroom
