#include "daemon/media/stream_rates.h"

#include <chrono>
#include <limits>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime kStart{1h};

ListedStream Sending(std::uint64_t bytes, const char* client = "1") {
  return {.name = "a", .client = client, .bytes_in = bytes};
}

TEST(StreamRates, AreThoseBetweenTwoLists) {
  StreamRates rates;
  EXPECT_EQ(rates.Of("a"), std::nullopt);
  rates.Take(std::vector{Sending(1000)}, kStart);
  EXPECT_EQ(rates.Of("a"), std::nullopt);
  rates.Take(std::vector{Sending(251'000)}, kStart + 5s);
  EXPECT_EQ(rates.Of("a"), 400'000U);
  rates.Take(std::vector{Sending(251'000)}, kStart + 10s);
  EXPECT_EQ(rates.Of("a"), 0U);
  rates.Take({}, kStart + 15s);
  EXPECT_EQ(rates.Of("a"), std::nullopt);
}

TEST(StreamRates, BeginAnewWithAnotherClientACounterSetBackOrNoTime) {
  StreamRates rates;
  rates.Take(std::vector{Sending(1000)}, kStart);
  rates.Take(std::vector{Sending(9000, "2")}, kStart + 5s);
  EXPECT_EQ(rates.Of("a"), std::nullopt);
  rates.Take(std::vector{Sending(10, "2")}, kStart + 10s);
  EXPECT_EQ(rates.Of("a"), std::nullopt);
  rates.Take(std::vector{Sending(20, "2")}, kStart + 10s);
  EXPECT_EQ(rates.Of("a"), std::nullopt);
}

TEST(StreamRates, AreFiniteForAnyCounter) {
  StreamRates rates;
  rates.Take(std::vector{Sending(0)}, kStart);
  rates.Take(std::vector{Sending(std::numeric_limits<std::uint64_t>::max())}, kStart + 1ns);
  EXPECT_TRUE(rates.Of("a"));
}

}  // namespace
}  // namespace rtcroom
