#include "daemon/web/web_worker.h"

#include <chrono>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class WebWorkerTest : public testing::Test {
 protected:
  /// What it says of an offer that is none.
  v1::WebRefused::Code Refusal() {
    v1::WebOrder order;
    order.mutable_open()->set_session("0123456789");
    order.mutable_open()->set_offer("none");
    worker_.Obey(order);
    return reports_.back().refused().code();
  }
  void Use(std::chrono::microseconds cpu) {
    clock_.Advance(10s);
    usage_.cpu += cpu;
    worker_.Step();
  }

  FakeClock clock_;
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  ProcessUsage usage_{.cpu = 30s, .cores = 2, .descriptors = 30, .resident_bytes = 70'000'000};
  std::vector<v1::WebReport> reports_;
  WebWorker worker_{{},
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

TEST_F(WebWorkerTest, KnowsTheCoresThatItMayUse) { EXPECT_GE(ReadProcessUsage().cores, 1U); }

TEST_F(WebWorkerTest, TellsWhatItsProcessUses) {
  worker_.Step();
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].stats().descriptors(), 30U);
  EXPECT_EQ(reports_[0].stats().memory_bytes(), 70'000'000U);
}

}  // namespace
}  // namespace rtcroom
