// A database that comes back without what it had acknowledged.
#include <atomic>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

class PgHistoryTest : public PgStoreTest {
 protected:
  PgHistoryTest() {
    PgOptions options = Patient(url_);
    options.on_history_lost = [this] { ++losses_; };
    store_ = Open(options);
    EXPECT_OK(Apply(*store_, Creating(MultiRoom("r1"))));
    epoch_ = Epoch();
  }

  /// As it is stored: a store whose history is lost reads nothing on new connections.
  std::string Epoch() const {
    PgRows rows = QueryPostgres(url_, "SELECT epoch FROM meta");
    return rows.Next() ? rows.Text(0) : "";
  }
  void ExpectLoss() {
    EXPECT_TRUE(Eventually([this] { return losses_ == 1; }));
    EXPECT_ERROR(kStoreBusy, Apply(*store_, Adding(kR1, "u")));
    EXPECT_EQ(losses_, 1);
    EXPECT_NE(Epoch(), epoch_);
    EXPECT_EQ(Epoch().size(), epoch_.size());
  }

  std::atomic<int> losses_ = 0;
  std::unique_ptr<PgStore> store_;
  std::string epoch_;
};

TEST_F(PgHistoryTest, ThatHasLostItsEndGetsANewEpoch) {
  Execute("DELETE FROM events WHERE position = 2");
  EndConnections();
  ExpectLoss();
}

TEST_F(PgHistoryTest, WithAnotherEndGetsANewEpoch) {
  Execute("UPDATE events SET tag = tag + 1 WHERE position = 2");
  EndConnections();
  ExpectLoss();
}

TEST_F(PgHistoryTest, IsLostToANodeWhenWhatItHasNotHeardIsRemoved) {
  Execute("UPDATE meta SET trimmed_position = 4");
  EXPECT_TRUE(Eventually([this] { return losses_ == 1; }));
  EXPECT_ERROR(kStoreBusy, Apply(*store_, Adding(kR1, "u")));
  EXPECT_EQ(Epoch(), epoch_) << "the others have all of it";
}

TEST_F(PgHistoryTest, IsTheSameAfterItsOldEventsWereRemoved) {
  ASSERT_OK(store_->rooms().TrimEvents({.keep_since = {}, .max_events = 0}));
  EndConnections();
  EXPECT_OK(store_->follower()->CatchUp(Soon()));
  EXPECT_OK(Apply(*store_, Adding(kR1, "u")));
  EndConnections();
  EXPECT_OK(store_->follower()->CatchUp(Soon()));
  EXPECT_OK(Apply(*store_, Adding(kR1, "v")));
  EXPECT_EQ(losses_, 0);
  EXPECT_EQ(Epoch(), epoch_);
}

}  // namespace
}  // namespace rtcroom
