#include "daemon/base/call_pool.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Records calls that block until they are released. Outlives the pool.
class CallRecord {
 public:
  /// A call that blocks until `Release`.
  CallPool::Call Hanging(const std::string& name) {
    return {.run =
                [this, name] {
                  const MutexLock lock(mutex_);
                  run_.push_back(name);
                  while (!released_) changed_.Wait(mutex_);
                },
            .expired =
                [this, name] {
                  const MutexLock lock(mutex_);
                  expired_.push_back(name);
                }};
  }
  /// Ends all current and future calls.
  void Release() {
    const MutexLock lock(mutex_);
    released_ = true;
    changed_.NotifyAll();
  }
  std::vector<std::string> run() const {
    const MutexLock lock(mutex_);
    return run_;
  }
  std::vector<std::string> expired() const {
    const MutexLock lock(mutex_);
    return expired_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool released_ GUARDED_BY(mutex_) = false;
  std::vector<std::string> run_ GUARDED_BY(mutex_);
  std::vector<std::string> expired_ GUARDED_BY(mutex_);
};

class CallPoolTest : public testing::Test {
 protected:
  ~CallPoolTest() override { record_.Release(); }

  bool Submit(const std::string& name) { return pool_.TrySubmit(record_.Hanging(name)); }
  /// Gives both callers a call that blocks.
  void KeepCallersBusy() {
    EXPECT_TRUE(Submit("busy-1"));
    EXPECT_TRUE(Submit("busy-2"));
    EXPECT_TRUE(Eventually([this] { return record_.run().size() == 2; }));
  }

  FakeClock clock_;
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  CallRecord record_;
  CallPool pool_{
      clock_, logger_, {.callers = 2, .max_waiting = 3, .max_wait = std::chrono::seconds(5)}};
};

TEST_F(CallPoolTest, RunsOneCallPerCallerThread) {
  KeepCallersBusy();
  EXPECT_TRUE(Submit("third"));
  EXPECT_THAT(record_.run(), UnorderedElementsAre("busy-1", "busy-2"));
  record_.Release();
  EXPECT_TRUE(Eventually([this] { return record_.run().size() == 3; }));
  EXPECT_EQ(record_.run().back(), "third");
}

TEST_F(CallPoolTest, RefusesCallsBeyondTheQueueLimit) {
  // Holds whether or not the caller threads have woken up.
  for (const char* name : {"1", "2", "3", "4", "5"}) EXPECT_TRUE(Submit(name)) << name;
  EXPECT_FALSE(Submit("6"));
  record_.Release();
  EXPECT_TRUE(Eventually([this] { return record_.run().size() == 5; }));
  EXPECT_THAT(record_.expired(), IsEmpty());
  EXPECT_TRUE(Eventually([this] { return Submit("7"); }));
}

TEST_F(CallPoolTest, RunsACallThatWaitedUpToTheLimit) {
  KeepCallersBusy();
  EXPECT_TRUE(Submit("patient"));
  clock_.Advance(std::chrono::seconds(5));
  record_.Release();
  EXPECT_TRUE(Eventually([this] { return record_.run().size() == 3; }));
  EXPECT_THAT(record_.expired(), IsEmpty());
}

TEST_F(CallPoolTest, ExpiresACallThatWaitedLonger) {
  KeepCallersBusy();
  EXPECT_TRUE(Submit("late"));
  clock_.Advance(milliseconds(1));
  EXPECT_TRUE(Submit("in time"));
  clock_.Advance(std::chrono::seconds(5));
  record_.Release();
  EXPECT_TRUE(Eventually([this] { return record_.run().size() == 3; }));
  EXPECT_EQ(record_.run().back(), "in time");
  EXPECT_TRUE(Eventually([this] { return record_.expired().size() == 1; }));
  EXPECT_THAT(record_.expired(), ElementsAre("late"));
}

TEST_F(CallPoolTest, StopExpiresWaitingCallsAndFinishesRunningOnes) {
  KeepCallersBusy();
  EXPECT_TRUE(Submit("a"));
  EXPECT_TRUE(Submit("b"));
  std::atomic<bool> stopped = false;
  {
    const std::jthread stopper([&] {
      pool_.Stop();
      stopped = true;
    });
    EXPECT_TRUE(Eventually([this] { return record_.expired().size() == 2; }));
    EXPECT_FALSE(stopped);  // the two calls still run
    record_.Release();
  }
  EXPECT_TRUE(stopped);
  EXPECT_THAT(record_.expired(), ElementsAre("a", "b"));
  EXPECT_THAT(record_.run(), UnorderedElementsAre("busy-1", "busy-2"));
}

TEST_F(CallPoolTest, CloseExpiresWaitingCallsWithoutBlocking) {
  KeepCallersBusy();
  EXPECT_TRUE(Submit("waiting"));
  pool_.Close();
  EXPECT_THAT(record_.expired(), ElementsAre("waiting"));
  EXPECT_FALSE(Submit("too late"));
  record_.Release();
  pool_.Stop();
  EXPECT_THAT(record_.run(), UnorderedElementsAre("busy-1", "busy-2"));
}

TEST_F(CallPoolTest, SurvivesACallThatThrows) {
  const auto throws = [] { throw std::runtime_error("the text"); };
  KeepCallersBusy();
  EXPECT_TRUE(pool_.TrySubmit({.run = throws, .expired = throws}));
  EXPECT_TRUE(Submit("next"));
  record_.Release();
  EXPECT_TRUE(Eventually([this] { return record_.run().size() == 3; }));
}

TEST_F(CallPoolTest, RefusesCallsAfterStop) {
  pool_.Stop();
  EXPECT_FALSE(Submit("too late"));
  pool_.Stop();
  EXPECT_THAT(record_.run(), IsEmpty());
  EXPECT_THAT(record_.expired(), IsEmpty());
}

TEST(CallPool, RunsOrExpiresEachAcceptedCallOnce) {
  const FakeClock clock;
  Logger logger(LogFormat::kJson, LogLevel::kError);
  std::atomic<int> ended = 0;
  std::atomic<int> taken = 0;
  {
    CallPool pool(clock, logger);
    std::vector<std::jthread> submitters;
    submitters.reserve(4);
    for (int i = 0; i < 4; ++i) {
      submitters.emplace_back([&] {
        for (int call = 0; call < 500; ++call) {
          if (pool.TrySubmit({.run = [&] { ++ended; }, .expired = [&] { ++ended; }})) ++taken;
        }
      });
    }
    submitters.clear();
  }
  EXPECT_GE(taken, 272);
  EXPECT_EQ(ended, taken);
}

TEST(CallPool, HasSixteenCallersAndAQueueOf256) {
  const FakeClock clock;
  Logger logger(LogFormat::kJson, LogLevel::kError);
  CallRecord record;
  CallPool pool(clock, logger);
  for (int i = 0; i < 16 + 256; ++i) EXPECT_TRUE(pool.TrySubmit(record.Hanging("call")));
  EXPECT_FALSE(pool.TrySubmit(record.Hanging("call")));
  EXPECT_TRUE(Eventually([&] { return record.run().size() == 16; }));
  record.Release();
}

}  // namespace
}  // namespace rtcroom
