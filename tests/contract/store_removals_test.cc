// Store contract: each removal of old data leaves the time of the removal clock.
#include <functional>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/contract/mail.h"
#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;

constexpr TimePoint kMark = kNoon + std::chrono::hours(5);

std::optional<TimePoint> MarkOf(Storage& store) {
  const Result<StoredRemovalTime> stored = store.LoadRemovalTime();
  EXPECT_OK(stored);
  return stored->mark;
}

/// Expects that `remove` leaves the mark, and leaves none where there is nothing to remove.
void ExpectMarked(Storage& store, const std::function<void()>& make,
                  const std::function<void()>& remove) {
  remove();
  EXPECT_EQ(MarkOf(store), std::nullopt);
  make();
  remove();
  EXPECT_EQ(MarkOf(store), kMark);
}

TEST_P(StoreContract, KeepsTheFirstMarkUntilSomethingIsRemoved) {
  ASSERT_OK(store_->BeginRemovals(kNoon));
  ASSERT_OK(store_->BeginRemovals(kLater));
  EXPECT_EQ(MarkOf(*store_), kNoon);
  Create(MakeRoom(RoomKind::kMulti, "r1"));
  EXPECT_EQ(MarkOf(*store_), kNoon);
  ASSERT_OK(store_->rooms().TrimEvents({.as_of = kLater, .max_events = 0}));
  EXPECT_EQ(MarkOf(*store_), kLater);
}

TEST_P(StoreContract, ARemovalOfEventsLeavesItsTime) {
  ExpectMarked(
      *store_, [&] { Create(MakeRoom(RoomKind::kMulti, "r1")); },
      [&] { ASSERT_OK(store_->rooms().TrimEvents({.as_of = kMark, .max_events = 0})); });
}

TEST_P(StoreContract, ARemovalOfMessagesLeavesItsTime) {
  Mail mail(*store_);
  ExpectMarked(
      *store_, [&] { mail.Send("amy", "bob", "1", kNoon); },
      [&] { ASSERT_OK(store_->messages().TrimMessages({.as_of = kMark, .keep_since = kMark})); });
}

TEST_P(StoreContract, ARemovalOfBansLeavesItsTime) {
  const Ban ban{.room = MakeKey(RoomKind::kMulti, "r1"), .user_id = {"bob"}, .until = kMark};
  ExpectMarked(
      *store_, [&] { ASSERT_OK(store_->bans().PutBan(ban)); },
      [&] { ASSERT_OK(store_->bans().RemoveEndedBans(kMark)); });
}

TEST_P(StoreContract, ARemovalOfRevocationsLeavesItsTime) {
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  ExpectMarked(
      *store_,
      [&] {
        Create(MakeRoom(key.kind, key.id.value));
        ASSERT_OK(Apply(*store_, Revoking(Destroying(key), {{.stream = "s", .until = kMark}})));
      },
      [&] { ASSERT_OK(store_->bans().RemoveEndedRevocations(kMark)); });
}

TEST_P(StoreContract, ARemovalOfSessionsLeavesItsTime) {
  ExpectMarked(
      *store_,
      [&] { ASSERT_OK(store_->sessions().PutSession({.user_id = {"amy"}, .last_use = kNoon})); },
      [&] { ASSERT_OK(store_->sessions().RemoveUnusedSessions(kMark, kNoon, 10)); });
}

TEST_P(StoreContract, ARemovalOfARecordingLeavesItsTime) {
  ExpectMarked(
      *store_,
      [&] {
        const Recording recording{.file = "a.flv", .ended_at = kNoon};
        ASSERT_OK(store_->recordings().PutRecordings({&recording, 1}));
      },
      [&] { ASSERT_OK(store_->recordings().RemoveRecording("a.flv", kMark)); });
}

}  // namespace
}  // namespace rtcroom
