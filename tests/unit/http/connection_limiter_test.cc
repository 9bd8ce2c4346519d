// Connection limits, in total and per address.
#include "daemon/http/connection_limiter.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using Slot = ConnectionLimiter::Slot;

IpAddress Address(std::string_view text) { return *IpAddress::Parse(text); }

class ConnectionCensusTest : public testing::Test {
 protected:
  Slot Acquire() {
    std::optional<Slot> slot = limiter_.Acquire();
    EXPECT_TRUE(slot.has_value());
    return *std::move(slot);
  }
  /// A connection that has completed its TLS handshake.
  Slot EnterFrom(std::string_view address) {
    Slot slot = Acquire();
    EXPECT_EQ(slot.AssignAddress(Address(address)), std::nullopt);
    slot.EndHandshake();
    return slot;
  }

  ConnectionLimiter limiter_{{.total = 100, .per_address = 80}};
};

TEST_F(ConnectionCensusTest, LimitsTheTotalNumberOfConnections) {
  limiter_.SetLimits({.total = 2, .per_address = 2});
  const Slot one = Acquire();
  {
    const Slot two = Acquire();
    EXPECT_FALSE(limiter_.Acquire().has_value());
  }
  EXPECT_TRUE(limiter_.Acquire().has_value()) << "the slot is released";
  EXPECT_EQ(limiter_.total(), 1U);
}

TEST_F(ConnectionCensusTest, CountsEachAddressSeparately) {
  limiter_.SetLimits({.total = 100, .per_address = 1});
  const Slot one = EnterFrom("192.0.2.1");
  const Slot other = EnterFrom("192.0.2.2");
  Slot more = Acquire();
  EXPECT_EQ(more.AssignAddress(Address("192.0.2.1")), RefusalCause::kAddressConnections);
}

TEST_F(ConnectionCensusTest, CountsANetworkOfIpv6AsOneAddress) {
  limiter_.SetLimits({.total = 100, .per_address = 1});
  const Slot one = EnterFrom("2001:db8:0:1::1");
  const Slot other = EnterFrom("2001:db8:0:2::1");
  Slot more = Acquire();
  EXPECT_EQ(more.AssignAddress(Address("2001:db8:0:1:ffff::2")), RefusalCause::kAddressConnections);
}

TEST_F(ConnectionCensusTest, LimitsHandshakesToAQuarterOfTheAddressLimit) {
  std::vector<Slot> places;
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(places.emplace_back(Acquire()).AssignAddress(Address("192.0.2.1")), std::nullopt)
        << i;
  }
  Slot more = Acquire();
  EXPECT_EQ(more.AssignAddress(Address("192.0.2.1")), RefusalCause::kAddressHandshakes);
  EXPECT_EQ(more.AssignAddress(Address("192.0.2.2")), std::nullopt);
  places.front().EndHandshake();
  EXPECT_EQ(Acquire().AssignAddress(Address("192.0.2.1")), std::nullopt);
}

TEST_F(ConnectionCensusTest, ReleasesAConnectionThatEndsInAnyState) {
  {
    std::vector<Slot> places;
    places.reserve(21);
    for (int i = 0; i < 10; ++i) places.push_back(EnterFrom("192.0.2.1"));
    for (int i = 0; i < 10; ++i) {
      ASSERT_EQ(places.emplace_back(Acquire()).AssignAddress(Address("192.0.2.1")), std::nullopt);
    }
    places.push_back(Acquire());  // ended before its address was known
  }
  EXPECT_EQ(limiter_.total(), 0U);
  limiter_.SetLimits({.total = 100, .per_address = 1});
  EXPECT_EQ(Acquire().AssignAddress(Address("192.0.2.1")), std::nullopt);
}

}  // namespace
}  // namespace rtcroom
