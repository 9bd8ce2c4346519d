// Logins at two stores that share one schema: each program hears of those at the other.
#include <algorithm>
#include <memory>
#include <vector>

#include <gmock/gmock.h>

#include "daemon/base/mutex.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using testing::Contains;

class RecordingSessions : public SessionListener {
 public:
  void OnSessions(std::span<const SessionChange> changes) noexcept override {
    const MutexLock lock(mutex_);
    changes_.insert(changes_.end(), changes.begin(), changes.end());
  }
  [[nodiscard]] std::vector<SessionChange> changes() const {
    const MutexLock lock(mutex_);
    return changes_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<SessionChange> changes_ GUARDED_BY(mutex_);
};

class PgStoreSessionsTest : public PgStoreTest {
 protected:
  PgStoreSessionsTest() { second_->sessions().HearSessions(&heard_); }

  /// @return it as stored.
  static Session Put(PgStore& store, const std::string& user, std::byte fill) {
    Session session{.user_id = {user}, .token = {}, .last_use = kNoon};
    session.token.fill(fill);
    const auto number = store.sessions().PutSession(session);
    EXPECT_OK(number);
    session.number = *number;
    return session;
  }

  RecordingSessions heard_;
  std::unique_ptr<PgStore> first_ = OpenPatient();
  std::unique_ptr<PgStore> second_ = OpenPatient();
};

TEST_F(PgStoreSessionsTest, LoginsAndLogoutsAreHeardAtTheOtherStoreInTheirOrder) {
  const Session amy = Put(*first_, "amy", std::byte{0});
  const Session bob = Put(*first_, "bob", std::byte{255});
  ASSERT_OK(first_->sessions().RemoveSessions({&amy, 1}));
  ASSERT_OK(second_->follower()->CatchUp(Soon()));
  const std::vector<SessionChange> heard = heard_.changes();
  ASSERT_EQ(heard.size(), 3u);
  EXPECT_EQ(heard[0].session, amy);
  EXPECT_EQ(heard[1].session, bob);
  EXPECT_TRUE(heard[2].has_ended);
  EXPECT_EQ(heard[2].session.user_id, amy.user_id);
  EXPECT_EQ(heard[2].session.number, amy.number);
}

TEST_F(PgStoreSessionsTest, OfTwoLoginsOfAUserTheLaterHasTheHigherNumber) {
  const Session before = Put(*first_, "amy", std::byte{1});
  const Session after = Put(*second_, "amy", std::byte{2});
  EXPECT_LT(before.number, after.number);
  EXPECT_EQ(*first_->sessions().LoadSessions(TimePoint(), 10), std::vector{after});
  EXPECT_THAT(heard_.changes(), Contains(SessionChange{.session = after}));
}

TEST_F(PgStoreSessionsTest, FindsTheSessionOfAUserWhoLoggedInAtTheOtherStore) {
  const Session amy = Put(*first_, "amy", std::byte{255});
  EXPECT_EQ(*second_->sessions().FindSession({"amy"}), amy);
  EXPECT_EQ(*second_->sessions().FindSession({"bob"}), std::nullopt);
}

TEST_F(PgStoreSessionsTest, ALoginIsNumberedAmongTheChangesOfItsCommit) {
  constexpr int kLogins = 20;
  for (int i = 0; i < kLogins; ++i) {
    const std::string id = fmt::format("r{}", i);
    ASSERT_OK(Apply(*second_, Creating(MultiRoom(id))));
    const Session session = Put(*first_, fmt::format("u{}", i), std::byte{3});
    ASSERT_OK(second_->follower()->CatchUp(Soon()));
    EXPECT_THAT(heard_.changes(), Contains(SessionChange{.session = session}));
  }
}

}  // namespace
}  // namespace rtcroom
