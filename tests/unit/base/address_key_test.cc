#include "daemon/base/address_key.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(AddressKey, IsAnIpv4AddressItself) {
  EXPECT_EQ(AddressKey("192.0.2.1"), "192.0.2.1");
  EXPECT_NE(AddressKey("192.0.2.1"), AddressKey("192.0.2.2"));
}

TEST(AddressKey, IsTheIpv4AddressOfAMappedOne) {
  EXPECT_EQ(AddressKey("::ffff:192.0.2.1"), "192.0.2.1");
}

TEST(AddressKey, IsTheFirst64BitsOfAnIpv6Address) {
  const std::vector<std::pair<std::string, std::string>> keys = {
      {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2"},
      {"2001:db8:1:2::", "2001:db8:1:2"},
      {"2001:db8:1:2::6", "2001:db8:1:2"},
      {"2001:db8:1::5:6", "2001:db8:1:0"},
      {"2001:db8::", "2001:db8:0:0"},
      {"2001:db8::1", "2001:db8:0:0"},
      {"2001:db8::3:4:5:6", "2001:db8:0:0"},
      {"2001::2:3:4:5:6", "2001:0:0:2"},  // two groups omitted: the fourth is after the gap
      {"::2:3:4:5:6:7", "0:0:2:3"},
      {"::1", "0:0:0:0"},
      {"::", "0:0:0:0"},
      {"::192.0.2.1", "0:0:0:0"},
      {"1:2:3:4:5:6:7::", "1:2:3:4"},
      {"fe80::1%eth0", "fe80:0:0:0"},
      {"64:ff9b::c000:201", "64:ff9b:0:0"},
  };
  for (const auto& [address, key] : keys) EXPECT_EQ(AddressKey(address), key) << address;
}

// One /64 has many notations: without a gap, and with the gap in different places.
TEST(AddressKey, IgnoresTheNotationOfTheHostPart) {
  EXPECT_EQ(AddressKey("2001:db8::1:0:0:5"), AddressKey("2001:db8::9"));
  EXPECT_EQ(AddressKey("2001:db8:0:0:1::"), AddressKey("2001:db8::9"));
  EXPECT_NE(AddressKey("2001:db8:0:1::"), AddressKey("2001:db8::9"));
}

TEST(AddressKey, AcceptsAnyText) {
  const std::vector<std::string> texts = {
      "",   ":",        ":::",        "::::::::::::",           "1:2:3:4:5:6:7:8:9:10", "a::b::c",
      ".:", "::ffff:.", "::1.2.3.4:", std::string(10'000, ':'), std::string("\0:\0", 3)};
  for (const std::string& text : texts) EXPECT_EQ(AddressKey(text), AddressKey(text));
  EXPECT_EQ(AddressKey("unknown"), "unknown");
}

}  // namespace
}  // namespace rtcroom
