// Claims of groups by several nodes.
#include "storage/postgres/pg_claims.h"

#include <chrono>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/cutting_proxy.h"
#include "tests/support/in_parallel.h"
#include "tests/support/postgres_stores.h"
#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

constexpr std::chrono::milliseconds kLasting = 1h;

class PgClaimsTest : public PostgresTest {
 protected:
  PgClaimsTest() : PostgresTest(UrlOfEmptiedStore()) {}

  static PgClaims::Options Patient(std::uint64_t node) {
    return {.node = node, .patience = 1min, .pace = {.pause = 10ms, .give_up = 1min}};
  }

  PgClaims one_{*PgAddress::Parse(url_), Patient(1), clock_};
  PgClaims two_{*PgAddress::Parse(url_), Patient(2), clock_};
};

TEST_F(PgClaimsTest, AClaimOfAGroupExcludesOtherNodesUntilItsEnd) {
  const RoomId group{"g"};
  EXPECT_EQ(*one_.Claim(group, kLasting), true);
  EXPECT_EQ(*two_.Claim(group, kLasting), false);
  EXPECT_EQ(*one_.Claim(group, kLasting), true);
  ASSERT_OK(two_.Release(group));  // not its own
  EXPECT_EQ(*two_.Claim(group, kLasting), false);
  ASSERT_OK(one_.Release(group));
  EXPECT_EQ(*two_.Claim(group, -1s), true);
  EXPECT_EQ(*one_.Claim(group, kLasting), true);
}

TEST_F(PgClaimsTest, ClaimsThatAreMadeAtOnceAreWrittenTogether) {
  Execute("CREATE TABLE statements (n int)");
  Execute(
      "CREATE FUNCTION count_statement() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN INSERT INTO statements VALUES (1); RETURN NULL; END $$");
  Execute(
      "CREATE TRIGGER counted AFTER INSERT OR DELETE ON group_claims"
      " FOR EACH STATEMENT EXECUTE FUNCTION count_statement()");
  constexpr int kCallers = 8;
  EXPECT_TRUE(Eventually([&] {
    Execute("DELETE FROM statements");
    InParallel(kCallers, [&](int caller) {
      const RoomId group{fmt::format("g{}", caller / 2)};  // some are the same
      EXPECT_EQ(*one_.Claim(group, kLasting), true);
      EXPECT_OK(one_.Release(group));
    });
    return CountRows("SELECT 1 FROM statements") <= kCallers;
  })) << "of twice as many calls";
  EXPECT_EQ(CountRows("SELECT 1 FROM group_claims"), 0U);
}

TEST_F(PgClaimsTest, NodesThatClaimTheSameGroupsNeverWaitForEachOther) {
  constexpr int kRounds = 50;
  InParallel(8, [&](int thread) {
    PgClaims& claims = thread % 2 == 0 ? one_ : two_;
    for (int round = 0; round < kRounds; ++round) {
      const auto place = static_cast<std::size_t>((round + thread / 2) % 4);
      const RoomId group{fmt::format("g{}", place)};
      const auto claimed = claims.Claim(group, kLasting);
      EXPECT_OK(claimed);
      if (claimed && *claimed) {
        EXPECT_OK(claims.Release(group));
      }
    }
  });
}

TEST_F(PgClaimsTest, AClaimWhoseConnectionIsLostIsMadeAgain) {
  CuttingProxy proxy(SharedPostgres().port());
  const Secret url = WithHosts(url_, fmt::format("127.0.0.1:{}", proxy.port()));
  PgClaims claims(*PgAddress::Parse(url), Patient(3), clock_);
  proxy.CutAt(CuttingProxy::Toward::kServer, "\0claims_take\0"sv);
  EXPECT_EQ(*claims.Claim(RoomId{"g"}, kLasting), true);
  proxy.CutAt(CuttingProxy::Toward::kClient, "INSERT 0 1\0"sv);
  EXPECT_EQ(*claims.Claim(RoomId{"h"}, kLasting), true);
  EXPECT_EQ(proxy.cuts(), 2);
}

}  // namespace
}  // namespace rtcroom
