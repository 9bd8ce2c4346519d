#include "daemon/auth/session_table.h"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/auth/session_crypto.h"
#include "tests/support/counting_random.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr hours kWeek{7 * 24};

class SessionTableTest : public testing::Test {
 protected:
  TokenDigest DigestOf(const std::string& token) const { return crypto_.Digest(token); }
  Session SessionOf(const std::string& user, std::uint64_t number = 1,
                    TimePoint last_use = kNoon) const {
    return {.user_id = {user},
            .token = DigestOf(user + std::to_string(number)),
            .number = number,
            .last_use = last_use};
  }
  SessionTable MakeTable(std::size_t max_sessions = 3) const {
    return SessionTable({.max_sessions = max_sessions, .ttl = kWeek});
  }
  SessionUse Use(SessionTable& table, const std::string& user, TimePoint now = kNoon,
                 std::uint64_t number = 1) const {
    return table.Use(user, DigestOf(user + std::to_string(number)), now, now);
  }

  CountingRandom random_;
  SessionCrypto crypto_{random_};
};

std::vector<std::string> UsersOf(const std::vector<Session>& sessions) {
  std::vector<std::string> users;
  users.reserve(sessions.size());
  for (const Session& session : sessions) users.push_back(session.user_id.value);
  return users;
}

TEST_F(SessionTableTest, FindsTheTokenOfEachUser) {
  SessionTable table = MakeTable();
  table.Put(SessionOf("amy"));
  table.Put(SessionOf("bob"));
  EXPECT_EQ(Use(table, "amy"), SessionUse::kOk);
  EXPECT_EQ(Use(table, "bob"), SessionUse::kOk);
  EXPECT_EQ(table.Use("amy", DigestOf("bob1"), kNoon, kNoon), SessionUse::kOtherToken);
  EXPECT_EQ(Use(table, "eve"), SessionUse::kNoSession);
}

TEST_F(SessionTableTest, KeepsTheSessionOfTheLatestLogin) {
  SessionTable table = MakeTable();
  table.Put(SessionOf("amy", 1));
  table.Put(SessionOf("amy", 3));
  table.Put(SessionOf("amy", 2));
  EXPECT_EQ(Use(table, "amy", kNoon, 3), SessionUse::kOk);
  EXPECT_EQ(Use(table, "amy", kNoon, 2), SessionUse::kOtherToken);
  EXPECT_EQ(table.size(), 1u);
}

TEST_F(SessionTableTest, ExpiresASessionAWeekAfterItsLastUse) {
  SessionTable table = MakeTable();
  table.Put(SessionOf("amy"));
  const TimePoint used = kNoon + kWeek - milliseconds(1);
  EXPECT_EQ(Use(table, "amy", used), SessionUse::kOk);
  EXPECT_EQ(Use(table, "amy", used + kWeek - milliseconds(1)), SessionUse::kOk);
  EXPECT_EQ(Use(table, "amy", used + kWeek - milliseconds(1) + kWeek), SessionUse::kNoSession);
}

TEST_F(SessionTableTest, AWrongTokenDoesNotExtendASession) {
  SessionTable table = MakeTable();
  table.Put(SessionOf("amy"));
  EXPECT_EQ(Use(table, "amy", kNoon + hours(2), 9), SessionUse::kOtherToken);
  EXPECT_EQ(Use(table, "amy", kNoon + kWeek), SessionUse::kNoSession);
  EXPECT_THAT(table.TakeBacklog(10).used, IsEmpty());
}

TEST_F(SessionTableTest, EvictsTheLeastRecentlyUsedSession) {
  SessionTable table = MakeTable(3);
  for (const char* user : {"amy", "bob", "eve"}) table.Put(SessionOf(user));
  EXPECT_EQ(Use(table, "amy"), SessionUse::kOk);
  table.Put(SessionOf("bob", 2));
  table.Put(SessionOf("new"));
  EXPECT_EQ(table.size(), 3u);
  EXPECT_EQ(Use(table, "eve"), SessionUse::kNoSession);
  EXPECT_EQ(Use(table, "amy"), SessionUse::kOk);
  EXPECT_EQ(Use(table, "bob", kNoon, 2), SessionUse::kOk);
  EXPECT_EQ(Use(table, "new"), SessionUse::kOk);
  EXPECT_THAT(UsersOf(table.TakeBacklog(10).evicted), ElementsAre("eve"));
}

TEST_F(SessionTableTest, EvictsNoSessionsOfOtherAddresses) {
  SessionTable table = MakeTable(1000);
  for (int i = 0; i < 10; ++i) {
    table.Put(SessionOf("real" + std::to_string(i)), "192.0.2." + std::to_string(i));
  }
  for (int i = 0; i < 5000; ++i) table.Put(SessionOf("free" + std::to_string(i)), "203.0.113.1");
  EXPECT_EQ(table.size(), 1000U) << "the maximum";
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Use(table, "real" + std::to_string(i)), SessionUse::kOk) << i;
  }
  EXPECT_EQ(Use(table, "free4999"), SessionUse::kOk);
  EXPECT_EQ(Use(table, "free4010"), SessionUse::kOk);
  EXPECT_EQ(Use(table, "free4009"), SessionUse::kNoSession)
      << "least recently used of that address";
}

TEST_F(SessionTableTest, EvictsFromTheAddressWithTheMostSessions) {
  SessionTable table = MakeTable(1000);
  table.Put(SessionOf("real"), "192.0.2.1");
  for (int i = 0; i < 989; ++i) table.Put(SessionOf("free" + std::to_string(i)), "203.0.113.1");
  for (int i = 0; i < 10; ++i) table.Put(SessionOf("few" + std::to_string(i)), "203.0.113.2");
  EXPECT_EQ(Use(table, "free0"), SessionUse::kOk);
  for (int i = 0; i < 20; ++i) {
    table.Put(SessionOf("new" + std::to_string(i)), "198.51.100." + std::to_string(i));
  }
  EXPECT_EQ(Use(table, "real"), SessionUse::kOk);
  EXPECT_EQ(Use(table, "few0"), SessionUse::kOk);
  EXPECT_EQ(Use(table, "free0"), SessionUse::kOk) << "used since then";
  EXPECT_EQ(Use(table, "free20"), SessionUse::kNoSession);
  EXPECT_EQ(Use(table, "free21"), SessionUse::kOk);
}

TEST_F(SessionTableTest, AllowsAllSessionsFromOneAddress) {
  SessionTable table = MakeTable(1000);
  for (int i = 0; i < 1001; ++i) table.Put(SessionOf("u" + std::to_string(i)), "192.0.2.1");
  EXPECT_EQ(table.size(), 1000U);
  EXPECT_EQ(Use(table, "u0"), SessionUse::kNoSession);
  EXPECT_EQ(Use(table, "u1"), SessionUse::kOk);
}

TEST_F(SessionTableTest, CountsASessionAtItsLatestAddress) {
  SessionTable table = MakeTable(100);
  for (int i = 0; i < 98; ++i) table.Put(SessionOf("u" + std::to_string(i)));
  table.Put(SessionOf("amy"), "192.0.2.1");
  table.Put(SessionOf("bob"), "192.0.2.1");
  table.Put(SessionOf("bob", 2), "192.0.2.2");
  table.Put(SessionOf("eve"), "192.0.2.1");
  EXPECT_EQ(Use(table, "amy"), SessionUse::kOk);
  EXPECT_EQ(Use(table, "u0"), SessionUse::kNoSession) << "no address had two, and u0 was first";
}

TEST_F(SessionTableTest, DoesNotCountExpiredAndRemovedSessions) {
  SessionTable table = MakeTable(3);
  table.Put(SessionOf("old", 1, kNoon - kWeek), "192.0.2.1");
  table.Put(SessionOf("gone"), "192.0.2.1");
  table.Put(SessionOf("amy"), "192.0.2.2");
  EXPECT_EQ(table.RemoveEnded(kNoon, 10), 1U);
  table.Remove("gone", 1);
  table.Put(SessionOf("bob"), "192.0.2.1");
  table.Put(SessionOf("eve"), "192.0.2.3");
  table.Put(SessionOf("new"), "192.0.2.1");
  EXPECT_EQ(Use(table, "amy"), SessionUse::kNoSession) << "no address exceeds its share";
  EXPECT_EQ(Use(table, "bob"), SessionUse::kOk);
}

TEST_F(SessionTableTest, SupportsACapacityOfOne) {
  SessionTable table = MakeTable(1);
  table.Put(SessionOf("amy"));
  table.Put(SessionOf("amy", 2));
  EXPECT_EQ(Use(table, "amy", kNoon, 2), SessionUse::kOk);
  table.Put(SessionOf("bob"));
  EXPECT_EQ(Use(table, "amy", kNoon, 2), SessionUse::kNoSession);
  EXPECT_EQ(Use(table, "bob"), SessionUse::kOk);
}

TEST_F(SessionTableTest, LookupDoesNotCountAsUse) {
  SessionTable table = MakeTable(2);
  table.Put(SessionOf("amy"));
  table.Put(SessionOf("bob"));
  const auto found = table.Find("amy", DigestOf("amy1"), kNoon + hours(2));
  EXPECT_EQ(found.use, SessionUse::kOk);
  EXPECT_EQ(found.session, SessionOf("amy"));
  EXPECT_EQ(table.Find("amy", DigestOf("x"), kNoon).use, SessionUse::kOtherToken);
  EXPECT_EQ(table.Find("eve", DigestOf("x"), kNoon).use, SessionUse::kNoSession);
  EXPECT_EQ(table.Find("amy", DigestOf("amy1"), kNoon + kWeek).use, SessionUse::kNoSession);
  table.Put(SessionOf("eve"));
  EXPECT_EQ(Use(table, "amy"), SessionUse::kNoSession);
}

TEST_F(SessionTableTest, RemovesOnlyTheSessionWithTheGivenNumber) {
  SessionTable table = MakeTable();
  table.Put(SessionOf("amy", 2));
  table.Remove("amy", 1);
  table.Remove("nobody", 2);
  EXPECT_EQ(Use(table, "amy", kNoon, 2), SessionUse::kOk);
  table.Remove("amy", 2);
  EXPECT_EQ(Use(table, "amy", kNoon, 2), SessionUse::kNoSession);
  EXPECT_EQ(table.size(), 0u);
}

TEST_F(SessionTableTest, RemovesExpiredSessionsOldestFirstUpToABound) {
  SessionTable table = MakeTable(10);
  for (int i = 0; i < 5; ++i) {
    table.Put(SessionOf("u" + std::to_string(i), 1, kNoon + seconds(i)));
  }
  EXPECT_EQ(table.RemoveEnded(kNoon + kWeek - milliseconds(1), 10), 0u);
  EXPECT_EQ(table.RemoveEnded(kNoon + kWeek + seconds(3), 3), 3u);
  EXPECT_EQ(table.RemoveEnded(kNoon + kWeek + seconds(3), 3), 1u);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(Use(table, "u4", kNoon + kWeek + seconds(3)), SessionUse::kOk);
  EXPECT_THAT(table.TakeBacklog(10).evicted, IsEmpty());
}

TEST_F(SessionTableTest, WritesAUseAtMostOncePerHour) {
  SessionTable table = MakeTable();
  table.Put(SessionOf("amy"));
  for (int minute = 0; minute <= 150; ++minute) {
    EXPECT_EQ(Use(table, "amy", kNoon + minutes(minute)), SessionUse::kOk);
  }
  const SessionBacklog backlog = table.TakeBacklog(10);
  EXPECT_THAT(backlog.used, ElementsAre(SessionOf("amy", 1, kNoon + hours(1)),
                                        SessionOf("amy", 1, kNoon + hours(2))));
  EXPECT_THAT(table.TakeBacklog(10).used, IsEmpty());
}

TEST_F(SessionTableTest, ReturnsItsBacklogInBatchesAndRestoresIt) {
  SessionTable table = MakeTable(5);
  for (int i = 0; i < 5; ++i) table.Put(SessionOf("u" + std::to_string(i)));
  for (int i = 0; i < 5; ++i) Use(table, "u" + std::to_string(i), kNoon + hours(1));
  for (int i = 0; i < 5; ++i) table.Put(SessionOf("v" + std::to_string(i)));
  const SessionBacklog batch = table.TakeBacklog(3);
  EXPECT_EQ(batch.used.size(), 3u);
  EXPECT_EQ(batch.evicted.size(), 3u);
  table.ReturnBacklog(batch);
  EXPECT_EQ(table.TakeBacklog(10).used.size(), 5u);
  EXPECT_EQ(table.TakeBacklog(10).used.size(), 0u);
}

TEST_F(SessionTableTest, BoundsItsBacklog) {
  SessionTable table = MakeTable(2);
  for (int i = 0; i < 100; ++i) {
    const std::string user = "u" + std::to_string(i);
    table.Put(SessionOf(user, 1, kNoon + hours(2 * i)));
    Use(table, user, kNoon + hours(2 * i + 1));
  }
  const SessionBacklog backlog = table.TakeBacklog(1000);
  EXPECT_EQ(backlog.used.size(), 2u);
  EXPECT_EQ(backlog.evicted.size(), 2u);
  // A use that did not fit into the backlog is not lost: the next use is added.
  Use(table, "u99", kNoon + hours(200));
  EXPECT_THAT(UsersOf(table.TakeBacklog(1000).used), ElementsAre("u99"));
}

TEST_F(SessionTableTest, ExtendsNoSessionAfterAClockSetBack) {
  SessionTable table = MakeTable();
  table.Put(SessionOf("amy"));
  EXPECT_EQ(Use(table, "amy", kNoon + hours(24)), SessionUse::kOk);
  EXPECT_EQ(Use(table, "amy", kNoon), SessionUse::kOk);
  EXPECT_EQ(Use(table, "amy", kNoon + kWeek), SessionUse::kNoSession);
}

}  // namespace
}  // namespace rtcroom
