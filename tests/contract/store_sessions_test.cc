// Store contract: sessions.
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// @param fill  distinguishes tokens.
Session SessionOf(const std::string& user, int fill, TimePoint last_use = kNoon) {
  Session session{.user_id = {user}, .token = {}, .last_use = last_use};
  // Includes zero and many other byte values.
  for (std::size_t i = 0; i < session.token.size(); ++i) {
    session.token[i] = static_cast<std::byte>(i * 8 * static_cast<std::size_t>(fill));
  }
  return session;
}

/// @return it as stored.
Session Put(Storage& store, Session session) {
  const Result<std::uint64_t> number = store.sessions().PutSession(session);
  EXPECT_OK(number);
  session.number = *number;
  return session;
}

std::vector<Session> Sessions(Storage& store, TimePoint unused_until = TimePoint(),
                              std::size_t limit = 10) {
  const auto stored = store.sessions().LoadSessions(unused_until, limit);
  EXPECT_OK(stored);
  return *stored;
}

TEST_P(StoreContract, HasNoSessionsAtFirst) { EXPECT_THAT(Sessions(*store_), IsEmpty()); }

TEST_P(StoreContract, LoadsSessionsMostRecentlyUsedFirst) {
  const Session amy = Put(*store_, SessionOf("amy", 1, kNoon + seconds(2)));
  const Session bob = Put(*store_, SessionOf("bob", 2, kNoon + seconds(3)));
  const Session eve = Put(*store_, SessionOf("eve", 3, kNoon + seconds(1)));
  EXPECT_THAT(Sessions(*store_), ElementsAre(bob, amy, eve));
  EXPECT_THAT(Sessions(*store_, TimePoint(), 2), ElementsAre(bob, amy));
  EXPECT_THAT(Sessions(*store_, kNoon + seconds(2)), ElementsAre(bob));
}

TEST_P(StoreContract, NumbersSessionsInAscendingOrder) {
  const Session first = Put(*store_, SessionOf("amy", 1));
  const Session second = Put(*store_, SessionOf("bob", 2));
  ASSERT_OK(store_->sessions().RemoveSessions({&second, 1}));
  EXPECT_LT(first.number, second.number);
  EXPECT_LT(second.number, Put(*store_, SessionOf("bob", 3)).number);
}

TEST_P(StoreContract, ALaterLoginReplacesTheSessionOfItsUserAlone) {
  Put(*store_, SessionOf("amy", 1));
  const Session bob = Put(*store_, SessionOf("bob", 2, kNoon + seconds(1)));
  const Session again = Put(*store_, SessionOf("amy", 3, kNoon + seconds(2)));
  EXPECT_THAT(Sessions(*store_), ElementsAre(again, bob));
}

TEST_P(StoreContract, RemovesOnlySessionsWithTheGivenNumber) {
  const Session old = Put(*store_, SessionOf("amy", 1));
  const Session fresh = Put(*store_, SessionOf("amy", 3));
  const Session bob = Put(*store_, SessionOf("bob", 2));
  const std::vector<Session> gone = {old, bob, SessionOf("never there", 4)};
  ASSERT_OK(store_->sessions().RemoveSessions(gone));
  EXPECT_THAT(Sessions(*store_), ElementsAre(fresh));
  ASSERT_OK(store_->sessions().RemoveSessions({}));
}

TEST_P(StoreContract, RecordsALaterUseOfAStoredSession) {
  Session old = Put(*store_, SessionOf("amy", 1));
  Session used = Put(*store_, SessionOf("amy", 2));
  used.last_use = kNoon + seconds(5);
  old.last_use = kNoon + seconds(9);
  const std::vector<Session> uses = {old, used, SessionOf("nobody", 3, kNoon + seconds(9))};
  ASSERT_OK(store_->sessions().RecordSessionUses(uses));
  EXPECT_THAT(Sessions(*store_), ElementsAre(used));
}

TEST_P(StoreContract, NeverMovesALastUseBack) {
  const Session amy = Put(*store_, SessionOf("amy", 1, kNoon + seconds(5)));
  Session earlier = amy;
  earlier.last_use = kNoon;
  ASSERT_OK(store_->sessions().RecordSessionUses({&earlier, 1}));
  EXPECT_THAT(Sessions(*store_), ElementsAre(amy));
}

TEST_P(StoreContract, RemovesUnusedSessionsInBoundedBatches) {
  for (int i = 0; i < 5; ++i) Put(*store_, SessionOf("u" + std::to_string(i), 1));
  const Session lasting = Put(*store_, SessionOf("amy", 2, kNoon + seconds(1)));
  const auto first = store_->sessions().RemoveUnusedSessions(kLater, kNoon, 3);
  ASSERT_OK(first);
  EXPECT_EQ(*first, 3u);
  EXPECT_EQ(Sessions(*store_).size(), 3u);
  EXPECT_EQ(*store_->sessions().RemoveUnusedSessions(kLater, kNoon, 3), 2u);
  EXPECT_EQ(*store_->sessions().RemoveUnusedSessions(kLater, kNoon, 3), 0u);
  EXPECT_THAT(Sessions(*store_), ElementsAre(lasting));
}

TEST_P(StoreContract, WritesNoEventsForSessions) {
  Put(*store_, SessionOf("amy", 1));
  EXPECT_THAT(AllEvents(), IsEmpty());
  EXPECT_THAT(listener_.events(), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
