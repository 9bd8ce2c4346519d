#include "daemon/core/log_reader.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/flaky_store.h"
#include "tests/support/matchers.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kEpoch = "00112233aabbccdd";

/// Keeps what the reader gives it, and fails on request of a test.
class RecordingOwner : public LogReader::Owner {
 public:
  Status BeforeRead() override {
    if (is_ready) return {};
    return Error{Errc::kStoreBusy, "test"};
  }
  Result<bool> OnEvents(const EventPage& page) override {
    if (page.events.empty()) return false;
    if (events_throw) throw std::bad_alloc();
    if (refuses) {
      ++refused;
      return Error{Errc::kStoreBusy, "test"};
    }
    const MutexLock lock(mutex_);
    for (const StoredEvent& event : page.events) positions_.push_back(event.position);
    return page.events.size() == LogReader::kEventsPerRead;
  }
  void OnLost(std::uint64_t position) override {
    begins_after = position;
    ++lost;
  }
  void OnTick() override {
    if (ticks_throw) throw std::bad_alloc();
    ++ticks;
  }
  /// Those of all events so far.
  [[nodiscard]] std::vector<std::uint64_t> positions() const {
    const MutexLock lock(mutex_);
    return positions_;
  }

  std::atomic<bool> is_ready{true};
  std::atomic<bool> refuses{false};
  std::atomic<bool> events_throw{false};
  std::atomic<bool> ticks_throw{false};
  std::atomic<int> refused{0};
  std::atomic<int> lost{0};
  std::atomic<int> ticks{0};
  std::atomic<std::uint64_t> begins_after{0};

 private:
  mutable Mutex mutex_;
  std::vector<std::uint64_t> positions_ GUARDED_BY(mutex_);
};

class LogReaderTest : public testing::Test {
 protected:
  /// @param poll  longer than any test may take, unless a test polls.
  void Start(std::optional<Cursor> after = std::nullopt, std::chrono::milliseconds poll = 10min) {
    reader_.emplace(LogReader::Deps{.log = store_,
                                    .signal = signal_,
                                    .clock = clock_,
                                    .logger = logger_,
                                    .failed_event = "reader_failed",
                                    .recovered_event = "reader_recovered",
                                    .tick = 5ms,
                                    .poll = poll},
                    owner_);
    reader_->Start(std::move(after));
  }
  /// At the end of the history.
  [[nodiscard]] bool HasBegunSoon() {
    Start();
    return Eventually([&] { return owner_.lost == 1 && reader_->Lag() == 0ms; });
  }
  /// Two events.
  void CreateRoom(const std::string& id) {
    EXPECT_OK(Apply(sqlite_, Creating(MakeRoom(RoomKind::kMulti, id))));
  }
  [[nodiscard]] bool Reads(std::size_t events) const {
    return Eventually([&] { return owner_.positions().size() == events; });
  }
  [[nodiscard]] bool FailsSoon() {
    return Eventually([&] {
      clock_.Advance(1ms);
      return reader_->Lag() > 0ms;
    });
  }

  CommitSignal signal_;
  TempStore sqlite_{StoreLimits{}, kEpoch, signal_};
  FlakyStore store_{sqlite_.rooms()};
  FakeClock clock_;
  const CapturedLog log_;
  Logger logger_{LogFormat::kJson, LogLevel::kInfo, log_.file()};
  RecordingOwner owner_;
  std::optional<LogReader> reader_;
};

TEST_F(LogReaderTest, BeginsAtTheEndOfTheHistory) {
  CreateRoom("before");
  ASSERT_TRUE(HasBegunSoon());
  EXPECT_EQ(owner_.begins_after, 2U);
  CreateRoom("after");
  ASSERT_TRUE(Reads(2));
  EXPECT_THAT(owner_.positions(), ElementsAre(3, 4));
}

TEST_F(LogReaderTest, BeginsAfterAGivenCursor) {
  CreateRoom("r1");
  Start(Cursor{.epoch = kEpoch, .position = 1});
  ASSERT_TRUE(Reads(1));
  EXPECT_THAT(owner_.positions(), ElementsAre(2));
  EXPECT_EQ(owner_.lost, 0);
}

TEST_F(LogReaderTest, ReadsCommittedEventsWhenSignalled) {
  ASSERT_TRUE(HasBegunSoon());
  CreateRoom("r1");
  EXPECT_TRUE(Reads(2));
  CreateRoom("r2");
  EXPECT_TRUE(Reads(4));
}

TEST_F(LogReaderTest, ReadsNothingWithoutASignal) {
  ASSERT_TRUE(HasBegunSoon());
  ASSERT_TRUE(Eventually([&] { return owner_.ticks > 10; }));
  EXPECT_LE(store_.event_reads, 2U);
}

TEST_F(LogReaderTest, PollsPeriodicallyWithoutASignal) {
  Start(std::nullopt, 2ms);
  ASSERT_TRUE(Eventually([&] { return store_.event_reads > 0; }));
  const std::size_t reads = store_.event_reads;
  EXPECT_TRUE(Eventually([&] { return store_.event_reads > reads + 3; }));
}

TEST_F(LogReaderTest, ReadsMoreEventsThanOnePageHolds) {
  ASSERT_TRUE(HasBegunSoon());
  for (int i = 0; i < 1000; ++i) CreateRoom("r" + std::to_string(i));
  EXPECT_TRUE(Reads(2000));
}

TEST_F(LogReaderTest, RetriesUntilTheStoreAnswersWithoutLoss) {
  ASSERT_TRUE(HasBegunSoon());
  store_.reads_fail_with = Errc::kStoreBusy;
  const std::size_t reads = store_.event_reads;
  CreateRoom("r");
  ASSERT_TRUE(Eventually([&] { return store_.event_reads > reads + 3; }));
  EXPECT_THAT(owner_.positions(), IsEmpty());
  clock_.Advance(7s);
  EXPECT_GE(reader_->Lag(), 7s);

  store_.reads_fail_with = std::nullopt;
  EXPECT_TRUE(Reads(2));
  EXPECT_TRUE(Eventually([&] { return reader_->Lag() == 0ms; }));
  EXPECT_EQ(owner_.lost, 1);
}

TEST_F(LogReaderTest, KeepsTickingWhileTheStoreFails) {
  store_.reads_fail_with = Errc::kStoreBroken;
  Start();
  EXPECT_TRUE(Eventually([&] { return owner_.ticks > 10; }));
}

TEST_F(LogReaderTest, RestartsAtTheEndIfItsCursorExpired) {
  ASSERT_TRUE(HasBegunSoon());
  CreateRoom("r1");
  ASSERT_TRUE(Reads(2));
  ASSERT_TRUE(Eventually([&] { return reader_->Lag() == 0ms; }));
  store_.reads_fail_with = Errc::kCursorExpired;
  CreateRoom("r2");
  ASSERT_TRUE(FailsSoon());
  store_.reads_fail_with = std::nullopt;
  ASSERT_TRUE(Eventually([&] { return owner_.lost == 2; }));
  EXPECT_EQ(owner_.begins_after, 4U);
  CreateRoom("r3");
  ASSERT_TRUE(Reads(4));
  EXPECT_THAT(owner_.positions(), ElementsAre(1, 2, 5, 6));
}

TEST_F(LogReaderTest, StopsWhileTheStoreFails) {
  store_.reads_fail_with = Errc::kStoreBroken;
  Start(Cursor::Start());
  ASSERT_TRUE(Eventually([&] { return store_.event_reads > 0; }));
  reader_->Stop();
}

TEST_F(LogReaderTest, ReadsNoEventsBeforeItsOwnerIsReady) {
  owner_.is_ready = false;
  Start();
  ASSERT_TRUE(Eventually([&] { return owner_.ticks > 10; }));
  EXPECT_EQ(store_.event_reads, 0U);
  owner_.is_ready = true;
  EXPECT_TRUE(Eventually([&] { return store_.event_reads > 0; }));
}

TEST_F(LogReaderTest, GivesAPageAgainThatItsOwnerDidNotTake) {
  ASSERT_TRUE(HasBegunSoon());
  owner_.refuses = true;
  CreateRoom("r1");
  ASSERT_TRUE(Eventually([&] { return owner_.refused > 1; }));
  owner_.refuses = false;
  ASSERT_TRUE(Reads(2));
  EXPECT_THAT(owner_.positions(), ElementsAre(1, 2));
  EXPECT_EQ(owner_.lost, 1);
}

TEST_F(LogReaderTest, CountsAPageOnWhichItsOwnerThrowsAsLost) {
  ASSERT_TRUE(HasBegunSoon());
  owner_.events_throw = true;
  CreateRoom("r1");
  ASSERT_TRUE(Eventually([&] { return owner_.lost == 2; }));
  EXPECT_EQ(owner_.begins_after, 2U);
  owner_.events_throw = false;
  CreateRoom("r2");
  ASSERT_TRUE(Reads(2));
  EXPECT_THAT(owner_.positions(), ElementsAre(3, 4));
}

TEST_F(LogReaderTest, LogsTheFirstFailureAndTheRecovery) {
  ASSERT_TRUE(HasBegunSoon());
  owner_.ticks_throw = true;
  ASSERT_TRUE(Eventually([&] {
    signal_.Raise();
    return owner_.lost > 2;
  }));
  const std::string failed = R"("event":"reader_failed")";
  const std::string text = log_.Text();
  ASSERT_THAT(text, HasSubstr(failed));
  EXPECT_THAT(text.substr(text.find(failed) + failed.size()), Not(HasSubstr("reader_"))) << "once";

  owner_.ticks_throw = false;
  EXPECT_TRUE(
      Eventually([&] { return log_.Text().find("reader_recovered") != std::string::npos; }));
}

}  // namespace
}  // namespace rtcroom
