#include "daemon/http/proxy_header.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

// NOLINTNEXTLINE(google-build-using-namespace): texts with zero bytes
using namespace std::string_literals;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string kV4Block = "\xc6\x33\x64\x01\x0a\x00\x00\x01\xd4\x31\x01\xbb"s;
const std::string kV6Block =
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"s
    "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"s
    "\xd4\x31\x01\xbb"s;

std::string Header(unsigned version_command, unsigned family_transport, const std::string& block) {
  return kSignature + static_cast<char>(version_command) + static_cast<char>(family_transport) +
         static_cast<char>(block.size() >> 8U) + static_cast<char>(block.size() & 0xffU) + block;
}

struct HeaderCase {
  std::string name;
  std::string bytes;
  std::optional<IpAddress> client = {};
};
std::ostream& operator<<(std::ostream& out, const HeaderCase& shown) { return out << shown.name; }

std::vector<HeaderCase> ValidCases() {
  const auto v4 = IpAddress::Parse("198.51.100.1");
  const auto v6 = IpAddress::Parse("2001:db8::1");
  return {
      {"TcpOverV4", Header(0x21, 0x11, kV4Block), v4},
      {"TcpOverV6", Header(0x21, 0x21, kV6Block), v6},
      {"TcpOverV4WithFields",
       Header(0x21, 0x11,
              kV4Block + "\x04\x00\x03"
                         "abc"s),
       v4},
      {"TcpOverV6WithFields", Header(0x21, 0x21, kV6Block + std::string(300, '\x04')), v6},
      {"InvalidFields", Header(0x21, 0x11, kV4Block + "\xff\xff"), v4},
      {"MaximumLength", Header(0x21, 0x11, kV4Block + std::string(536 - 28, '\0')), v4},
      {"LocalWithoutAddresses", Header(0x20, 0x00, "")},
      {"LocalWithAddresses", Header(0x20, 0x11, kV4Block)},
      {"LocalOfAnUnknownFamily", Header(0x20, 0xff, "abc")},
      {"Unspecified", Header(0x21, 0x00, "")},
      {"UnspecifiedWithBytes", Header(0x21, 0x00, kV4Block)},
      {"UnspecifiedTransportOverV4", Header(0x21, 0x10, kV4Block)},
      {"UnspecifiedFamilyOfAStream", Header(0x21, 0x01, kV4Block)},
      {"UdpOverV4", Header(0x21, 0x12, kV4Block)},
      {"UdpOverV6", Header(0x21, 0x22, kV6Block)},
      {"UnixStream", Header(0x21, 0x31, std::string(216, 'a'))},
      {"UnixDatagram", Header(0x21, 0x32, std::string(216, 'a'))},
  };
}

class ValidProxyHeader : public testing::TestWithParam<HeaderCase> {};

TEST_P(ValidProxyHeader, YieldsTheClientAndItsSize) {
  const HeaderCase& given = GetParam();
  const ProxyHeader expected = {.progress = ProxyHeader::Progress::kComplete,
                                .size = given.bytes.size(),
                                .client = given.client};
  EXPECT_EQ(ReadProxyHeader(given.bytes), expected);
}

TEST_P(ValidProxyHeader, IgnoresFollowingBytes) {
  const HeaderCase& given = GetParam();
  EXPECT_EQ(ReadProxyHeader(given.bytes + "\x16\x03\x01"), ReadProxyHeader(given.bytes));
  EXPECT_EQ(ReadProxyHeader(given.bytes + given.bytes), ReadProxyHeader(given.bytes));
}

// A caller that reads the requested number of bytes never reads past the header, and terminates.
TEST_P(ValidProxyHeader, RequestsOnlyItsMissingBytes) {
  const std::string& whole = GetParam().bytes;
  for (std::size_t count = 0; count < whole.size(); ++count) {
    const ProxyHeader header = ReadProxyHeader(std::string_view(whole).substr(0, count));
    EXPECT_EQ(header.progress, ProxyHeader::Progress::kNeedMore) << count;
    EXPECT_EQ(header.size, count < 16 ? 16 : whole.size()) << count;
    EXPECT_EQ(header.client, std::nullopt) << count;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ValidProxyHeader, testing::ValuesIn(ValidCases()),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(ProxyHeader, IsInvalidInTheCasesOfTheSpecification) {
  const std::vector<HeaderCase> cases = {
      {"Version1", "PROXY TCP4 198.51.100.1 10.0.0.1 54321 443\r\n"},
      {"AnHttpRequest", "GET / HTTP/1.1\r\n\r\n"},
      {"ATlsHello", "\x16\x03\x01\x02\x00\x01\x00"s},
      {"VersionOne", Header(0x11, 0x11, kV4Block)},
      {"VersionThree", Header(0x31, 0x11, kV4Block)},
      {"AnUnknownCommand", Header(0x22, 0x11, kV4Block)},
      {"AnUnknownFamily", Header(0x21, 0x41, kV4Block)},
      {"AnUnknownTransport", Header(0x21, 0x13, kV4Block)},
      {"AShortV4Block", Header(0x21, 0x11, kV4Block.substr(1))},
      {"AShortV6Block", Header(0x21, 0x21, kV6Block.substr(1))},
      {"NoBlock", Header(0x21, 0x11, "")},
      {"BeyondTheBound", Header(0x21, 0x11, kV4Block + std::string(536 - 27, '\0'))},
      {"LongestPossible", Header(0x20, 0x00, std::string(65535, '\0'))},
  };
  for (const HeaderCase& given : cases)
    EXPECT_EQ(ReadProxyHeader(given.bytes), ProxyHeader()) << given;
}

// The reader does not wait for more bytes when the prefix is already invalid.
TEST(ProxyHeader, IsInvalidFromTheFirstWrongByteOfItsSignature) {
  for (std::size_t index = 0; index < kSignature.size(); ++index) {
    std::string bytes = kSignature.substr(0, index + 1);
    bytes.back() = static_cast<char>(bytes.back() ^ 0x20);
    EXPECT_EQ(ReadProxyHeader(bytes).progress, ProxyHeader::Progress::kInvalid) << index;
  }
}

TEST(ProxyHeader, WithATooLongBlockIsInvalidBeforeTheBlockArrives) {
  const std::string whole = Header(0x21, 0x11, kV4Block + std::string(1000, '\0'));
  EXPECT_EQ(ReadProxyHeader(whole.substr(0, 15)).progress, ProxyHeader::Progress::kNeedMore);
  EXPECT_EQ(ReadProxyHeader(whole.substr(0, 16)).progress, ProxyHeader::Progress::kInvalid);
}

// Bytes of an exact size on the heap, so that AddressSanitizer detects a read past the end.
void ExpectSoundAnswer(const std::vector<char>& bytes) {
  const ProxyHeader header = ReadProxyHeader({bytes.data(), bytes.size()});
  switch (header.progress) {
    case ProxyHeader::Progress::kNeedMore:
      EXPECT_GT(header.size, bytes.size());
      break;
    case ProxyHeader::Progress::kComplete:
      EXPECT_LE(header.size, bytes.size());
      EXPECT_GE(header.size, 16u);
      break;
    case ProxyHeader::Progress::kInvalid:
      EXPECT_EQ(header.size, 0u);
      break;
  }
  EXPECT_LE(header.size, kMaxProxyHeaderBytes);
}

TEST(ProxyHeader, IsParsedWithinBoundsFromRandomBytes) {
  std::mt19937 random(20240501);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<char> bytes(random() % 80);
    std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
    // Half of the inputs have a valid signature, and half of those a valid version as well.
    if (round % 2 == 0) {
      std::ranges::copy_n(kSignature.begin(),
                          static_cast<std::ptrdiff_t>(std::min(bytes.size(), kSignature.size())),
                          bytes.begin());
    }
    if (round % 4 == 0 && bytes.size() >= 16) {
      bytes[12] = static_cast<char>(0x20 + random() % 2);
      bytes[14] = static_cast<char>(random() % 3);
    }
    ExpectSoundAnswer(bytes);
  }
}

}  // namespace
}  // namespace rtcroom
