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

Session SessionOf(const std::string& user, std::uint64_t number, TimePoint last_use = kNoon) {
  Session session{.user_id = {user}, .token = {}, .number = number, .last_use = last_use};
  // Includes zero and many other byte values; a different digest for each number.
  for (std::size_t i = 0; i < session.token.size(); ++i) {
    session.token[i] = static_cast<std::byte>(i * 8 * number);
  }
  return session;
}

TEST_P(StoreContract, HasNoSessionsAtFirst) {
  const auto stored = store_->LoadSessions(TimePoint(), 10);
  ASSERT_OK(stored);
  EXPECT_THAT(stored->sessions, IsEmpty());
  EXPECT_EQ(stored->last_number, 0u);
}

TEST_P(StoreContract, LoadsSessionsMostRecentlyUsedFirst) {
  const Session amy = SessionOf("amy", 1, kNoon + seconds(2));
  const Session bob = SessionOf("bob", 2, kNoon + seconds(3));
  const Session eve = SessionOf("eve", 3, kNoon + seconds(1));
  for (const Session& session : {amy, bob, eve}) ASSERT_OK(store_->PutSession(session));
  EXPECT_THAT(store_->LoadSessions(TimePoint(), 10)->sessions, ElementsAre(bob, amy, eve));
  EXPECT_THAT(store_->LoadSessions(TimePoint(), 2)->sessions, ElementsAre(bob, amy));
  EXPECT_THAT(store_->LoadSessions(kNoon + seconds(2), 10)->sessions, ElementsAre(bob));
}

TEST_P(StoreContract, ReturnsTheHighestNumberOfAllSessions) {
  ASSERT_OK(store_->PutSession(SessionOf("amy", 9, kNoon)));
  ASSERT_OK(store_->PutSession(SessionOf("bob", 3, kNoon + seconds(1))));
  EXPECT_EQ(store_->LoadSessions(kNoon + seconds(1), 10)->last_number, 9u);
  EXPECT_EQ(store_->LoadSessions(TimePoint(), 1)->last_number, 9u);
}

TEST_P(StoreContract, ALaterLoginReplacesTheSessionOfItsUserAlone) {
  const Session again = SessionOf("amy", 3, kNoon + seconds(2));
  const Session bob = SessionOf("bob", 2, kNoon + seconds(1));
  ASSERT_OK(store_->PutSession(SessionOf("amy", 1)));
  ASSERT_OK(store_->PutSession(bob));
  ASSERT_OK(store_->PutSession(again));
  EXPECT_THAT(store_->LoadSessions(TimePoint(), 10)->sessions, ElementsAre(again, bob));
}

TEST_P(StoreContract, AnOlderLoginDoesNotReplaceANewerOne) {
  const Session later = SessionOf("amy", 2);
  ASSERT_OK(store_->PutSession(later));
  ASSERT_OK(store_->PutSession(SessionOf("amy", 1, kNoon + seconds(9))));
  EXPECT_THAT(store_->LoadSessions(TimePoint(), 10)->sessions, ElementsAre(later));
}

TEST_P(StoreContract, RemovesOnlySessionsWithTheGivenNumber) {
  const Session old = SessionOf("amy", 1);
  const Session fresh = SessionOf("amy", 3);
  const Session bob = SessionOf("bob", 2);
  ASSERT_OK(store_->PutSession(fresh));
  ASSERT_OK(store_->PutSession(bob));
  const std::vector<Session> gone = {old, bob, SessionOf("never there", 4)};
  ASSERT_OK(store_->RemoveSessions(gone));
  EXPECT_THAT(store_->LoadSessions(TimePoint(), 10)->sessions, ElementsAre(fresh));
  ASSERT_OK(store_->RemoveSessions({}));
}

TEST_P(StoreContract, RecordsALaterUseOfAStoredSession) {
  const Session amy = SessionOf("amy", 2);
  Session used = amy;
  used.last_use = kNoon + seconds(5);
  ASSERT_OK(store_->PutSession(amy));
  const std::vector<Session> uses = {SessionOf("amy", 1, kNoon + seconds(9)), used,
                                     SessionOf("nobody", 3, kNoon + seconds(9))};
  ASSERT_OK(store_->RecordSessionUses(uses));
  EXPECT_THAT(store_->LoadSessions(TimePoint(), 10)->sessions, ElementsAre(used));
}

TEST_P(StoreContract, NeverMovesALastUseBack) {
  const Session amy = SessionOf("amy", 1, kNoon + seconds(5));
  ASSERT_OK(store_->PutSession(amy));
  const std::vector<Session> uses = {SessionOf("amy", 1, kNoon)};
  ASSERT_OK(store_->RecordSessionUses(uses));
  EXPECT_THAT(store_->LoadSessions(TimePoint(), 10)->sessions, ElementsAre(amy));
}

TEST_P(StoreContract, RemovesUnusedSessionsInBoundedBatches) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK(store_->PutSession(SessionOf("u" + std::to_string(i), 1, kNoon)));
  }
  const Session lasting = SessionOf("amy", 2, kNoon + seconds(1));
  ASSERT_OK(store_->PutSession(lasting));
  const auto first = store_->RemoveUnusedSessions(kNoon, 3);
  ASSERT_OK(first);
  EXPECT_EQ(*first, 3u);
  EXPECT_EQ(store_->LoadSessions(TimePoint(), 10)->sessions.size(), 3u);
  EXPECT_EQ(*store_->RemoveUnusedSessions(kNoon, 3), 2u);
  EXPECT_EQ(*store_->RemoveUnusedSessions(kNoon, 3), 0u);
  EXPECT_THAT(store_->LoadSessions(TimePoint(), 10)->sessions, ElementsAre(lasting));
}

TEST_P(StoreContract, WritesNoEventsForSessions) {
  ASSERT_OK(store_->PutSession(SessionOf("amy", 1)));
  EXPECT_THAT(AllEvents(), IsEmpty());
  EXPECT_THAT(listener_.events(), IsEmpty());
}

TEST_P(StoreContract, ShiftsTheLastUsesOfAllSessions) {
  ASSERT_OK(store_->PutSession(SessionOf("amy", 1, kNoon)));
  ASSERT_OK(store_->PutSession(SessionOf("bob", 2, kNoon + seconds(5))));
  ASSERT_OK(store_->MoveSessionUses(seconds(10), kNoon + seconds(12)));
  EXPECT_THAT(store_->LoadSessions(TimePoint(), 10)->sessions,
              ElementsAre(SessionOf("bob", 2, kNoon + seconds(12)),
                          SessionOf("amy", 1, kNoon + seconds(10))));
  ASSERT_OK(store_->MoveSessionUses(-seconds(4), kNoon + seconds(20)));
  ASSERT_OK(store_->MoveSessionUses(seconds(0), kNoon + seconds(7)));
  EXPECT_THAT(store_->LoadSessions(TimePoint(), 10)->sessions,
              ElementsAre(SessionOf("bob", 2, kNoon + seconds(7)),
                          SessionOf("amy", 1, kNoon + seconds(6))));
}

}  // namespace
}  // namespace rtcroom
