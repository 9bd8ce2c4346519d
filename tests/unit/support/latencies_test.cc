#include "tests/support/latencies.h"

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using std::chrono::microseconds;

TEST(Latencies, HavePercentiles) {
  Latencies latencies;
  for (int i = 1000; i >= 1; --i) latencies.Add(microseconds(i));
  EXPECT_EQ(latencies.Percentile(0), microseconds(1));
  EXPECT_EQ(latencies.Percentile(50), microseconds(500));
  EXPECT_EQ(latencies.Percentile(99), microseconds(990));
  EXPECT_EQ(latencies.Percentile(99.9), microseconds(999));
  EXPECT_EQ(latencies.Percentile(100), microseconds(1000));
}

TEST(Latencies, EqualTheOnlySample) {
  Latencies latencies;
  latencies.Add(microseconds(7));
  EXPECT_EQ(latencies.Percentile(50), microseconds(7));
  EXPECT_EQ(latencies.Percentile(99.9), microseconds(7));
}

TEST(Latencies, CanBeMergedAndCleared) {
  Latencies all;
  EXPECT_EQ(all.Percentile(99), microseconds(0)) << "of none";
  Latencies others;
  others.Add(microseconds(1500));
  all.Add(others);
  all.Add(others);
  EXPECT_EQ(all.Summary(), "p50 1.50 ms, p99 1.50 ms, p99.9 1.50 ms, max 1.50 ms of 2");
  all.Clear();
  EXPECT_EQ(all.count(), 0U);
  EXPECT_EQ(all.Summary(), "none");
}

}  // namespace
}  // namespace rtcroom
