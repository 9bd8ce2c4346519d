#include "daemon/grpc/catch_up_pool.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/eventually.h"
#include "tests/support/flaky_store.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;

/// Keeps the outcomes that it receives.
class KeepingClient : public CatchUpClient {
 public:
  explicit KeepingClient(WatchSpec spec) : spec_(std::move(spec)) {}

  [[nodiscard]] std::unique_ptr<CatchUp> NewCatchUp() const {
    return std::make_unique<CatchUp>(spec_, CatchUpLimits{});
  }
  [[nodiscard]] bool WantsPage() const override { return wants_page; }
  void TakePage(CatchUpOutcome outcome) override {
    const MutexLock lock(mutex_);
    outcomes_.push_back(std::move(outcome));
  }

  [[nodiscard]] std::size_t pages() const {
    const MutexLock lock(mutex_);
    return outcomes_.size();
  }
  CatchUpOutcome GiveAway() {
    const MutexLock lock(mutex_);
    CatchUpOutcome outcome = std::move(outcomes_.back());
    outcomes_.pop_back();
    return outcome;
  }

  std::atomic<bool> wants_page{true};

 private:
  const WatchSpec spec_;
  mutable Mutex mutex_;
  std::vector<CatchUpOutcome> outcomes_ GUARDED_BY(mutex_);
};

const WatchSpec kFromEarliest{.after = Cursor::Start()};

class CatchUpPoolTest : public testing::Test {
 protected:
  static std::shared_ptr<KeepingClient> Ask(CatchUpPool& pool, WatchSpec spec = kFromEarliest) {
    auto client = std::make_shared<KeepingClient>(std::move(spec));
    pool.Submit(client, client->NewCatchUp());
    return client;
  }
  static bool HasPageSoon(const KeepingClient& client) {
    return Eventually([&] { return client.pages() == 1; });
  }

  void SetUp() override { ASSERT_OK(Apply(sqlite_, Creating(MakeRoom(RoomKind::kMulti, "r")))); }

  RecordingListener listener_;
  TempStore sqlite_{StoreLimits{}, "00112233aabbccdd", listener_};
  FlakyStore store_{sqlite_.rooms()};
};

TEST_F(CatchUpPoolTest, ReturnsAPageWithItsReader) {
  CatchUpPool pool(store_, {});
  const auto client = Ask(pool);
  ASSERT_TRUE(HasPageSoon(*client));
  CatchUpOutcome outcome = client->GiveAway();
  ASSERT_OK(outcome.page);
  EXPECT_EQ(outcome.page->messages.size(), 2U);
  pool.Submit(client, std::move(outcome.catch_up));
  ASSERT_TRUE(HasPageSoon(*client));
  EXPECT_TRUE(client->GiveAway().page->messages.empty());
}

TEST_F(CatchUpPoolTest, BoundsTheNumberOfPages) {
  CatchUpPool pool(store_, {.threads = 2, .max_pages = 2});
  const auto first = Ask(pool);
  const auto second = Ask(pool);
  ASSERT_TRUE(HasPageSoon(*first));
  ASSERT_TRUE(HasPageSoon(*second));
  const auto third = Ask(pool);
  // A request for the end of the history only has no page and does not wait: it completes here
  // after the third, which waits.
  const auto fourth = Ask(pool, WatchSpec{});
  ASSERT_TRUE(HasPageSoon(*fourth));
  EXPECT_EQ(third->pages(), 0U);
  fourth->GiveAway();
  EXPECT_EQ(third->pages(), 0U);
  first->GiveAway();
  EXPECT_TRUE(HasPageSoon(*third));
}

TEST_F(CatchUpPoolTest, SkipsClientsThatHaveLeft) {
  CatchUpPool pool(store_, {.threads = 1, .max_pages = 1});
  const auto first = Ask(pool);
  ASSERT_TRUE(HasPageSoon(*first));
  const auto gone = Ask(pool);
  const auto last = Ask(pool);
  gone->wants_page = false;
  first->GiveAway();
  ASSERT_TRUE(HasPageSoon(*last));
  EXPECT_EQ(gone->pages(), 0U);
  EXPECT_EQ(store_.event_reads, 2U);
}

TEST_F(CatchUpPoolTest, ReturnsTheNewestCursorIfACursorIsTooOld) {
  CatchUpPool pool(store_, {});
  const auto client = Ask(pool, {.after = Cursor{.epoch = "ffffffffffffffff", .position = 1}});
  ASSERT_TRUE(HasPageSoon(*client));
  const CatchUpOutcome outcome = client->GiveAway();
  EXPECT_ERROR(kCursorExpired, outcome.page);
  EXPECT_EQ(outcome.newest, *sqlite_.rooms().Newest());
}

TEST_F(CatchUpPoolTest, StopsWithManyWaitingClients) {
  CatchUpPool pool(store_, {.threads = 2, .max_pages = 1});
  std::vector<std::shared_ptr<KeepingClient>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(Ask(pool));
  ASSERT_TRUE(Eventually([&] {
    return std::ranges::any_of(clients, [](const auto& client) { return client->pages() == 1; });
  }));
  pool.Stop();
  const auto late = Ask(pool);
  EXPECT_EQ(late->pages(), 0U);
  clients.clear();
}

}  // namespace
}  // namespace rtcroom
