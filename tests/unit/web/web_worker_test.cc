#include "daemon/web/web_worker.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/web/main_loop.h"
#include "tests/support/fake_clock.h"
#include "tests/support/web_offers.h"

// GLib allocates a table while it is loaded, and leaves it behind when the table grows. GLib has no
// frame pointers, so only slow unwinding finds the loader in the stack of that allocation.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the sanitizer's names
extern "C" const char* __asan_default_options() { return "fast_unwind_on_malloc=0"; }
extern "C" const char* __lsan_default_suppressions() { return "leak:/ld-linux-"; }
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class WebWorkerTest : public testing::Test {
 protected:
  void Open(const std::string& session, const std::string& stream, v1::WebDirection direction,
            const std::string& offer) {
    v1::WebOrder order;
    v1::WebOpen& open = *order.mutable_open();
    open.set_session(session);
    open.set_direction(direction);
    open.set_app("live");
    open.set_stream(stream);
    open.set_offer(offer);
    worker_.Obey(order);
  }
  void Publish(const std::string& session, const std::string& stream) {
    Open(session, stream, v1::WEB_DIRECTION_PUBLISH, BrowserOffer("sendonly"));
  }
  /// What it says of an offer that is none.
  v1::WebRefused::Code Refusal() {
    Open("0123456789", "host", v1::WEB_DIRECTION_PLAY, "none");
    return reports_.back().refused().code();
  }
  void Use(std::chrono::microseconds cpu, std::chrono::seconds time = 10s) {
    clock_.Advance(time);
    usage_.cpu += cpu;
    worker_.Step();
  }

  FakeClock clock_;
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  ProcessUsage usage_{.cpu = 30s, .cores = 2, .descriptors = 30, .resident_bytes = 70'000'000};
  std::vector<v1::WebReport> reports_;
  WebWorker worker_{{.network = {.addresses = {"127.0.0.1"}}},
                    clock_,
                    logger_,
                    [this](v1::WebReport report) { reports_.push_back(std::move(report)); },
                    [this] { return usage_; }};
};

TEST_F(WebWorkerTest, RefusesOffersWhileItIsBusy) {
  Use(0s);
  EXPECT_EQ(Refusal(), v1::WebRefused::CODE_MALFORMED);
  Use(16'001ms);
  EXPECT_EQ(Refusal(), v1::WebRefused::CODE_FULL);
  Use(16s);
  EXPECT_EQ(Refusal(), v1::WebRefused::CODE_MALFORMED);
}

TEST_F(WebWorkerTest, TakesANewerPublisherWhileItIsBusy) {
  Use(0s);
  clock_.Advance(8s);
  Publish("first", "host");
  Use(16'001ms, 2s);
  Publish("second", "host");
  EXPECT_EQ(reports_.back().refused().session(), "first");
  Publish("third", "guest");
  EXPECT_EQ(reports_.back().refused().session(), "third");
  EXPECT_EQ(reports_.back().refused().code(), v1::WebRefused::CODE_FULL);
  EXPECT_EQ(worker_.sessions(), 1U);
}

TEST_F(WebWorkerTest, TellsOfSessionsThatAreAnswered) {
  Open("session", "host", v1::WEB_DIRECTION_PLAY, BrowserOffer("recvonly"));
  EXPECT_EQ(worker_.sessions(), 1U);
  EXPECT_EQ(worker_.Hello().hello().sessions_size(), 0);
  main_loop::Run(10ms, [this] { return reports_.empty(); });
  ASSERT_TRUE(reports_.back().has_opened()) << reports_.back().DebugString();
  ASSERT_EQ(worker_.Hello().hello().sessions_size(), 1);
  EXPECT_EQ(worker_.Hello().hello().sessions(0).session(), "session");
}

TEST_F(WebWorkerTest, TellsOfAPeerThatNeverCame) {
  Open("session", "host", v1::WEB_DIRECTION_PLAY, BrowserOffer("recvonly"));
  main_loop::Run(10ms, [this] { return reports_.empty() || !reports_.back().has_ended(); });
  EXPECT_EQ(reports_.back().ended().reason(), v1::WebEnded::REASON_NEVER_CONNECTED);
  EXPECT_EQ(worker_.sessions(), 0U);
}

TEST_F(WebWorkerTest, KnowsTheCoresThatItMayUse) { EXPECT_GE(ReadProcessUsage().cores, 1U); }

TEST_F(WebWorkerTest, TellsWhatItsProcessUses) {
  worker_.Step();
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].stats().descriptors(), 30U);
  EXPECT_EQ(reports_[0].stats().memory_bytes(), 70'000'000U);
}

}  // namespace
}  // namespace rtcroom
