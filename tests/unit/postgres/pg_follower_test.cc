// How the log is followed from host to host.
#include "storage/postgres/pg_follower.h"

#include <array>
#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/cutting_proxy.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using PgFollowerTest = PgStoreTest;

// Its clock is ahead of the one that ends its pauses: they last longer than the test.
TEST_F(PgFollowerTest, LeavesAHostWithoutAPause) {
  const CuttingProxy first(SharedPostgres().port());
  const CuttingProxy second(SharedPostgres().port());
  StillClock ahead;
  ahead.shift = std::chrono::hours(1);
  PgOptions options = Patient(
      WithHosts(url_, fmt::format("127.0.0.1:{},127.0.0.1:{}", first.port(), second.port())));
  options.reconnect_pause = std::chrono::hours(1);
  const auto opened = PgStore::Open(options, deaf_, ahead);
  ASSERT_OK(opened);
  PgStore& store = **opened;
  store.Begin();
  ASSERT_OK(store.follower()->CatchUp(Soon()));

  PgConnection other(store.address(), {}, still_);
  const PgCall end(PgStatement{.sql = kEndMe.sql});
  ASSERT_OK(other.Connect(Soon()));
  EXPECT_FALSE(other.Run(end, Soon()));
  ASSERT_OK(other.Connect(Soon()));
  ASSERT_EQ(other.PeerName(), fmt::format("127.0.0.1:{}", second.port()));
  ASSERT_OK(other.RunConfirming(std::array{PgCall(PgStatement{.sql = "SELECT 1"})}, Soon()));
  EXPECT_OK(store.follower()->CatchUp(Soon()));
}

}  // namespace
}  // namespace rtcroom
