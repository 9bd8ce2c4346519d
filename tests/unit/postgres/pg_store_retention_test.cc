// What a store keeps of its history, and how much of it goes at a time.
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/core/store_observer.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

/// Counts commits, and tells what the last one said of the history.
class RetainedEvents : public StoreObserver {
 public:
  void OnCommitBegun() noexcept override {}
  void OnCommitEnded(const CommitStats& stats) noexcept override {
    count_ = stats.retained_events;
    ++commits_;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Since the last call.
  [[nodiscard]] int TakeCommits() { return commits_.exchange(0); }

 private:
  std::atomic<std::uint64_t> count_ = 0;
  std::atomic<int> commits_ = 0;
};

class PgStoreRetentionTest : public PgStoreTest {
 protected:
  std::unique_ptr<PgStore> OpenObserved() {
    PgOptions options = Patient(url_);
    options.observer = &retained_;
    return Open(options);
  }
  void Ban(PgStore& store, int users) {
    for (int i = 0; i < users; ++i) {
      ASSERT_OK(
          store.bans().PutBan({.room = kR1, .user_id = {fmt::format("u{}", i)}, .until = kLater}));
    }
  }

  RetainedEvents retained_;
};

// Bans are records of the log, and no events.
TEST_F(PgStoreRetentionTest, OnlyEventsCountAgainstTheLimit) {
  const auto store = OpenPatient();
  ASSERT_OK(Apply(*store, Creating(MultiRoom("r1"))));
  Ban(*store, 3);
  ASSERT_OK(Apply(*store, Creating(MultiRoom("r2"))));
  Ban(*store, 3);
  EXPECT_EQ(*store->rooms().TrimEvents({.keep_since = {}, .max_events = 4}), 0u);
  EXPECT_EQ(*store->rooms().TrimEvents({.keep_since = {}, .max_events = 1, .most_per_call = 2}),
            2u);
  EXPECT_EQ(*store->rooms().TrimEvents({.keep_since = {}, .max_events = 1, .most_per_call = 2}),
            1u);
  EXPECT_EQ(store->rooms().ReadEvents(Cursor::Start(), 10)->events.size(), 1u);
}

TEST_F(PgStoreRetentionTest, WhatANodeHasNotAppliedStays) {
  const auto store = OpenPatient();
  for (const char* const room : {"r1", "r2", "r3"})
    ASSERT_OK(Apply(*store, Creating(MultiRoom(room))));
  const std::uint64_t applied = store->rooms().ReadEvents(Cursor::Start(), 2)->next.position;
  Execute("INSERT INTO reports (node, applied, clock_ms) VALUES (7, 1000, 0)");
  Execute(fmt::format("INSERT INTO reports (node, applied, clock_ms) VALUES (8, {}, 0)", applied));
  EXPECT_EQ(*store->rooms().TrimEvents({.keep_since = kLater, .max_events = 0}), 2u);
  EXPECT_EQ(*store->rooms().TrimEvents({.keep_since = kLater, .max_events = 0}), 0u);
  Execute("DELETE FROM reports WHERE node = 8");
  EXPECT_EQ(*store->rooms().TrimEvents({.keep_since = kLater, .max_events = 0}), 4u);
}

// With each commit, as many as there were when the log was read last.
TEST_F(PgStoreRetentionTest, TheEventsOfAllStoresAreReportedAsRetained) {
  const auto other = OpenPatient();
  ASSERT_OK(Apply(*other, Creating(MultiRoom("r1"))));
  const auto store = OpenObserved();
  const auto retained = [&](PgStore& by) {
    EXPECT_OK(by.follower()->CatchUp(Soon()));
    Ban(by, 1);
    return retained_.count();
  };
  ASSERT_OK(Apply(*other, Creating(MultiRoom("r2"))));
  Ban(*other, 3);
  ASSERT_OK(Apply(*store, Creating(MultiRoom("r3"))));
  EXPECT_EQ(retained(*store), 6u);
  ASSERT_OK(other->rooms().TrimEvents({.keep_since = {}, .max_events = 5}));
  ASSERT_OK(Apply(*store, Adding(kR1, "u")));
  EXPECT_EQ(retained(*store), 6u);
  ASSERT_OK(store->rooms().TrimEvents({.keep_since = {}, .max_events = 2}));
  EXPECT_EQ(retained(*store), 2u);
  ASSERT_OK(store->rooms().TrimEvents({.keep_since = {}, .max_events = 0}));
  const auto later = OpenObserved();
  ASSERT_OK(Apply(*later, Adding(kR1, "v")));
  EXPECT_EQ(retained(*later), 1u);
}

// Nodes of the version before count no bytes, and each node may remove messages.
TEST_F(PgStoreRetentionTest, MessagesCountAgainstTheirBoundWhoeverAddedOrRemovedThem) {
  constexpr std::uint64_t kEach = 200;
  constexpr MessageRetention kBounded{.max_bytes = 16 * kEach};
  const auto store = OpenPatient();
  const auto other = OpenPatient();
  const auto fill = [&](int first, int last) {
    Execute(fmt::format(
        "INSERT INTO messages (position, receiver, sender, nick, client_seq,"
        " client_random, sent_at_ms, body) SELECT n, 'amy', 'bob', '', 0, n, n,"
        " convert_to(repeat('x', {}), 'UTF8') FROM generate_series({}, {}) AS n",
        kEach - StoredBytes({.receiver = {"amy"}, .content = {.sender = {"bob"}}}), first, last));
  };
  fill(1, 16);
  EXPECT_EQ(*store->messages().TrimMessages(kBounded), 0u);
  fill(17, 17);
  EXPECT_EQ(*store->messages().TrimMessages(kBounded), 2u) << "down to fifteen sixteenths";
  EXPECT_EQ(*other->messages().TrimMessages({.keep_after = 12}), 10u);
  fill(18, 27);
  EXPECT_EQ(*store->messages().TrimMessages(kBounded), 0u) << "fifteen are there, of 25";
  fill(28, 29);
  EXPECT_EQ(*store->messages().TrimMessages(kBounded), 2u);
}

// The turn is not held for all of them at once.
TEST_F(PgStoreRetentionTest, WhatIsRemovedGoesInSteps) {
  const auto fill = [&](std::string_view into, std::string_view columns) {
    Execute(
        fmt::format("INSERT INTO {} SELECT {} FROM generate_series(1, 12000)"
                    " AS n",
                    into, columns));
  };
  fill("events (position, tag, type, at_ms, bytes_through, events_through)", "n, 0, 1, n, n, n");
  fill("bans (room_kind, room_id, user_id, until_ms)", "2, 'r' || n, 'amy', n");
  fill("revocations (stream, until_ms)", "('s' || n)::bytea, n");
  fill("sessions (user_id, token, number, last_use_ms)", "'u' || n, '', n, n");
  fill("messages (position, receiver, sender, nick, client_seq, client_random, sent_at_ms, body)",
       "n, 'amy', 'bob', '', 0, 0, n, ''");
  const auto store = OpenObserved();
  (void)retained_.TakeCommits();
  EXPECT_EQ(*store->rooms().TrimEvents({.keep_since = kNoon}), 10'000u);
  EXPECT_EQ(retained_.TakeCommits(), 2);
  EXPECT_EQ(*store->messages().TrimMessages({.keep_since = kNoon}), 10'000u);
  EXPECT_EQ(retained_.TakeCommits(), 2);
  EXPECT_EQ(*store->sessions().RemoveUnusedSessions(kNoon, kNoon, 12'000), 12'000u);
  EXPECT_EQ(retained_.TakeCommits(), 3);
  EXPECT_OK(store->bans().RemoveEndedBans(kNoon));
  EXPECT_EQ(retained_.TakeCommits(), 3);
  EXPECT_EQ(CountRows("SELECT 1 FROM bans"), 0u);
  EXPECT_OK(store->bans().RemoveEndedRevocations(kNoon));
  EXPECT_EQ(retained_.TakeCommits(), 3);
  EXPECT_EQ(CountRows("SELECT 1 FROM revocations"), 0u);
}

}  // namespace
}  // namespace rtcroom
