#include "daemon/base/address_range.h"

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

bool Contains(std::string_view range, std::string_view address) {
  return AddressRange::Parse(range).value().Contains(IpAddress::Parse(address).value());
}

TEST(AddressRange, ContainsOnlyItselfForASingleAddress) {
  EXPECT_TRUE(Contains("10.0.0.1", "10.0.0.1"));
  EXPECT_TRUE(Contains("10.0.0.1", "::ffff:10.0.0.1"));
  EXPECT_FALSE(Contains("10.0.0.1", "10.0.0.2"));
  EXPECT_TRUE(Contains("::1", "0:0::1"));
  EXPECT_EQ(AddressRange::Parse("10.0.0.1"), AddressRange::Parse("10.0.0.1/32"));
  EXPECT_EQ(AddressRange::Parse("::1"), AddressRange::Parse("::1/128"));
}

TEST(AddressRange, ContainsAddressesWithItsPrefix) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(Contains("192.0.2.128/25", "192.0.2.128"));
  EXPECT_FALSE(Contains("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(Contains("fd00::/8", "fdff::1"));
  EXPECT_FALSE(Contains("fd00::/8", "fe00::1"));
  EXPECT_TRUE(Contains("::ffff:10.0.0.0/104", "10.1.1.1"));
}

TEST(AddressRange, ContainsOneAddressFamilyOnly) {
  EXPECT_TRUE(Contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(Contains("::/0", "2001:db8::1"));
  EXPECT_FALSE(Contains("::/0", "203.0.113.9"));
}

TEST(AddressRange, RejectsInvalidText) {
  for (const std::string_view text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8",
        "10.0.0.0 /8", "10.0.0.0/ 8", "10.0.0.0/255.0.0.0", "10/8", "fd00::/129", "[fd00::]/8",
        "10.0.0.0/99999999999999999999", "10.0.0.0/4294967200", "proxy.example.com", "*",
        "unix:/run/proxy.sock"}) {
    EXPECT_EQ(AddressRange::Parse(text), std::nullopt) << text;
  }
}

TEST(AddressRange, RejectsBitsAfterThePrefix) {
  for (const std::string_view text : {"10.0.0.1/8", "192.0.2.64/25", "fd00::1/8", "::1/0"}) {
    EXPECT_EQ(AddressRange::Parse(text), std::nullopt) << text;
  }
}

TEST(AddressRanges, ContainTheAddressesOfEachRange) {
  const std::vector<std::string> texts = {"127.0.0.1", "fd00::/8"};
  const AddressRanges ranges = AddressRanges::Parse(texts).value();
  EXPECT_FALSE(ranges.empty());
  EXPECT_TRUE(ranges.Contains(IpAddress::Parse("127.0.0.1").value()));
  EXPECT_TRUE(ranges.Contains(IpAddress::Parse("fd12::1").value()));
  EXPECT_FALSE(ranges.Contains(IpAddress::Parse("127.0.0.2").value()));
}

TEST(AddressRanges, AreEmptyByDefault) {
  EXPECT_TRUE(AddressRanges().empty());
  EXPECT_FALSE(AddressRanges().Contains(IpAddress()));
  EXPECT_TRUE(AddressRanges::Parse({}).value().empty());
}

TEST(AddressRanges, AreRejectedIfOneIsInvalid) {
  const std::vector<std::string> texts = {"127.0.0.1", "localhost"};
  EXPECT_FALSE(AddressRanges::Parse(texts).has_value());
}

}  // namespace
}  // namespace rtcroom
