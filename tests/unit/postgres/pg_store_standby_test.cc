// A store on a primary with a synchronous standby.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

class PgStoreStandbyTest : public PgStoreTest {
 protected:
  Secret UrlOfBoth() const {
    return Secret(fmt::format("postgresql://postgres:{}@127.0.0.1:{},127.0.0.1:{}/postgres",
                              kPostgresPassword, primary_.port(), standby_->port()));
  }

  PostgresServer primary_;
  std::unique_ptr<PostgresServer> standby_ =
      primary_.MakeStandby(PostgresServer::Standby::kSynchronous);
};

TEST_F(PgStoreStandbyTest, WhatIsAcknowledgedIsThereAfterAFailOver) {
  constexpr int kWriters = 4;
  const auto store = Open(Patient(UrlOfBoth()));
  Mutex mutex;
  std::vector<std::string> acknowledged;
  std::atomic<int> done = 0;
  std::atomic<bool> is_over = false;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([&, writer] {
        for (int i = 0; !is_over; ++i) {
          const std::string id = fmt::format("r{}-{}", writer, i);
          if (!Apply(*store, Creating(MultiRoom(id)))) continue;
          ++done;
          const MutexLock lock(mutex);
          acknowledged.push_back(id);
        }
      });
    }
    const auto await_writes = [&] {
      constexpr int kSome = 50;
      const int before = done;
      EXPECT_TRUE(Eventually([&] { return done >= before + kSome; }));
    };
    await_writes();
    primary_.Crash();
    standby_->Promote();
    await_writes();
    is_over = true;
  }
  EXPECT_EQ(StoredOf(*store, acknowledged), acknowledged);
  (void)CheckedEvents(*store);
}

TEST_F(PgStoreStandbyTest, NothingIsAcknowledgedThatTheStandbyDoesNotHave) {
  PgOptions options = Patient(UrlOfBoth());
  options.patience = std::chrono::milliseconds(500);
  const auto store = Open(options);
  standby_->Freeze();
  EXPECT_ERROR(kOutcomeUnknown, Apply(*store, Creating(MultiRoom("r1"))));
  EXPECT_FALSE(store->PutBan({.room = kR1, .user_id = {"u"}, .until = kLater}));
  EXPECT_FALSE(store->Ping());
  standby_->Thaw();
  EXPECT_TRUE(Eventually([&] { return Apply(*store, Creating(MultiRoom("r2"))).ok(); }));
  (void)CheckedEvents(*store);
}

}  // namespace
}  // namespace rtcroom
