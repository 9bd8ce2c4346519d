#include "daemon/base/ip_address.h"

#include <string>
#include <unordered_set>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace rtcroom {
namespace {

IpAddress Address(std::string_view text) { return IpAddress::Parse(text).value(); }

sockaddr_storage SocketAddress(int family, std::string_view bytes) {
  sockaddr_storage storage{};
  storage.ss_family = static_cast<sa_family_t>(family);
  const std::size_t offset =
      family == AF_INET ? offsetof(sockaddr_in, sin_addr) : offsetof(sockaddr_in6, sin6_addr);
  bytes.copy(reinterpret_cast<char*>(&storage) + offset, bytes.size());
  return storage;
}

TEST(IpAddress, IsWrittenInItsShortestForm) {
  EXPECT_EQ(Address("192.0.2.1").ToText(), "192.0.2.1");
  EXPECT_EQ(Address("2001:DB8:0:0:0:0:0:1").ToText(), "2001:db8::1");
  EXPECT_EQ(Address("::").ToText(), "::");
  EXPECT_EQ(IpAddress().ToText(), "::");
}

TEST(IpAddress, RejectsInvalidText) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "1.2.3"sv, "1.2.3.256"sv, "01.2.3.4"sv, "1.2.3.4 "sv, " 1.2.3.4"sv, "1.2.3.4:5"sv,
        "[::1]"sv, "fe80::1%eth0"sv, ":::"sv, "localhost"sv, "1.2.3.4\0"sv, "0x7f.1"sv,
        "2001:0db8:0000:0000:0000:0000:0000:0001:00000000000000000000000"sv}) {
    EXPECT_EQ(IpAddress::Parse(text), std::nullopt) << text;
  }
}

TEST(IpAddress, IsV4InItsMappedFormToo) {
  EXPECT_EQ(Address("::ffff:192.0.2.1"), Address("192.0.2.1"));
  EXPECT_TRUE(Address("::ffff:c000:201").IsV4());
  EXPECT_EQ(Address("::ffff:192.0.2.1").ToText(), "192.0.2.1");
  EXPECT_FALSE(Address("::192.0.2.1").IsV4());
}

TEST(IpAddress, IsReadFromSockaddrOfBothFamilies) {
  using namespace std::string_view_literals;
  EXPECT_EQ(IpAddress::FromSockaddr(SocketAddress(AF_INET, "\xc0\x00\x02\x01"sv)),
            Address("192.0.2.1"));
  EXPECT_EQ(IpAddress::FromSockaddr(
                SocketAddress(AF_INET6, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"sv)),
            Address("2001:db8::1"));
  EXPECT_EQ(
      IpAddress::FromSockaddr(SocketAddress(AF_INET6, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1"sv)),
      Address("192.0.2.1"));
  EXPECT_EQ(IpAddress::FromSockaddr(SocketAddress(AF_UNIX, "")), std::nullopt);
}

TEST(IpAddress, KeepsItsFirstBits) {
  const IpAddress all = Address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_EQ(all.Prefix(0), Address("::"));
  EXPECT_EQ(all.Prefix(3), Address("e000::"));
  EXPECT_EQ(all.Prefix(64), Address("ffff:ffff:ffff:ffff::"));
  EXPECT_EQ(all.Prefix(127), Address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"));
  EXPECT_EQ(all.Prefix(128), all);
  EXPECT_EQ(Address("255.255.255.255").Prefix(IpAddress::kBitsBeforeV4 + 9),
            Address("255.128.0.0"));
}

TEST(IpAddress, GroupsAnIpv6NetworkAsOneClient) {
  EXPECT_EQ(Address("2001:db8:1:2:aaaa::1").NetworkKey(),
            Address("2001:db8:1:2:bbbb::2").NetworkKey());
  EXPECT_NE(Address("2001:db8:1:2::1").NetworkKey(), Address("2001:db8:1:3::1").NetworkKey());
  EXPECT_NE(Address("192.0.2.1").NetworkKey(), Address("192.0.2.2").NetworkKey());
  EXPECT_EQ(Address("192.0.2.1").NetworkKey(), Address("192.0.2.1"));
}

TEST(IpAddress, IsAKeyOfHashedContainers) {
  const std::unordered_set<IpAddress> set = {Address("192.0.2.1"), Address("::ffff:192.0.2.1"),
                                             Address("::1"), Address("0::1"), Address("::2")};
  EXPECT_EQ(set.size(), 3u);
}

TEST(Port, IsANumberOfSixteenBits) {
  EXPECT_EQ(ParsePort("0"), 0);
  EXPECT_EQ(ParsePort("65535"), 65535);
  for (const std::string_view text : {"", "65536", "-1", "+1", " 1", "1 ", "0x1", "http"}) {
    EXPECT_EQ(ParsePort(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace rtcroom
