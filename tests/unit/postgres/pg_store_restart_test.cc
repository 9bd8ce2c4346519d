// A store whose server ends, is ended, comes back, or stops to answer.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "daemon/base/mutex.h"
#include "storage/postgres/pg_cluster.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/support/full_store.h"
#include "tests/support/in_parallel.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using testing::AnyOf;

class PgStoreRestartTest : public PgStoreTest {
 protected:
  Status Create(PgStore& store, const std::string& id) {
    const auto created = Apply(store, Creating(MultiRoom(id)));
    return created ? Status() : created.error();
  }

  PostgresServer server_;
  const Secret own_url_ = server_.UrlOfNewSchema();
};

// All calls succeed, or say that the store was busy; of a few commits it is unknown what has become
// of them.
TEST_F(PgStoreRestartTest, NothingAcknowledgedIsLostWhileTheServerRestarts) {
  constexpr int kWriters = 4;
  const auto store = Open(Patient(own_url_));
  Mutex mutex;
  std::vector<std::string> acknowledged;
  std::vector<std::string> unknown;
  std::vector<std::string> refused;
  std::atomic<int> done = 0;
  std::atomic<bool> is_over = false;
  const auto write = [&](int writer) {
    for (int i = 0; !is_over; ++i) {
      const std::string id = fmt::format("r{}-{}", writer, i);
      const Status created = Create(*store, id);
      if (created) ++done;
      if (!created && created.error().code == Errc::kOutcomeUnknown) {
        EXPECT_EQ(created.error().detail, "the commit was not answered");
      } else if (!created) {
        EXPECT_ERROR(kStoreBusy, created);
      }
      const MutexLock lock(mutex);
      (created                                         ? acknowledged
       : created.error().code == Errc::kOutcomeUnknown ? unknown
                                                       : refused)
          .push_back(id);
    }
  };
  const auto read = [&] {
    while (!is_over) {
      const Result<Room> room = store->rooms().Load(kR1);
      EXPECT_FALSE(room);
      EXPECT_THAT(room.error().code, AnyOf(Errc::kRoomNotFound, Errc::kStoreBusy)) << room.error();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([&write, writer] { write(writer); });
    }
    threads.emplace_back(read);
    const auto await_writes = [&] {
      constexpr int kSome = 20;
      const int before = done;
      EXPECT_TRUE(Eventually([&] { return done >= before + kSome; }));
    };
    for (int round = 0; round < 3; ++round) {
      await_writes();
      server_.Stop();
      server_.Start();
      await_writes();
      server_.Crash();
      server_.Start();
    }
    await_writes();
    is_over = true;
  }
  EXPECT_EQ(StoredOf(*store, acknowledged), acknowledged);
  EXPECT_TRUE(StoredOf(*store, refused).empty());
  const std::size_t stored = acknowledged.size() + StoredOf(*store, unknown).size();
  EXPECT_EQ(CheckedEvents(*store).size(), 2 * stored);
}

// What the earlier connection may have sent is fenced off before anything is written.
TEST_F(PgStoreRestartTest, AConnectionThatCameWhileNobodyWaitedIsLinkedToo) {
  PgOptions options = Patient(own_url_);
  options.give_up = std::chrono::seconds(2);
  options.reconnect_pause = std::chrono::milliseconds(1);
  const auto store = Open(options);
  ASSERT_OK(Create(*store, "r1"));
  const auto number = [&](const std::string& sql) {
    PgRows rows = QueryPostgres(own_url_, sql);
    return rows.Next() ? rows.Integer(0) : -1;
  };
  const std::int64_t before = number("SELECT link FROM nodes");
  server_.Stop();
  EXPECT_ERROR(kStoreBusy, Create(*store, "r2"));
  server_.Start();
  EXPECT_TRUE(Eventually([&] {
    return number(
               "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'rtcroomd' AND"
               " pid <> pg_backend_pid()") == 2;  // of the writer, and of the follower
  }));
  ASSERT_TRUE(Eventually([&] { return Create(*store, "r3").ok(); }));
  EXPECT_GT(number("SELECT link FROM nodes"), before);
}

// Plans of prepared statements cannot follow the type of a column.
TEST_F(PgStoreRestartTest, AColumnThatGotAnotherTypeFailsNoCall) {
  const auto store = Open(Patient(own_url_));
  ASSERT_OK(Create(*store, "r1"));
  ASSERT_OK(Apply(*store, Adding(kR1, "amy")));
  ASSERT_OK(store->rooms().Load(kR1));
  (void)QueryPostgres(own_url_, R"(DO $$ DECLARE c record; BEGIN
    FOR c IN SELECT table_name, column_name, data_type FROM information_schema.columns
        WHERE table_schema = current_schema() AND data_type IN ('text', 'integer', 'smallint') LOOP
      EXECUTE format('ALTER TABLE %I ALTER COLUMN %I TYPE %s', c.table_name, c.column_name,
        CASE c.data_type WHEN 'text' THEN 'varchar COLLATE "C"' WHEN 'integer' THEN 'bigint'
          ELSE 'integer' END);
    END LOOP; END $$)");
  EXPECT_OK(store->rooms().Load(kR1));
  EXPECT_OK(Apply(*store, Adding(kR1, "bob")));
  FillStore(*store);
  FakeBootClock boot;
  NodeLease lease(boot);
  PgCluster cluster(store->address(), {.node = 7, .patience = std::chrono::minutes(1)}, lease,
                    clock_);
  EXPECT_OK(cluster.Renew());
  EXPECT_OK(cluster.Report({.beats = {{.seat = {.room_number = 1, .seat = 1}}}}, 0));
  const auto next = Open(Patient(own_url_));
  EXPECT_OK(next->rooms().Load(kR1));
  EXPECT_EQ(CheckedEvents(*next, 100).size(), CheckedEvents(*store, 100).size());
}

TEST_F(PgStoreRestartTest, NobodyWaitsLongForAServerThatStopsToAnswer) {
  constexpr int kCallers = 32;
  PgOptions options = Patient(own_url_);
  options.patience = std::chrono::milliseconds(500);
  const auto patient = Open(Patient(own_url_));
  const auto store = Open(options);
  ASSERT_OK(Create(*patient, "r1"));
  server_.Freeze();
  const MonotonicTime begin = clock_.Monotonic();
  InParallel(kCallers, [&](int caller) {
    const std::string id = fmt::format("x{}", caller);
    EXPECT_FALSE(Create(*store, id));
    EXPECT_ERROR(kStoreBusy, Create(*store, id));  // without a connection
    EXPECT_ERROR(kStoreBusy, store->bans().PutBan({.room = kR1, .user_id = {id}, .until = kLater}));
    EXPECT_ERROR(kStoreBusy, store->rooms().Load(kR1));
    EXPECT_ERROR(kStoreBusy, store->Ping());
  });
  EXPECT_LT(clock_.Monotonic() - begin, kWaitTimeout);
  server_.Thaw();
  EXPECT_TRUE(Eventually([&] { return Create(*store, "r2").ok(); }));
  EXPECT_TRUE(Eventually([&] { return store->rooms().Load(kR1).ok(); }));
  EXPECT_OK(patient->rooms().Load(kR1));
}

}  // namespace
}  // namespace rtcroom
