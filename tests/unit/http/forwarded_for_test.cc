#include "daemon/http/forwarded_for.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

// Proxies have addresses in 10.0.0.0/8 and fd00::/8; clients have others.
std::string ClientOf(std::string_view peer, std::string_view forwarded_for) {
  const std::vector<std::string> proxies = {"10.0.0.0/8", "fd00::/8"};
  return ClientAddress(IpAddress::Parse(peer).value(), forwarded_for,
                       AddressRanges::Parse(proxies).value())
      .ToText();
}

struct ForwardedCase {
  std::string_view forwarded_for;
  std::string_view client;
};

void ExpectFromProxy(std::initializer_list<ForwardedCase> cases) {
  for (const ForwardedCase& expected : cases) {
    EXPECT_EQ(ClientOf("10.0.0.1", expected.forwarded_for), expected.client)
        << '"' << expected.forwarded_for << '"';
  }
}

TEST(ForwardedFor, IsIgnoredFromUntrustedPeers) {
  EXPECT_EQ(ClientOf("203.0.113.9", "198.51.100.1"), "203.0.113.9");
  EXPECT_EQ(ClientOf("203.0.113.9", "10.0.0.7"), "203.0.113.9");
  EXPECT_EQ(ClientAddress(IpAddress::Parse("10.0.0.1").value(), "198.51.100.1", AddressRanges()),
            IpAddress::Parse("10.0.0.1"));
}

TEST(ForwardedFor, YieldsTheRightmostUntrustedAddress) {
  ExpectFromProxy({{"198.51.100.1", "198.51.100.1"},
                   {"198.51.100.1, 10.0.0.2", "198.51.100.1"},
                   {"198.51.100.1,10.0.0.2,10.0.0.3", "198.51.100.1"},
                   {"198.51.100.1, fd00::1", "198.51.100.1"},
                   {"2001:db8::1, 10.0.0.2", "2001:db8::1"}});
  EXPECT_EQ(ClientOf("::ffff:10.0.0.1", "198.51.100.1"), "198.51.100.1");
}

TEST(ForwardedFor, IgnoresEntriesAddedByTheClient) {
  ExpectFromProxy({{"1.1.1.1, 198.51.100.1", "198.51.100.1"},
                   {"10.0.0.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
                   {"garbage, 198.51.100.1", "198.51.100.1"}});
}

TEST(ForwardedFor, YieldsTheLeftmostIfAllAreTrusted) {
  ExpectFromProxy({{"10.0.0.3", "10.0.0.3"}, {"10.0.0.4, 10.0.0.3, fd00::1", "10.0.0.4"}});
}

TEST(ForwardedFor, YieldsTheHopBeforeAnInvalidEntry) {
  ExpectFromProxy({{"", "10.0.0.1"},
                   {" ", "10.0.0.1"},
                   {",", "10.0.0.1"},
                   {"unknown", "10.0.0.1"},
                   {"198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"},
                   {"198.51.100.1, _hidden, 10.0.0.2", "10.0.0.2"},
                   {"198.51.100.1 10.0.0.2", "10.0.0.1"},
                   {"198.51.100.1;10.0.0.2", "10.0.0.1"},
                   {"\"198.51.100.1\"", "10.0.0.1"}});
}

TEST(ForwardedFor, MayHaveEmptyEntries) {
  ExpectFromProxy({{"198.51.100.1,", "198.51.100.1"},
                   {"198.51.100.1, ,\t, 10.0.0.2,", "198.51.100.1"},
                   {",10.0.0.2", "10.0.0.2"},
                   {",unknown,", "10.0.0.1"}});
}

TEST(ForwardedFor, MayContainPortsAndBlanks) {
  ExpectFromProxy({{"198.51.100.1:567", "198.51.100.1"},
                   {"[2001:db8::1]:567", "2001:db8::1"},
                   {"[2001:db8::1]", "2001:db8::1"},
                   {" \t198.51.100.1 , 10.0.0.2\t", "198.51.100.1"},
                   {"198.51.100.1:1,10.0.0.2:2", "198.51.100.1"},
                   {"[::ffff:198.51.100.1]:1", "198.51.100.1"}});
}

TEST(ForwardedFor, RejectsOtherSuffixes) {
  ExpectFromProxy({{"198.51.100.1:", "10.0.0.1"},
                   {"198.51.100.1:65536", "10.0.0.1"},
                   {"198.51.100.1:http", "10.0.0.1"},
                   {"[2001:db8::1", "10.0.0.1"},
                   {"[2001:db8::1]567", "10.0.0.1"},
                   {"[2001:db8::1]:", "10.0.0.1"},
                   {"[]", "10.0.0.1"},
                   {"[", "10.0.0.1"},
                   {":1", "10.0.0.1"}});
}

TEST(ForwardedFor, IsReadUpToABound) {
  std::string at_bound = "198.51.100.1";
  for (std::size_t hops = 1; hops < kMaxForwardedHops; ++hops) at_bound += ", 10.0.0.2";
  ExpectFromProxy({{at_bound, "198.51.100.1"}, {at_bound + ", 10.0.0.2", "10.0.0.2"}});
}

}  // namespace
}  // namespace rtcroom
