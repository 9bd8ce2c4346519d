#include "daemon/channel/log_shares.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

constexpr LogBounds kLog{.bytes = 32'000'000, .messages = 32'000};
/// A message that takes as much of the bytes as of the number.
constexpr std::uint64_t kEven = 1000;

class LogSharesTest : public testing::Test {
 protected:
  bool Take(const std::string& account, std::uint64_t bytes = kEven,
            const std::string& address = {}) {
    return shares_.Take({account}, address, bytes, clock_.Monotonic());
  }
  /// How many messages are taken before one is refused.
  int CountTaken(const std::string& account, std::uint64_t bytes = kEven) {
    int taken = 0;
    while (Take(account, bytes)) ++taken;
    return taken;
  }

  FakeClock clock_;
  LogShares shares_{kLog};
};

TEST_F(LogSharesTest, AnAccountAddsAThirtySecondAtOnceAndAnHour) {
  EXPECT_EQ(CountTaken("alice"), 1000);
  EXPECT_TRUE(Take("bob"));
  clock_.Advance(30min);
  EXPECT_EQ(CountTaken("alice"), 500);
  clock_.Advance(5h);
  EXPECT_EQ(CountTaken("alice"), 1000);
}

TEST_F(LogSharesTest, AMessageTakesItsPartOfTheBytesOrOfTheNumber) {
  EXPECT_EQ(CountTaken("alice", 10 * kEven), 100);
  EXPECT_EQ(CountTaken("bob", 1), 1000);
}

TEST_F(LogSharesTest, AnAddressAddsAnEighthByHoweverManyAccounts) {
  int taken = 0;
  int accounts = 0;
  while (Take("user" + std::to_string(accounts++ % 50), kEven, "192.0.2.1")) ++taken;
  EXPECT_EQ(taken, 4000);
  EXPECT_FALSE(Take("fresh", kEven, "192.0.2.1"));
  EXPECT_TRUE(Take("fresh", kEven, "192.0.2.2"));
  EXPECT_EQ(CountTaken("fresh"), 999) << "a refusal costs nothing";
}

TEST_F(LogSharesTest, ThoseWithAWholeShareAreForgotten) {
  EXPECT_TRUE(Take("alice", kEven, "192.0.2.1"));
  EXPECT_EQ(shares_.size(), 2u);
  clock_.Advance(1s);  // 0.9 s for the address
  shares_.ForgetOld(clock_.Monotonic());
  EXPECT_EQ(shares_.size(), 1u);
  clock_.Advance(3s);
  shares_.ForgetOld(clock_.Monotonic());
  EXPECT_EQ(shares_.size(), 0u);
}

}  // namespace
}  // namespace rtcroom
