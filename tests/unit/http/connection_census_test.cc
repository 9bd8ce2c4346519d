// Connection limits, in total and per address.
#include "daemon/http/connection_census.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using Place = ConnectionCensus::Place;

IpAddress Address(std::string_view text) { return *IpAddress::Parse(text); }

class ConnectionCensusTest : public testing::Test {
 protected:
  Place Enter() {
    std::optional<Place> place = census_.Enter();
    EXPECT_TRUE(place.has_value());
    return *std::move(place);
  }
  /// A connection that has completed its TLS handshake.
  Place EnterFrom(std::string_view address) {
    Place place = Enter();
    EXPECT_EQ(place.Claim(Address(address)), std::nullopt);
    place.EndHandshake();
    return place;
  }

  ConnectionCensus census_{{.total = 100, .per_address = 80}};
};

TEST_F(ConnectionCensusTest, LetsInAsManyAsMayBe) {
  census_.SetLimits({.total = 2, .per_address = 2});
  const Place one = Enter();
  {
    const Place two = Enter();
    EXPECT_FALSE(census_.Enter().has_value());
  }
  EXPECT_TRUE(census_.Enter().has_value()) << "a place is given back";
  EXPECT_EQ(census_.total(), 1U);
}

TEST_F(ConnectionCensusTest, CountsEachAddressByItself) {
  census_.SetLimits({.total = 100, .per_address = 1});
  const Place one = EnterFrom("192.0.2.1");
  const Place other = EnterFrom("192.0.2.2");
  Place more = Enter();
  EXPECT_EQ(more.Claim(Address("192.0.2.1")), RefusalCause::kAddressConnections);
}

TEST_F(ConnectionCensusTest, CountsANetworkOfIpv6AsOneAddress) {
  census_.SetLimits({.total = 100, .per_address = 1});
  const Place one = EnterFrom("2001:db8:0:1::1");
  const Place other = EnterFrom("2001:db8:0:2::1");
  Place more = Enter();
  EXPECT_EQ(more.Claim(Address("2001:db8:0:1:ffff::2")), RefusalCause::kAddressConnections);
}

TEST_F(ConnectionCensusTest, LetsAQuarterOfAnAddressBeInItsHandshakes) {
  std::vector<Place> places;
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(places.emplace_back(Enter()).Claim(Address("192.0.2.1")), std::nullopt) << i;
  }
  Place more = Enter();
  EXPECT_EQ(more.Claim(Address("192.0.2.1")), RefusalCause::kAddressHandshakes);
  EXPECT_EQ(more.Claim(Address("192.0.2.2")), std::nullopt);
  places.front().EndHandshake();
  EXPECT_EQ(Enter().Claim(Address("192.0.2.1")), std::nullopt);
}

TEST_F(ConnectionCensusTest, ForgetsAConnectionWhereverItEnded) {
  {
    std::vector<Place> places;
    places.reserve(21);
    for (int i = 0; i < 10; ++i) places.push_back(EnterFrom("192.0.2.1"));
    for (int i = 0; i < 10; ++i) {
      ASSERT_EQ(places.emplace_back(Enter()).Claim(Address("192.0.2.1")), std::nullopt);
    }
    places.push_back(Enter());  // ended before its address was known
  }
  EXPECT_EQ(census_.total(), 0U);
  census_.SetLimits({.total = 100, .per_address = 1});
  EXPECT_EQ(Enter().Claim(Address("192.0.2.1")), std::nullopt);
}

}  // namespace
}  // namespace rtcroom
