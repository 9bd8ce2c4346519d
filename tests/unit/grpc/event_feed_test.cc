#include "daemon/grpc/event_feed.h"

#include <atomic>
#include <cstdio>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "storage/memory/memory_store.h"
#include "tests/support/eventually.h"
#include "tests/support/matchers.h"
#include "tests/support/rooms.h"
#include "tests/unit/grpc/flaky_store.h"

namespace rtcroom {
namespace {

// Longer than any test may take.
constexpr std::chrono::milliseconds kNever = std::chrono::minutes(10);

WatchOptions Options() {
  return {.tick = std::chrono::milliseconds(5),
          .safety_poll = kNever,
          .first_back_off = std::chrono::milliseconds(1),
          .longest_back_off = std::chrono::milliseconds(10)};
}

class EventFeedTest : public testing::Test {
 protected:
  void Start(const WatchOptions& options = Options()) {
    options_ = options;
    feed_.emplace(EventFeed::Deps{.log = store_,
                                  .signal = signal_,
                                  .ring = ring_,
                                  .clock = clock_,
                                  .logger = logger_,
                                  .options = options_,
                                  .counts = counts_,
                                  .added = [this] { ++added_; },
                                  .ticked = [this](MonotonicTime) { ++ticked_; }});
  }
  [[nodiscard]] bool HasBegunSoon() {
    return Eventually([&] { return ring_.MarkAt(memory_.rooms().Newest()->position).has_value(); });
  }
  void CreateRoom(const std::string& id) {
    EXPECT_OK(Apply(memory_, Creating(MakeRoom(RoomKind::kMulti, id))));
  }
  [[nodiscard]] std::size_t CountAfter(EventRing::Mark mark) const {
    std::size_t count = 0;
    while (true) {
      const EventRing::Found found = ring_.Next(mark, {});
      if (found.event == nullptr) return count;
      ++count;
      mark = found.mark;
    }
  }

  CommitSignal signal_;
  MemoryStore memory_{StoreLimits{}, "00112233aabbccdd", signal_};
  FlakyStore store_{memory_.rooms()};
  FakeClock clock_;
  std::FILE* const nowhere_ = std::fopen("/dev/null", "w");
  Logger logger_{LogFormat::kText, LogLevel::kError, nowhere_};
  WatchCounts counts_;
  EventRing ring_{{}};
  std::atomic<int> added_{0};
  std::atomic<int> ticked_{0};
  WatchOptions options_;
  std::optional<EventFeed> feed_;
};

TEST_F(EventFeedTest, BeginsAtTheEndOfTheHistory) {
  CreateRoom("before");
  Start();
  ASSERT_TRUE(HasBegunSoon());
  EXPECT_FALSE(ring_.MarkAt(0));
}

TEST_F(EventFeedTest, ReadsCommittedEventsWhenSignalled) {
  Start();
  ASSERT_TRUE(HasBegunSoon());
  const auto mark = ring_.MarkAt(0);
  CreateRoom("r1");
  EXPECT_TRUE(Eventually([&] { return CountAfter(*mark) == 2; }));
  CreateRoom("r2");
  EXPECT_TRUE(Eventually([&] { return CountAfter(*mark) == 4; }));
  EXPECT_GE(added_, 2);
}

TEST_F(EventFeedTest, ReadsNothingWithoutASignal) {
  Start();
  ASSERT_TRUE(HasBegunSoon());
  ASSERT_TRUE(Eventually([&] { return ticked_ > 10; }));
  EXPECT_LE(store_.event_reads, 2U);
}

TEST_F(EventFeedTest, PollsPeriodicallyWithoutASignal) {
  WatchOptions options = Options();
  options.safety_poll = std::chrono::milliseconds(2);
  Start(options);
  ASSERT_TRUE(HasBegunSoon());
  const std::size_t reads = store_.event_reads;
  EXPECT_TRUE(Eventually([&] { return store_.event_reads > reads + 3; }));
}

TEST_F(EventFeedTest, ReadsMoreEventsThanOnePageHolds) {
  Start();
  ASSERT_TRUE(HasBegunSoon());
  const auto mark = ring_.MarkAt(0);
  for (int i = 0; i < 1000; ++i) CreateRoom("r" + std::to_string(i));
  EXPECT_TRUE(Eventually([&] { return CountAfter(*mark) == 2000; }));
}

TEST_F(EventFeedTest, RetriesUntilTheStoreAnswersWithoutLoss) {
  Start();
  ASSERT_TRUE(HasBegunSoon());
  const auto mark = ring_.MarkAt(0);
  store_.reads_fail_with = Errc::kStoreBusy;
  CreateRoom("r");
  ASSERT_TRUE(Eventually([&] { return counts_.read_failures > 3; }));
  EXPECT_EQ(CountAfter(*mark), 0U);
  clock_.Advance(std::chrono::seconds(7));
  EXPECT_GE(feed_->Lag(), std::chrono::seconds(7));

  store_.reads_fail_with = std::nullopt;
  EXPECT_TRUE(Eventually([&] { return CountAfter(*mark) == 2; }));
  EXPECT_TRUE(Eventually([&] { return feed_->Lag() == std::chrono::milliseconds(0); }));
}

TEST_F(EventFeedTest, KeepsTickingWhileTheStoreFails) {
  store_.reads_fail_with = Errc::kStoreBroken;
  Start();
  EXPECT_TRUE(Eventually([&] { return ticked_ > 10; }));
}

TEST_F(EventFeedTest, RestartsTheRingIfItsCursorExpired) {
  Start();
  ASSERT_TRUE(HasBegunSoon());
  const auto mark = ring_.MarkAt(0);
  CreateRoom("r1");
  ASSERT_TRUE(Eventually([&] { return CountAfter(*mark) == 2; }));
  store_.reads_fail_with = Errc::kCursorExpired;
  CreateRoom("r2");
  ASSERT_TRUE(Eventually([&] { return counts_.read_failures > 0; }));
  store_.reads_fail_with = std::nullopt;
  ASSERT_TRUE(Eventually([&] { return ring_.LossOf(*mark) == EventRing::Loss::kRestarted; }));
  EXPECT_FALSE(ring_.MarkAt(2));
  EXPECT_TRUE(HasBegunSoon());
}

TEST_F(EventFeedTest, StopsWhileTheStoreFails) {
  WatchOptions options = Options();
  options.first_back_off = kNever;
  options.longest_back_off = kNever;
  store_.reads_fail_with = Errc::kStoreBroken;
  Start(options);
  ASSERT_TRUE(Eventually([&] { return counts_.read_failures > 0; }));
  feed_->Stop();
}

}  // namespace
}  // namespace rtcroom
