#include "daemon/base/token_bucket.h"

#include <chrono>
#include <limits>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr MonotonicTime kStart{seconds(1000)};
constexpr RateLimit kTenASecond{.per_second = 10, .burst = 3};

/// Number of calls out of a hundred granted at that instant.
int Granted(TokenBucket& bucket, MonotonicTime now, const RateLimit& limit = kTenASecond) {
  int granted = 0;
  for (int i = 0; i < 100; ++i) {
    if (bucket.Take(now, limit)) ++granted;
  }
  return granted;
}

TEST(TokenBucket, GrantsTheBurstAndThenTheRate) {
  TokenBucket bucket;
  EXPECT_EQ(Granted(bucket, kStart), 3);
  EXPECT_EQ(Granted(bucket, kStart + milliseconds(99)), 0);
  EXPECT_EQ(Granted(bucket, kStart + milliseconds(100)), 1);
  EXPECT_EQ(Granted(bucket, kStart + milliseconds(300)), 2);
}

TEST(TokenBucket, HoldsNoMoreThanTheBurst) {
  TokenBucket bucket;
  EXPECT_EQ(Granted(bucket, kStart), 3);
  EXPECT_EQ(Granted(bucket, kStart + std::chrono::hours(1)), 3);
}

TEST(TokenBucket, ARefusalCostsNothing) {
  TokenBucket bucket;
  EXPECT_EQ(Granted(bucket, kStart), 3);
  for (int i = 0; i < 99; ++i) EXPECT_FALSE(bucket.Take(kStart + milliseconds(i), kTenASecond));
  EXPECT_TRUE(bucket.Take(kStart + milliseconds(100), kTenASecond));
}

TEST(TokenBucket, ReturnsTheTimeOfTheNextToken) {
  TokenBucket bucket;
  EXPECT_EQ(bucket.NextToken(kStart, kTenASecond), kStart);
  EXPECT_EQ(Granted(bucket, kStart), 3);
  const MonotonicTime next = bucket.NextToken(kStart, kTenASecond);
  EXPECT_EQ(next, kStart + milliseconds(100));
  EXPECT_FALSE(bucket.Take(next - nanoseconds(1), kTenASecond));
  EXPECT_EQ(bucket.NextToken(next, kTenASecond), next);
  EXPECT_TRUE(bucket.Take(next, kTenASecond));
  EXPECT_EQ(bucket.NextToken(next, {.per_second = 0, .burst = 0}), next);
}

TEST(TokenBucket, GrantsEverythingIfDisabled) {
  TokenBucket bucket;
  EXPECT_EQ(Granted(bucket, kStart, {.per_second = 0, .burst = 0}), 100);
  EXPECT_EQ(bucket.Reserve(kStart, {.per_second = 0, .burst = 0}), nanoseconds(0));
}

TEST(TokenBucket, SupportsHourlyRates) {
  constexpr RateLimit kHourly{.burst = 3, .per_hour = 600};
  TokenBucket bucket;
  EXPECT_EQ(Granted(bucket, kStart, kHourly), 3);
  EXPECT_EQ(Granted(bucket, kStart + seconds(6) - nanoseconds(1), kHourly), 0);
  EXPECT_EQ(Granted(bucket, kStart + seconds(6), kHourly), 1);
  EXPECT_EQ(bucket.NextToken(kStart + seconds(6), kHourly), kStart + seconds(12));
  TokenBucket slow;
  EXPECT_EQ(Granted(slow, kStart, {.burst = 1'000'000, .per_hour = 1}), 100);
}

TEST(TokenBucket, TreatsABurstOfZeroAsOne) {
  TokenBucket bucket;
  EXPECT_EQ(Granted(bucket, kStart, {.per_second = 10, .burst = 0}), 1);
}

TEST(TokenBucket, NeverExceedsARateThatDoesNotDivideASecond) {
  constexpr RateLimit kSeven{.per_second = 7, .burst = 1};
  TokenBucket bucket;
  int granted = 0;
  for (milliseconds passed{0}; passed < seconds(100); ++passed) {
    if (bucket.Take(kStart + passed, kSeven)) ++granted;
  }
  EXPECT_LE(granted, 701);
  EXPECT_GE(granted, 690);
}

TEST(TokenBucket, IsExactAtTheGreatestLimits) {
  constexpr auto kMost = std::numeric_limits<std::uint32_t>::max();
  TokenBucket slow;
  EXPECT_EQ(Granted(slow, kStart, {.per_second = 1, .burst = kMost}), 100);
  TokenBucket fast;
  EXPECT_EQ(Granted(fast, kStart, {.per_second = kMost, .burst = 1}), 1);
  EXPECT_EQ(Granted(fast, kStart + nanoseconds(1), {.per_second = kMost, .burst = 1}), 1);
}

TEST(TokenBucket, BoundsTheDebtByTheBurstOfANewLimit) {
  TokenBucket bucket;
  EXPECT_EQ(Granted(bucket, kStart, {.per_second = 1, .burst = 60}), 60);  // a debt of one minute
  EXPECT_EQ(Granted(bucket, kStart, kTenASecond), 0);
  EXPECT_EQ(Granted(bucket, kStart + milliseconds(100), kTenASecond), 1);
}

TEST(TokenBucket, TurnsChargesBeyondItsTokensIntoDebt) {
  TokenBucket bucket;
  bucket.Charge(kStart, kTenASecond, 3);
  EXPECT_EQ(bucket.Debt(kStart, kTenASecond), nanoseconds(0));
  bucket.Charge(kStart, kTenASecond, 2);
  EXPECT_EQ(bucket.Debt(kStart, kTenASecond), milliseconds(200));
  EXPECT_EQ(Granted(bucket, kStart + milliseconds(299)), 0);
  EXPECT_EQ(bucket.Debt(kStart + milliseconds(200), kTenASecond), nanoseconds(0));
  EXPECT_EQ(Granted(bucket, kStart + milliseconds(300)), 1);
}

TEST(TokenBucket, BoundsTheDebtByOneBurst) {
  TokenBucket bucket;
  bucket.Charge(kStart, kTenASecond, 4'000'000'000);
  EXPECT_EQ(Granted(bucket, kStart + milliseconds(399)), 0);
  EXPECT_EQ(Granted(bucket, kStart + milliseconds(400)), 1);
}

TEST(TokenBucket, HasNoDebtIfDisabled) {
  TokenBucket bucket;
  bucket.Charge(kStart, {.per_second = 0}, 1000);
  EXPECT_EQ(bucket.Debt(kStart, {.per_second = 0}), nanoseconds(0));
  EXPECT_EQ(Granted(bucket, kStart), 3);
}

TEST(Pacing, AllowsOneSecondOfRequestsThenDelaysToTheRate) {
  TokenBucket bucket;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(bucket.Reserve(kStart, PacedAt(10)), nanoseconds(0));
  EXPECT_EQ(bucket.Reserve(kStart, PacedAt(10)), milliseconds(100));
  EXPECT_EQ(bucket.Reserve(kStart, PacedAt(10)), milliseconds(200));
  EXPECT_EQ(bucket.Reserve(kStart + milliseconds(250), PacedAt(10)), milliseconds(50));
}

TEST(Pacing, IgnoresRequestsOfThePast) {
  TokenBucket bucket;
  for (int i = 0; i < 20; ++i) (void)bucket.Reserve(kStart, PacedAt(10));
  EXPECT_EQ(bucket.Reserve(kStart + seconds(2), PacedAt(10)), nanoseconds(0));
}

// Each request follows the reply to the previous one.
TEST(Pacing, LimitsAContinuousClientToTheRate) {
  TokenBucket bucket;
  MonotonicTime now = kStart;
  int answered = 0;
  for (; now < kStart + seconds(60); ++answered) now += bucket.Reserve(now, PacedAt(10));
  EXPECT_EQ(answered, 610);  // 600 plus the burst
}

TEST(Pacing, OccupiesEightBytesPerConnection) { EXPECT_EQ(sizeof(TokenBucket), 8u); }

}  // namespace
}  // namespace rtcroom
