// Input of a TLS port that is not a handshake.
#include <string>
#include <string_view>

#include "tests/e2e/hostile_requests.h"

namespace rtcroom {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): of bytes with NUL

std::string TwoBytes(std::size_t number) {
  constexpr std::size_t kByte = 256;
  return {static_cast<char>(number / kByte % kByte), static_cast<char>(number % kByte)};
}

/// @source RFC 8446 5.1.
std::string Record(char type, std::string_view version, const std::string& content) {
  return type + std::string(version) + TwoBytes(content.size()) + content;
}

/// A ClientHello without extensions, as clients of the old versions sent it.
/// @source RFC 5246 7.4.1.2.
std::string Hello(std::string_view version, const std::string& ciphers) {
  const std::string content = std::string(version) + std::string(32, 'r') + "\0"s +
                              TwoBytes(ciphers.size()) + ciphers + "\1\0"s;
  return Record('\x16', "\3\1", "\1\0"s + TwoBytes(content.size()) + content);
}

}  // namespace

std::vector<HostileHello> HostileHellos() {
  const std::string old_ciphers = "\xc0\x13\xc0\x09\x00\x2f\x00\x35\x00\x0a"s;
  return {
      {"plain HTTP", GoodRequest()},
      {"plain GET", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"plain words", "hello, server, are you there? is this the right port for me?\r\n"},
      {"NULs", std::string(2000, '\0')},
      {"ones", std::string(2000, '\xff')},
      {"PROXY, version 1", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + GoodRequest()},
      {"PROXY, version 2", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\1\x0a\0\0\2\0\1\0\2"s},
      {"SSL 2", "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10"s + std::string(37, 's')},
      {"SSL 3", Hello("\3\0"s, old_ciphers)},
      {"TLS 1.0", Hello("\3\1"s, old_ciphers)},
      {"TLS 1.1", Hello("\3\2"s, old_ciphers)},
      {"TLS 1.2 without forward secrecy", Hello("\3\3"s, "\x00\x9c\x00\x2f\x00\x35"s)},
      {"TLS 1.2 without encryption", Hello("\3\3"s, "\x00\x3b\x00\x02"s)},
      {"TLS 1.2 without ciphers", Hello("\3\3"s, "")},
      {"a record of an unknown type", Record('\x63', "\3\3", std::string(50, 'x'))},
      {"a record of an unknown version", Record('\x16', "\x09\x09", std::string(50, 'x'))},
      {"a record that is too long", "\x16\3\1\xff\xff"s + std::string(200, 'x')},
      {"an empty record", Record('\x16', "\3\1", "") + Record('\x16', "\3\1", std::string(8, 'x'))},
      {"data before a handshake", Record('\x17', "\3\3", std::string(50, 'x'))},
      {"an alert before a handshake", Record('\x15', "\3\3", "\2\x28"s)},
      {"a heartbeat that asks for too much", Record('\x18', "\3\2", "\1\x40\0"s)},
      {"a reply instead of a hello", Record('\x16', "\3\3", "\2\0\0\x26"s + std::string(38, 'x'))},
      {"a handshake of an unknown kind", Record('\x16', "\3\3", "\x63\0\0\4xxxx"s)},
      {"a hello whose lengths disagree",
       Record('\x16', "\3\1",
              "\1\0\0\x30\3\3"s + std::string(32, 'r') + "\xff" + std::string(13, 'x'))},
      {"a hello of 16 MB", Record('\x16', "\3\1", "\1\xff\xff\xff\3\3"s + std::string(200, 'r'))},
  };
}

}  // namespace rtcroom
