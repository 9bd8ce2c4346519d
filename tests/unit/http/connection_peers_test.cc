// The peers that connections are accepted from, and the addresses that they count towards.
#include <chrono>
#include <latch>
#include <string>
#include <vector>

#include "tests/unit/http/edge_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class ConnectionPeersTest : public EdgeTest {};

TEST_F(ConnectionPeersTest, RefusesConnectionsBeyondTheTotalLimit) {
  limiter_.SetLimits({.total = 2, .per_address = 10});
  Serve(Describe);
  const RawClient one(address());
  const RawClient two(address());
  ASSERT_TRUE(Eventually([&] { return counts_.opened == 2; }));
  EXPECT_EQ(RawClient(address()).ReceiveAll(), "");
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kConnections));
}

TEST_F(ConnectionPeersTest, ReplacesTheConnectionThatIsIdleForLongest) {
  limiter_.SetLimits({.total = 2, .per_address = 10});
  Serve(Describe, {.connections = {.replaces_idle = true}}, {.loops = 1});
  const auto ask = [](RawClient& client) {
    client.Send(RawPost("/inline", ""));
    return client.Receive().status;
  };
  RawClient used(address());
  ASSERT_TRUE(Eventually([&] { return counts_.opened == 1; }));
  RawClient idle(address());
  ASSERT_TRUE(Eventually([&] { return counts_.opened == 2; }));
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(ask(used), 200);
  RawClient fresh(address());
  EXPECT_EQ(ask(fresh), 200);
  EXPECT_EQ(idle.ReceiveAll(), "");
  EXPECT_EQ(ask(used), 200);
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kConnections));
}

TEST_F(ConnectionPeersTest, ReplacesNoConnectionThatIsBeingAnswered) {
  limiter_.SetLimits({.total = 1, .per_address = 10});
  std::latch entered(1);
  std::latch may_answer(1);
  Serve(
      [&](const HttpRequest& request) {
        entered.count_down();
        may_answer.wait();
        return Describe(request);
      },
      {.connections = {.replaces_idle = true}}, {.loops = 1});
  RawClient busy(address());
  busy.Send(RawPost("/slow", ""));
  entered.wait();
  EXPECT_EQ(RawClient(address()).ReceiveAll(), "");
  may_answer.count_down();
  EXPECT_EQ(busy.Receive().status, 200);
}

TEST_F(ConnectionPeersTest, RefusesConnectionsBeyondTheAddressLimit) {
  limiter_.SetLimits({.total = 10, .per_address = 2});
  Serve(Describe);
  {
    const RawClient one(address());
    const RawClient two(address());
    ASSERT_TRUE(Eventually([&] { return counts_.opened == 2; }));
    EXPECT_EQ(RawClient(address()).ReceiveAll(), "");
    EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kAddressConnections));
  }
  ASSERT_TRUE(Eventually([&] { return limiter_.total() == 0; })) << "slots are released";
  RawClient again(address());
  again.Send(RawPost("/inline", ""));
  EXPECT_EQ(again.Receive().status, 200);
}

TEST_F(ConnectionPeersTest, UsesForwardedForOnlyFromTrustedProxies) {
  const std::string request = RawPost("/inline", "", "X-Forwarded-For: 6.6.6.6, 7.7.7.7\r\n");
  Serve(Describe);
  RawClient stranger(address());
  stranger.Send(request);
  EXPECT_THAT(stranger.Receive().body, HasSubstr("from 127.0.0.1 "));

  server_.reset();
  const std::vector<std::string> trusted = {"127.0.0.0/8"};
  Serve(Describe, {.connections = {.trusted_proxies = *AddressRanges::Parse(trusted)}});
  RawClient proxy(address());
  proxy.Send(request);
  EXPECT_THAT(proxy.Receive().body, HasSubstr("from 7.7.7.7 "));
}

std::string ProxyHeaderOf127008() {
  return std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x08\x7f\0\0\x01\0\x50\0\x50", 28);
}

TEST_F(ConnectionPeersTest, ReadsTheClientAddressFromAProxyHeader) {
  Serve(Describe, {.connections = {.proxy_protocol = true}});
  RawClient client(address());
  client.Send(ProxyHeaderOf127008() + RawPost("/inline", ""));
  EXPECT_THAT(client.Receive().body, HasSubstr("from 127.0.0.8 "));
}

TEST_F(ConnectionPeersTest, ClosesConnectionsWithoutARequiredProxyHeader) {
  Serve(Describe, {.connections = {.proxy_protocol = true}});
  RawClient client(address());
  client.Send(RawPost("/inline", ""));
  EXPECT_EQ(client.ReceiveAll(), "");
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kProxyHeader));
}

TEST_F(ConnectionPeersTest, LogsWhatIsWrongWithAProxyHeader) {
  const auto log_of = [this](std::string_view bytes) {
    Serve(Describe, {.connections = {.proxy_protocol = true}});
    const std::size_t before = Log().size();
    RawClient client(address());
    client.Send(bytes);
    EXPECT_EQ(client.ReceiveAll(), "");
    return Log().substr(before);
  };
  EXPECT_THAT(log_of("PROXY TCP4 1.2.3.4 127.0.0.1 1 2\r\n"),
              AllOf(HasSubstr("proxy_header_refused"), HasSubstr("peer=127.0.0.1"),
                    HasSubstr("of version 1: set the proxy to version 2")));
  EXPECT_THAT(log_of(RawPost("/inline", "")), HasSubstr("no PROXY header"));
  EXPECT_THAT(log_of(std::string("\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c", 16)),
              HasSubstr("PROXY header malformed"));
}

TEST_F(ConnectionPeersTest, AcceptsProxyHeadersOnlyFromTrustedProxies) {
  const std::vector<std::string> trusted = {"10.0.0.0/8"};
  Serve(Describe, {.connections = {.trusted_proxies = *AddressRanges::Parse(trusted),
                                   .proxy_protocol = true}});
  RawClient client(address());
  client.Send(ProxyHeaderOf127008() + RawPost("/inline", ""));
  EXPECT_EQ(client.ReceiveAll(), "");
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kUntrustedPeer));
}

}  // namespace
}  // namespace rtcroom
