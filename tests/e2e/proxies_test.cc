// The client's address behind a proxy.
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): of bytes with NUL

constexpr std::size_t kProxiedBurst = 10;

/// The tokens used up by a request show the address that it counts for.
Settings FewTokens(const Settings& more) {
  Settings settings = {{"limits.per_address_rate", "1/s"},
                       {"limits.per_address_burst", kProxiedBurst}};
  for (const auto& [key, value] : more) settings[key] = value;
  return settings;
}

ApiReply ListFor(ApiClient& client, const std::string& forwarded_for) {
  return client.Send({.target = "/weapp/double_room/get_room_list",
                      .body = R"({"index":0,"cnt":1})",
                      .headers = {{"X-Forwarded-For", forwarded_for}}});
}

/// Calls until it is refused. A token is refilled every second, on a stalled machine even between
/// two calls.
/// @return the number of calls answered with code 0.
std::size_t CallUntilRefused(ApiClient& client, const std::string& forwarded_for) {
  std::size_t answered = 0;
  while (answered < 10 * kProxiedBurst) {
    if (ListFor(client, forwarded_for).code() == kInternalFailure) return answered;
    ++answered;
  }
  ADD_FAILURE() << "never refused: " << forwarded_for;
  return answered;
}

TEST(ForwardedFor, IdentifiesTheClientOfATrustedProxy) {
  const ServerProcess server(
      {.settings = FewTokens({{"server.trusted_proxies", {"127.0.0.0/8", "10.9.0.0/16"}}})});
  ApiClient proxy = server.Http();
  EXPECT_GE(CallUntilRefused(proxy, "192.0.2.1"), kProxiedBurst);
  EXPECT_EQ(ListFor(proxy, "192.0.2.2").code(), kOk) << "another client";
  EXPECT_EQ(ListFor(proxy, "2001:db8::1").code(), kOk);
  // The last untrusted hop is the client; addresses claimed by it do not count.
  EXPECT_LT(CallUntilRefused(proxy, "198.51.100.7, 192.0.2.1"), kProxiedBurst);
  EXPECT_LT(CallUntilRefused(proxy, "198.51.100.7, 192.0.2.1, 10.9.8.7"), kProxiedBurst);
}

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

/// A header for a client 192.0.2.<number>.
/// @source "The PROXY protocol", section 2.2.
std::string ProxyHeaderOf(char number) {
  return std::string(kSignature) + "\x21\x11\0\x0c\xc0\0\2"s + number +
         "\x7f\0\0\1\x30\x39\x01\xbb"s;
}

std::string List(std::string_view headers = {}) {
  return RawPost("/weapp/double_room/get_room_list", R"({"index":0,"cnt":1})", headers);
}

class ProxyProtocol : public testing::Test {
 protected:
  /// The code of one reply to a client at that address.
  int CodeFor(char number) {
    RawClient client(server_.AddressOf("http"));
    client.Send(ProxyHeaderOf(number) + List());
    return client.Receive().code();
  }

  ServerProcess server_{{.settings = FewTokens({{"server.proxy_protocol", true},
                                                {"server.trusted_proxies", {"127.0.0.1"}}})}};
};

TEST_F(ProxyProtocol, IdentifiesTheClient) {
  int code = kOk;
  for (std::size_t i = 0; i < 10 * kProxiedBurst && code == kOk; ++i) code = CodeFor('\1');
  EXPECT_EQ(code, kInternalFailure);
  EXPECT_EQ(CodeFor('\2'), kOk) << "another client of the same proxy";
}

TEST_F(ProxyProtocol, AcceptsAHeaderInPieces) {
  RawClient client(server_.AddressOf("http"));
  for (const char byte : ProxyHeaderOf('\3')) client.Send(std::string_view(&byte, 1));
  client.Send(List());
  EXPECT_EQ(client.Receive().code(), kOk);
  client.Send(List());
  EXPECT_EQ(client.Receive().code(), kOk) << "the header is sent once per connection";
}

TEST_F(ProxyProtocol, PrecedesTls) {
  RawClient client(server_.AddressOf("https"),
                   {.trusted = server_.certificate(), .preface = ProxyHeaderOf('\4')});
  client.Send(List());
  EXPECT_EQ(client.Receive().code(), kOk);
}

TEST_F(ProxyProtocol, AllowsCallsOfTheProxyItself) {
  RawClient client(server_.AddressOf("http"));
  client.Send(std::string(kSignature) + "\x20\x00\0\0"s + List());
  EXPECT_EQ(client.Receive().code(), kOk) << "a health check";
}

}  // namespace
}  // namespace rtcroom
