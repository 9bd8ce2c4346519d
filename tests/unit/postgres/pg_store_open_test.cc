// Opening a store.
#include <array>
#include <barrier>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "storage/postgres/pg_cluster.h"
#include "tests/support/cycles.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/support/in_parallel.h"
#include "tests/support/loopback_socket.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

class PgStoreOpenTest : public PgStoreTest {
 protected:
  Error Refusal(const std::string& url) {
    Error refusal{Errc::kInternal, "opened"};
    // A server that a busy machine keeps from answering does not say why it refuses.
    EXPECT_TRUE(Eventually([&] {
      const auto store = PgStore::Open(Patient(Secret(url)), deaf_, clock_);
      if (!store) refusal = store.error();
      return refusal.detail.find("no answer within the time limit") == std::string::npos;
    }));
    return refusal;
  }
};

TEST_F(PgStoreOpenTest, SeveralMayBeginAtOnceOnAnEmptySchema) {
  constexpr std::size_t kStores = 3;
  const std::size_t rounds = Cycles(3);
  for (std::size_t round = 0; round < rounds && !HasFailure(); ++round) {
    const Secret url = SharedPostgres().UrlOfNewSchema();
    std::vector<PgOptions> options;
    for (std::size_t i = 0; i < kStores; ++i) {
      options.push_back(Patient(url));
      options.back().new_epoch = fmt::format("{:016x}", i);
    }
    std::array<std::unique_ptr<PgStore>, kStores> stores;
    std::barrier start(std::ptrdiff_t{kStores});
    InParallel(kStores, [&](int number) {
      const auto place = static_cast<std::size_t>(number);
      start.arrive_and_wait();
      stores[place] = Open(options[place]);
      EXPECT_OK(Apply(*stores[place], Creating(MultiRoom(fmt::format("r{}", place)))));
    });
    for (const auto& store : stores) {
      EXPECT_EQ(CheckedEvents(*store).size(), 2u * kStores);
      EXPECT_EQ(store->rooms().Newest()->epoch, stores.front()->rooms().Newest()->epoch);
    }
    EXPECT_EQ(QueryPostgres(url, "SELECT 1 FROM meta").size(), 1u) << "it was made once";
  }
}

TEST_F(PgStoreOpenTest, KnowsTheRoomsThatAreThere) {
  {
    const auto store = OpenPatient();
    ASSERT_OK(Apply(*store, Creating(MultiRoom("r1"))));
    ASSERT_OK(Apply(*store, Creating(MultiRoom("r2"))));
  }
  const auto store = OpenPatient();
  EXPECT_EQ(store->rooms().CountRooms(RoomKind::kMulti), 2u);
  const auto page = store->rooms().List({.kind = RoomKind::kMulti, .index = 1, .count = 1});
  ASSERT_OK(page);
  EXPECT_EQ(IdsOf(*page), std::vector<std::string>{"r2"});
}

TEST_F(PgStoreOpenTest, NeedsOnlyRightsOnRowsOfTablesThatAreThere) {
  const Secret url = UrlOfWriter(url_);
  GrantToWriters(url_);
  const auto store = Open(Patient(url));
  EXPECT_OK(Apply(*store, Creating(MultiRoom("r1"))));
  EXPECT_OK(store->rooms().Load(kR1));
  EXPECT_OK(store->Ping());
  EXPECT_OK(store->rooms().TrimEvents({.keep_since = {}, .max_events = 1}));
  FakeBootClock boot;
  NodeLease lease(boot);
  PgCluster cluster(*PgAddress::Parse(url), {.node = 7, .patience = std::chrono::minutes(1)}, lease,
                    clock_);
  EXPECT_OK(cluster.Renew());
  EXPECT_OK(cluster.Report({}, 0));
}

TEST_F(PgStoreOpenTest, IsSharedWithOtherServers) { EXPECT_NE(OpenPatient()->follower(), nullptr); }

TEST_F(PgStoreOpenTest, OnlyItsFirstConnectionTriesAHostThatIsSilent) {
  for (bool is_seen = false; !is_seen && !HasFailure();) {
    const LoopbackSocket silent = LoopbackSocket::Listen();
    const MonotonicTime begun = clock_.Monotonic();
    const auto store = Open(Patient(WithHosts(
        url_, fmt::format("127.0.0.1:{},127.0.0.1:{}", silent.Port(), SharedPostgres().port()))));
    EXPECT_OK(Apply(*store, Creating(MultiRoom("r1"))));
    EXPECT_OK(store->rooms().Load(kR1));
    FakeBootClock boot;
    NodeLease lease(boot);
    PgCluster cluster(store->address(), {.node = 1, .patience = std::chrono::minutes(1)}, lease,
                      clock_);
    EXPECT_OK(cluster.Renew());
    // The silent host takes one such time; only one that a busy machine takes leads back to it.
    is_seen = clock_.Monotonic() - begun < 2 * PgConnection::kHostTime;
    if (!is_seen) {
      EXPECT_OK(Apply(*store, Destroying(kR1)));
      continue;
    }
    EXPECT_TRUE(HasCaller(silent));
    (void)silent.Accept();
    EXPECT_FALSE(HasCaller(silent));
  }
}

TEST_F(PgStoreOpenTest, GoesOnAfterAHostWhoseSchemaItCannotUse) {
  const PostgresServer unusable;
  const PostgresServer usable;
  {
    const auto store = Open(Patient(unusable.Url()));
  }
  unusable.Execute("UPDATE meta SET schema_version = 99, least_version = 98");
  const Secret both = UrlOf(unusable, usable);
  EXPECT_EQ(Refusal(both.Reveal()).code, Errc::kStoreBroken) << "the other one has no store";
  {
    const auto store = Open(Patient(usable.Url()));
  }
  const auto store = Open(Patient(both));
  EXPECT_OK(Apply(*store, Creating(MultiRoom("r1"))));
  EXPECT_EQ(usable.Query("SELECT 1 FROM rooms").size(), 1u);
}

TEST_F(PgStoreOpenTest, SaysWhyItCannot) {
  const int port = SharedPostgres().port();
  const Error wrong_password =
      Refusal(fmt::format("postgresql://postgres:wrong-8c1d@127.0.0.1:{}/postgres", port));
  EXPECT_EQ(wrong_password.code, Errc::kStoreBroken);
  EXPECT_EQ(wrong_password.detail,
            fmt::format("cannot use the database: cannot connect to the database: connection to "
                        "server at \"127.0.0.1\", port {} failed: FATAL: password authentication "
                        "failed for user \"postgres\"",
                        port));

  Execute("UPDATE meta SET schema_version = 99, least_version = 98");
  const Error newer_schema = Refusal(url_.Reveal());
  EXPECT_EQ(newer_schema.code, Errc::kStoreBroken);
  EXPECT_EQ(newer_schema.detail,
            "cannot use the database: the database needs a newer rtcroomd: one that knows schema "
            "98 or later (it has schema 99; this program knows 9)");
}

}  // namespace
}  // namespace rtcroom
