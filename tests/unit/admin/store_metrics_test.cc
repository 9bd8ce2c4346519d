#include "daemon/admin/store_metrics.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include "daemon/admin/tally_metrics.h"
#include "daemon/core/write_record.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class StoreMetricsTest : public testing::Test {
 protected:
  std::string Text() {
    counted_.Set();
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

  FakeClock clock_;
  prometheus::Registry registry_;
  StoreMetrics metrics_{registry_, clock_};
  Tallies tallies_;
  TallyMetrics counted_{registry_, tallies_};
  WriteRecord writes_{metrics_, tallies_.store, clock_};
};

TEST_F(StoreMetricsTest, MeasureEveryCommit) {
  metrics_.OnCommitBegun();
  clock_.Advance(3ms);
  metrics_.OnCommitEnded({.writes = 17, .succeeded = true, .retained_events = 40});
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("rtcroomd_store_commit_duration_seconds_sum 0.003"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_store_commit_group_size_bucket{le=\"16\"} 0"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_store_commit_group_size_bucket{le=\"32\"} 1"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_events_retained 40"));
}

TEST_F(StoreMetricsTest, MeasureWhatServersOnASharedStoreWaitForEachOther) {
  metrics_.OnTurn(300us);
  metrics_.OnTurn(40ms);
  metrics_.OnHeard(20ms);
  writes_.OnSecondTry();
  writes_.OnSecondTry();
  writes_.OnFenced();
  const std::string text = Text();
  for (const char* const line :
       {"turn_wait_seconds_bucket{le=\"0.0005\"} 1", "turn_wait_seconds_count 2",
        "follower_lag_seconds_bucket{le=\"0.025\"} 1", "second_tries_total 2", "fenced_total 1"}) {
    EXPECT_THAT(text, HasSubstr(std::string("rtcroomd_store_") + line));
  }
}

TEST_F(StoreMetricsTest, CountAttemptsToConnectByOutcome) {
  writes_.OnConnect(ConnectOutcome::kConnected);
  writes_.OnConnect(ConnectOutcome::kUnreachable);
  writes_.OnConnect(ConnectOutcome::kUnreachable);
  writes_.OnConnect(ConnectOutcome::kNotReady);
  const std::string text = Text();
  for (const char* const line : {R"({outcome="connected"} 1)", R"({outcome="unreachable"} 2)",
                                 R"({outcome="not_ready"} 1)", R"({outcome="refused"} 0)"}) {
    EXPECT_THAT(text, HasSubstr(std::string("rtcroomd_store_connects_total") + line));
  }
}

TEST_F(StoreMetricsTest, CountErrorsByOperationAndKind) {
  writes_.OnStoreError(StoreOperation::kRead, Errc::kStoreBroken);
  writes_.OnStoreError(StoreOperation::kWrite, Errc::kStoreBusy);
  writes_.OnStoreError(StoreOperation::kWrite, Errc::kStoreBusy);
  writes_.OnStoreError(StoreOperation::kWrite, Errc::kOutcomeUnknown);
  const std::string text = Text();
  for (const char* const line : {R"({error="store_broken",operation="read"} 1)",
                                 R"({error="store_busy",operation="read"} 0)",
                                 R"({error="store_broken",operation="write"} 0)",
                                 R"({error="store_busy",operation="write"} 2)",
                                 R"({error="outcome_unknown",operation="write"} 1)"}) {
    EXPECT_THAT(text, HasSubstr(std::string("rtcroomd_store_errors_total") + line));
  }
}

}  // namespace
}  // namespace rtcroom
