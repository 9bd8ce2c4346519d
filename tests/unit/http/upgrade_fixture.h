// A server whose clients connect over plain HTTP or over TLS, and upgrade their connections.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/http/tls_settings.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_certificate.h"
#include "tests/unit/http/edge_fixture.h"

namespace rtcroom {

enum class Wire : std::uint8_t { kPlain, kTls };
inline void PrintTo(Wire wire, std::ostream* out) {
  *out << (wire == Wire::kPlain ? "Plain" : "Tls");
}

/// The name of a test with that parameter.
inline std::string WireName(const testing::TestParamInfo<Wire>& param_info) {
  return testing::PrintToString(param_info.param);
}

/// The request of RFC 6455 1.3, for `path`.
inline std::string UpgradeRequest(std::string_view path = "/upgrade") {
  return "GET " + std::string(path) +
         " HTTP/1.1\r\nHost: rooms\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Protocol: chat, rtcroomd.v1\r\n\r\n";
}

class UpgradeTest : public EdgeTest, public testing::WithParamInterface<Wire> {
 protected:
  void ServeBy(TestHandler::HandleRequest handle, EdgeThreadCounts threads = {.loops = 2}) {
    HttpListenerOptions options{.connections = {.idle_timeout = std::chrono::seconds(1),
                                                .write_timeout = std::chrono::seconds(2),
                                                .close_timeout = std::chrono::seconds(3)}};
    if (GetParam() == Wire::kTls) {
      WriteTestCertificate(cert_, key_);
      ASSERT_OK(settings_.Reload(cert_, key_));
      options.tls = [this] { return settings_.Current(); };
    }
    Serve(std::make_unique<TestHandler>(std::move(handle)), std::move(options), threads);
  }

  RawClient Connect() {
    if (GetParam() == Wire::kPlain) return RawClient(address());
    return {address(), {.trusted = cert_}};
  }
  RawClient Ask(std::string_view bytes) {
    RawClient client = Connect();
    client.Send(bytes);
    return client;
  }

  /// Whether each loop answers a request, and so has run what it had to do before.
  bool AnswersOnEachLoop() {
    for (int i = 0; i < 2; ++i) {
      if (Ask("GET /inline/other HTTP/1.1\r\n\r\n").Receive("GET").status != 200) return false;
    }
    return true;
  }

  /// Moves the clock by more than an idle connection lives, and waits until all deadlines have been
  /// checked.
  void Advance(std::chrono::seconds by) {
    RawClient idle = Ask("GET /inline/idle HTTP/1.1\r\n\r\n");
    EXPECT_EQ(idle.Receive("GET").status, 200);
    EXPECT_TRUE(AnswersOnEachLoop());  // its deadline is set after its reply is sent
    clock_.Advance(by);
    EXPECT_EQ(idle.ReceiveAll(), "");
  }

 private:
  const TempDirectory directory_;
  const std::filesystem::path cert_ = directory_.path() / "cert.pem";
  const std::filesystem::path key_ = directory_.path() / "key.pem";
  TlsSettings settings_{clock_, [](std::span<std::byte> out) {
                          std::ranges::fill(out, std::byte{7});  // the test has no secrets
                        }};
};

}  // namespace rtcroom
