#include "daemon/http/ticket_keys.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

class TicketKeysTest : public testing::Test {
 protected:
  FakeClock clock_;
  unsigned char drawn_ = 0;
  TicketKeys keys_{clock_, [this](std::span<std::byte> out) {
                     std::ranges::fill(out, static_cast<std::byte>(++drawn_));
                   }};
};

TEST_F(TicketKeysTest, StayTheSameForAPeriod) {
  const auto name = keys_.Current().name;
  clock_.Advance(TicketKeys::kPeriod - std::chrono::milliseconds(1));
  EXPECT_EQ(keys_.Current().name, name);
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_NE(keys_.Current().name, name);
}

TEST_F(TicketKeysTest, AreAcceptedForOneMorePeriod) {
  const TicketKeys::Key first = keys_.Current();
  ASSERT_TRUE(keys_.Find(first.name).has_value());
  EXPECT_EQ(keys_.Find(first.name)->age, TicketKeys::Age::kCurrent);
  clock_.Advance(TicketKeys::kPeriod);
  ASSERT_TRUE(keys_.Find(first.name).has_value());
  EXPECT_EQ(keys_.Find(first.name)->age, TicketKeys::Age::kPrevious);
  EXPECT_EQ(keys_.Find(first.name)->key.aes, first.aes);
  clock_.Advance(TicketKeys::kPeriod);
  EXPECT_FALSE(keys_.Find(first.name).has_value());
}

TEST_F(TicketKeysTest, ExpireWithoutTraffic) {
  const auto name = keys_.Current().name;
  clock_.Advance(2 * TicketKeys::kPeriod);
  EXPECT_FALSE(keys_.Find(name).has_value()) << "no call in between";
}

TEST_F(TicketKeysTest, RotateOnScheduleDespiteLateCalls) {
  constexpr std::chrono::minutes kHalf = std::chrono::minutes(TicketKeys::kPeriod) / 2;
  clock_.Advance(TicketKeys::kPeriod + kHalf);
  const auto name = keys_.Current().name;
  clock_.Advance(kHalf);
  EXPECT_NE(keys_.Current().name, name) << "its period began before its first use";
}

TEST_F(TicketKeysTest, AreIndependentlyRandom) {
  const TicketKeys::Key key = keys_.Current();
  EXPECT_NE(key.aes, key.hmac);
}

}  // namespace
}  // namespace rtcroom
