#include "daemon/auth/rate_limiter.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

constexpr SipHashKey kHashKey{.low = 0x0123456789abcdef, .high = 0xfedcba9876543210};
constexpr RateLimit kUserRate{.per_second = 20, .burst = 60};

class RateLimiterTest : public testing::Test {
 protected:
  /// Number of admitted requests out of `requests`.
  int Admitted(const std::string& key, int requests = 1000) {
    int admitted = 0;
    for (int i = 0; i < requests; ++i) {
      if (limiter_.Admits(key)) ++admitted;
    }
    return admitted;
  }

  FakeClock clock_;
  RateLimiter limiter_{clock_, kHashKey, kUserRate};
};

TEST_F(RateLimiterTest, GrantsTheBurstAndThenTheRate) {
  EXPECT_EQ(Admitted("a"), 60);
  clock_.Advance(milliseconds(50));
  EXPECT_EQ(Admitted("a"), 1);
  clock_.Advance(milliseconds(1000));
  EXPECT_EQ(Admitted("a"), 20);
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Admitted("a"), 60);
}

TEST_F(RateLimiterTest, CountsEachKeySeparately) {
  EXPECT_EQ(Admitted("a"), 60);
  EXPECT_EQ(Admitted("b"), 60);
  EXPECT_EQ(Admitted(""), 60);
}

TEST_F(RateLimiterTest, KeepsTrackOfManyKeysAtOnce) {
  constexpr int kKeys = 20'000;
  const auto all_take = [&](int tokens) {
    int admitted = 0;
    for (int i = 0; i < kKeys; ++i) admitted += Admitted(std::to_string(i), tokens);
    return admitted;
  };
  limiter_.SetLimit({.per_second = 1, .burst = 2});
  EXPECT_EQ(all_take(2), 2 * kKeys);
  EXPECT_LT(all_take(1), kKeys / 100);  // occasionally nine keys share the eight slots
}

// Four times as many keys as the table can hold, all at the same instant.
TEST_F(RateLimiterTest, KeepsCountsAndAdmitsNewKeysDuringAKeyFlood) {
  EXPECT_EQ(Admitted("offender"), 60);
  int refused = 0;
  for (std::size_t i = 0; i < 2 * RateLimiter::kMaxKeys; ++i) {
    if (!limiter_.Admits("flood-" + std::to_string(i))) ++refused;
  }
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(Admitted("offender"), 0);
  EXPECT_EQ(Admitted("newcomer", 1), 1);
}

TEST_F(RateLimiterTest, AdmitsEverythingIfDisabled) {
  limiter_.SetLimit({.per_second = 0, .burst = 1});
  EXPECT_EQ(Admitted("a"), 1000);
}

TEST_F(RateLimiterTest, AppliesANewLimitAndKeepsSpentTokens) {
  EXPECT_EQ(Admitted("a"), 60);
  limiter_.SetLimit({.per_second = 100, .burst = 300});
  EXPECT_EQ(Admitted("a"), 0);  // a debt of three seconds, which is now the whole burst
  EXPECT_EQ(Admitted("b"), 300);
  clock_.Advance(milliseconds(100));
  EXPECT_EQ(Admitted("a"), 10);
}

TEST_F(RateLimiterTest, BoundsTheDebtByARaisedLimit) {
  limiter_.SetLimit({.per_second = 1, .burst = 600});
  EXPECT_EQ(Admitted("a"), 600);  // ten minutes of tokens
  limiter_.SetLimit(kUserRate);
  EXPECT_EQ(Admitted("a"), 0);
  clock_.Advance(milliseconds(50));
  EXPECT_EQ(Admitted("a"), 1);
}

TEST_F(RateLimiterTest, GrantsEachTokenOnceUnderConcurrency) {
  std::atomic<int> admitted{0};
  {
    std::vector<std::jthread> callers;
    callers.reserve(8);
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&, own = std::to_string(i)] {
        admitted += Admitted("shared");
        EXPECT_EQ(Admitted(own), 60);
      });
    }
  }
  EXPECT_EQ(admitted, 60);
}

TEST_F(RateLimiterTest, AppliesANewLimitConcurrently) {
  {
    const std::jthread caller([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) (void)limiter_.Admits("a");
    });
    for (std::uint32_t rate = 0; rate < 50; ++rate) {
      limiter_.SetLimit({.per_second = rate % 2, .burst = rate});
    }
    limiter_.SetLimit({.per_second = 0, .burst = 1});
  }
  limiter_.SetLimit(kUserRate);
  EXPECT_EQ(Admitted("a"), 60);
}

}  // namespace
}  // namespace rtcroom
