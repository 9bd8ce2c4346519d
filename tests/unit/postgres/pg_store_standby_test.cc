// A store on a primary with a synchronous standby.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "daemon/core/write_record.h"
#include "storage/postgres/pg_replication.h"
#include "tests/support/deaf_observer.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

class PgStoreStandbyTest : public PgStoreTest {
 protected:
  [[nodiscard]] Secret UrlOfBoth() const { return UrlOf(primary_, *standby_); }

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
  DeafObserver deaf;
  StoreTallies tallies;
  WriteRecord writes(deaf, tallies, clock_);
  options.observer = &writes;
  const auto store = Open(options);
  standby_->Freeze();
  EXPECT_ERROR(kOutcomeUnknown, Apply(*store, Creating(MultiRoom("r1"))));
  EXPECT_FALSE(store->bans().PutBan({.room = kR1, .user_id = {"u"}, .until = kLater}));
  EXPECT_FALSE(store->Ping());
  EXPECT_TRUE(writes.has_failed());
  EXPECT_FALSE(writes.confirmed_at());
  standby_->Thaw();
  EXPECT_TRUE(Eventually([&] { return Apply(*store, Creating(MultiRoom("r2"))).ok(); }));
  EXPECT_TRUE(writes.confirmed_at());
  (void)CheckedEvents(*store, 2);
}

TEST_F(PgStoreStandbyTest, SaysThatACommitWaitsForAStandby) {
  PgOptions options = Patient(UrlOfBoth());
  options.patience = std::chrono::milliseconds(500);
  const auto store = Open(options);
  PgReplication replication(store->address(), clock_);
  const auto failure = [&] {
    const auto failed = Apply(*store, Creating(MultiRoom("r1")));
    return failed ? "none" : failed.error().detail;
  };
  const auto becomes = [&](StandbyWait wait) {
    return Eventually([&] { return replication.Ask({}).wait == wait; });
  };
  standby_->Freeze();
  EXPECT_FALSE(replication.IsLate());
  EXPECT_NE(failure(), "none");
  EXPECT_TRUE(replication.IsLate());
  EXPECT_TRUE(becomes(StandbyWait::kSilent));
  EXPECT_EQ(failure(), "the commit waits for a synchronous standby, which does not answer");
  standby_->Crash();
  EXPECT_TRUE(becomes(StandbyWait::kAbsent));
  EXPECT_EQ(failure(), "the commit waits for a synchronous standby, none is connected");
  standby_->Start();
  EXPECT_TRUE(becomes(StandbyWait::kNone));
}

// However far away the standby is, and whether it answers at all.
TEST_F(PgStoreStandbyTest, NobodyHearsOfAChangeBeforeTheStandbyHasItAndNobodyWaitsForTheTurn) {
  RecordingListener heard_here;
  RecordingListener heard_there;
  const auto store = Open(Patient(UrlOfBoth()), heard_here);
  PgOptions impatient = Patient(UrlOfBoth());
  impatient.patience = std::chrono::milliseconds(300);
  const auto other = Open(impatient, heard_there);
  ASSERT_OK(Apply(*store, Creating(MultiRoom("r1"))));
  ASSERT_TRUE(Eventually([&] { return other->follower()->CatchUp(Soon()).ok(); }));
  const std::vector<StoredEvent> before = heard_there.events();
  Result<Cursor> newest = other->rooms().Newest();
  ASSERT_TRUE(Eventually([&] { return (newest = other->rooms().Newest()).ok(); }));
  const auto in_passing =
      MakeConnected(UrlOfBoth(), {.synchronous_commit = PgSettings::SynchronousCommit::kLocal});
  standby_->Freeze();
  std::atomic<bool> is_acknowledged = false;
  {
    const std::jthread caller([&] {
      EXPECT_OK(Apply(*store, Creating(MultiRoom("r2"))));
      is_acknowledged = true;
    });
    const RoomKey r2 = MakeKey(RoomKind::kMulti, "r2");
    EXPECT_TRUE(Eventually([&] { return other->rooms().Load(r2).ok(); }));  // it is committed
    EXPECT_OK(in_passing->Run(PgCall(kHoldTurn), Soon()));
    EXPECT_ERROR(kStoreBusy, other->follower()->CatchUp(InVain()));
    EXPECT_ERROR(kStoreBusy, other->rooms().ReadEvents(*newest, 10));
    EXPECT_ERROR(kStoreBusy, other->rooms().Newest());
    EXPECT_FALSE(is_acknowledged);
    EXPECT_EQ(heard_here.events(), before);
    EXPECT_EQ(heard_there.events(), before);
    standby_->Thaw();
  }
  EXPECT_TRUE(is_acknowledged);
  EXPECT_EQ(heard_here.events().size(), before.size() + 2);
  EXPECT_TRUE(Eventually([&] { return other->follower()->CatchUp(Soon()).ok(); }));
  EXPECT_EQ(heard_there.events(), heard_here.events());
}

// What it has committed alone is not acknowledged, and does not keep the store from following.
TEST_F(PgStoreStandbyTest, WhatAnOldPrimaryCommitsAloneIsNotAcknowledged) {
  PgOptions options = Patient(UrlOfBoth());
  options.patience = std::chrono::seconds(1);
  const auto store = Open(options);
  std::vector<std::string> acknowledged;
  int next = 0;
  const auto acknowledges = [&](std::size_t count) {
    return Eventually([&] {
      const std::string id = fmt::format("r{}", next++);
      if (!Apply(*store, Creating(MultiRoom(id)))) return false;
      acknowledged.push_back(id);
      return acknowledged.size() >= count;
    });
  };
  ASSERT_TRUE(acknowledges(1));
  standby_->Promote();
  EXPECT_TRUE(acknowledges(5));
  const auto promoted = Open(Patient(standby_->Url()));
  EXPECT_EQ(StoredOf(*promoted, acknowledged), acknowledged);
  (void)CheckedEvents(*promoted, static_cast<std::size_t>(next));
}

// It still answers reads, with what was there before.
TEST_F(PgStoreStandbyTest, AnOldPrimaryThatLivesOnIsLeft) {
  PgOptions options = Patient(UrlOfBoth());
  options.patience = std::chrono::milliseconds(500);
  const auto store = Open(options);
  standby_->Promote();
  const auto other = Open(Patient(standby_->Url()));
  ASSERT_OK(Apply(*other, Creating(MultiRoom("r1"))));
  EXPECT_TRUE(Eventually([&] { return store->follower()->CatchUp(Soon()).ok(); }));
  EXPECT_EQ(store->rooms().CountRooms(RoomKind::kMulti), 1u)
      << "of those acknowledged before the call";
  EXPECT_TRUE(Eventually([&] { return store->rooms().Load(kR1).ok(); }));
  EXPECT_TRUE(Eventually([&] { return Apply(*store, Adding(kR1, "u")).ok(); }));
  EXPECT_OK(other->rooms().Load(kR1));
  (void)CheckedEvents(*other);

  // It is not read again whenever the new one fails for a moment.
  standby_->EndConnections("application_name = 'rtcroomd'");
  EXPECT_TRUE(Eventually([&] {
    const auto read = store->rooms().Load(kR1);
    EXPECT_FALSE(FailsWith(read, Errc::kRoomNotFound)) << "the old one lacks it";
    return read.ok() || HasFailure();
  }));
}

}  // namespace
}  // namespace rtcroom
