// Hostile gRPC clients do not affect the server's phones, and its memory stays bounded.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/http2_bytes.h"
#include "tests/support/process_figures.h"
#include "tests/support/raw_client.h"
#include "tests/support/sanitizers.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

constexpr const char* kInfo = "/rtcroom.v1.RoomAdmin/GetServerInfo";
constexpr const char* kHealthWatch = "/grpc.health.v1.Health/Watch";
constexpr std::size_t kMebibyte = std::size_t{1} << 20;
/// The memory of the worst of these attacks: the maximum number of open streams.
constexpr std::size_t kMostGrowth = 192 * kMebibyte;

/// A phone that makes calls continuously, and samples the server's memory.
class HonestPhone {
 public:
  explicit HonestPhone(ServerProcess& server)
      : process_(server.child().pid()),
        client_(server.Https()),
        thread_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) Call();
        }) {}

  [[nodiscard]] std::size_t calls() const { return calls_; }
  [[nodiscard]] std::size_t failures() const { return failures_; }
  [[nodiscard]] std::size_t most_bytes() const { return most_bytes_; }

 private:
  void Call() {
    const ApiReply reply = client_.Call("multi_room", "pusher_heartbeat", MemberBody("r1", "u1"));
    if (reply.code() != kOk) ++failures_;
    if (calls_ % kCallsForALook == 0) {
      most_bytes_ = std::max(most_bytes_.load(), MemoryOf(process_).private_bytes);
    }
    ++calls_;
  }

  static constexpr std::size_t kCallsForALook = 50;

  const pid_t process_;
  ApiClient client_;
  std::atomic<std::size_t> most_bytes_{0};
  std::atomic<std::size_t> calls_{0};
  std::atomic<std::size_t> failures_{0};
  std::jthread thread_;
};

class HostileGrpc : public testing::Test {
 protected:
  void SetUp() override {
    ApiClient client = server_.Https();
    ASSERT_EQ(client.Call("multi_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
    ASSERT_TRUE(IsAnswered());
    before_ = Memory();
    phone_.emplace(server_);
  }

  /// The invariants after each attack.
  void TearDown() override {
    AwaitALook();
    EXPECT_EQ(phone_->failures(), 0u);
    const std::size_t most = phone_->most_bytes();
    phone_.reset();
    if (!IsServerSanitized()) {
      EXPECT_LT(most, before_ + kMostGrowth);
    }
    RecordProperty("mebibytes_before", std::to_string(before_ / kMebibyte));
    RecordProperty("mebibytes_at_most", std::to_string(most / kMebibyte));
    EXPECT_TRUE(Eventually([&] { return IsAnswered(); })) << "gRPC is there for others";
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(server_.Terminate(), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, kPatience / 2);
  }

  /// Returns after one more sample of the server's memory.
  void AwaitALook() {
    const std::size_t enough = phone_->calls() + 100;
    EXPECT_TRUE(Eventually([&] { return phone_->calls() > enough; }));
  }

  /// Returns when the server has processed all of the client's input, and closed the connection.
  static void Exhaust(RawClient& client) {
    client.Send(FrameOf(FrameType::kContinuation, 0, 1));
    (void)client.ReceiveAll();
  }

  [[nodiscard]] std::size_t Memory() { return MemoryOf(server_.child().pid()).private_bytes; }

  [[nodiscard]] RawClient Connect() const { return RawClient(server_.AddressOf("grpc")); }
  [[nodiscard]] RawClient Begin() const {
    RawClient client = Connect();
    client.Send(Http2Beginning());
    return client;
  }

  [[nodiscard]] bool IsAnswered() const {
    return RunToEnd({.program = ServerBinary(),
                     .arguments = {"rooms", "list", "--target", server_.AddressOf("grpc")}})
               .exit_code == 0;
  }

  ServerProcess server_{{.settings = {{"room.heartbeat_timeout", "1h"}, {"log.level", "info"}}}};
  std::size_t before_ = 0;
  std::optional<HonestPhone> phone_;
};

TEST_F(HostileGrpc, HeadersThatGoOnForEver) {
  RawClient client = Begin();
  client.Send(FrameOf(FrameType::kHeaders, 0, 1, CallHeaders(kInfo)));
  const std::string more =
      FrameOf(FrameType::kContinuation, 0, 1, HeaderField("a", std::string(4'000, 'x')));
  for (int i = 0; i < 50'000 && !client.IsReadable(); ++i) client.Send(more);
  (void)client.ReceiveAll();
}

TEST_F(HostileGrpc, ATextThatGoesOnForEver) {
  RawClient client = Begin();
  client.Send(FrameOf(FrameType::kHeaders, 0, 1,
                      std::string(1, '\0') + HpackNumber(1, 7) + "a" + HpackNumber(1U << 30, 7)));
  const std::string more = FrameOf(FrameType::kContinuation, 0, 1, std::string(16'384, 'x'));
  for (int i = 0; i < 10'000; ++i) client.Send(more);
  (void)client.ReceiveAll();
}

TEST_F(HostileGrpc, MetadataThatIsTooLong) {
  for (const std::size_t size : std::to_array<std::size_t>({9'000, 16'000, 20'000})) {
    RawClient client = Begin();
    client.Send(FrameOf(FrameType::kHeaders, FrameHeader::kEndHeaders, 1,
                        CallHeaders(kInfo) + HeaderField("a", std::string(size, 'x'))));
    for (std::uint32_t stream = 3; stream < 400; stream += 2) {
      client.Send(FrameOf(FrameType::kHeaders, FrameHeader::kEndHeaders, stream,
                          CallHeaders(kInfo) + HeaderField("a", std::string(9'000, 'x'))));
    }
  }
}

// Headers that gRPC interprets, with unexpected values, below and above its limit.
TEST_F(HostileGrpc, HeadersThatMakeNoSense) {
  for (const char* name : {":method",
                           ":scheme",
                           ":path",
                           ":authority",
                           ":status",
                           "te",
                           "content-type",
                           "grpc-timeout",
                           "grpc-encoding",
                           "grpc-accept-encoding",
                           "grpc-status",
                           "grpc-message",
                           "grpc-previous-rpc-attempts",
                           "grpc-retry-pushback-ms",
                           "grpclb_client_stats",
                           "grpc-tags-bin",
                           "grpc-trace-bin",
                           "grpc-server-stats-bin",
                           "lb-cost-bin",
                           "lb-token",
                           "x-endpoint-load-metrics-bin",
                           "grpc-internal-encoding-request",
                           "user-agent",
                           "host"}) {
    for (const std::string& value : {std::string(), std::string("!%\xff"), std::string(200, '9')}) {
      for (const std::size_t filling : std::to_array<std::size_t>({0, 9'000})) {
        const std::string fill = HeaderField("a", std::string(filling, 'x'));
        for (const std::string& headers :
             {HeaderField(name, value) + CallHeaders(kInfo) + fill,
              CallHeaders(kInfo) + HeaderField(name, value) + fill,
              fill + CallHeaders(kInfo) + HeaderField(name, value), HeaderField(name, value)}) {
          RawClient client = Begin();
          client.Send(FrameOf(FrameType::kHeaders, FrameHeader::kEndHeaders, 1, headers) +
                      FrameOf(FrameType::kData, FrameHeader::kEndStream, 1,
                              std::string_view("\0\0\0\0\0", 5)));
          client.Send(CallFrame(3, kInfo));
        }
      }
    }
  }
}

TEST_F(HostileGrpc, CallsThatAreTakenBackAtOnce) {
  std::vector<std::jthread> attackers;
  for (int i = 0; i < 4; ++i) {
    attackers.emplace_back([&] {
      RawClient client = Begin();
      for (std::uint32_t stream = 1; stream < 4'000; stream += 2) {
        client.Send(CallFrame(stream, kHealthWatch) + ResetFrame(stream));
      }
      Exhaust(client);
    });
  }
}

TEST_F(HostileGrpc, CallsThatAreLeftHalfOpen) {
  std::vector<RawClient> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(Begin());
    for (std::uint32_t stream = 1; stream < 2 * 250; stream += 2) {
      clients.back().Send(CallFrame(stream, kInfo));
    }
  }
  // The maximum number is open.
  EXPECT_TRUE(Eventually([&] {
    return server_.Admin()
               .Get("/metrics")
               .text.find(R"(rtcroomd_refusals_total{cause="framing",listener="grpc"} 0)") ==
           std::string::npos;
  }));
  AwaitALook();
}

TEST_F(HostileGrpc, MessagesThatAreNeverWhole) {
  std::vector<RawClient> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(Begin());
    for (std::uint32_t stream = 1; stream < 2 * 20; stream += 2) {
      clients.back().Send(
          CallFrame(stream, kInfo) +
          FrameOf(FrameType::kData, 0, stream, std::string_view("\0\0\0\xff\xff", 5)) +
          FrameOf(FrameType::kData, 0, stream, std::string(10'000, 'x')));
    }
  }
  Exhaust(clients.back());
  AwaitALook();
}

TEST_F(HostileGrpc, FramesThatCostNothingToSend) {
  for (const std::string& frame :
       {FrameOf(FrameType::kPing, 0, 0, "12345678"), FrameOf(FrameType::kSettings, 0, 0),
        FrameOf(FrameType::kPriority, 0, 1, std::string(5, '\0')),
        FrameOf(FrameType::kWindowUpdate, 0, 0, std::string_view("\0\0\0\1", 4)),
        FrameOf(FrameType::kData, 0, 1), ResetFrame(1),
        FrameOf(FrameType::kGoaway, 0, 0, std::string(8, '\0'))}) {
    RawClient client = Begin();
    client.Send(CallFrame(1, kHealthWatch));
    std::string many;
    for (int i = 0; i < 1'000; ++i) many += frame;
    for (int i = 0; i < 4; ++i) client.Send(many);
    Exhaust(client);
  }
}

TEST_F(HostileGrpc, AnythingButHttp2) {
  std::minstd_rand random(1);
  for (int i = 0; i < 200; ++i) {
    std::string garbage(1 + random() % 3'000, '\0');
    for (char& byte : garbage) byte = static_cast<char>(random());
    RawClient client = Connect();
    client.Send(garbage);
    (void)client.ReceiveAll();
  }
}

TEST_F(HostileGrpc, FramesOfRandomContent) {
  std::minstd_rand random(2);
  for (int i = 0; i < 400; ++i) {
    RawClient client = Begin();
    std::string frames = CallFrame(1, kHealthWatch);
    for (int frame = 0; frame < 20; ++frame) {
      std::string payload(random() % 64, '\0');
      for (char& byte : payload) byte = static_cast<char>(random());
      const auto type = static_cast<FrameType>(random() % 11);
      const auto flags = static_cast<std::uint8_t>(random() | FrameHeader::kEndHeaders);
      frames += FrameOf(type, flags, random() % 8, payload);
    }
    client.Send(frames);
    Exhaust(client);
  }
}

TEST_F(HostileGrpc, ThousandsOfConnections) {
  constexpr std::size_t kConnections = 3'000;
  if (const std::string why = WhyNotSoMany(kConnections); !why.empty()) GTEST_SKIP() << why;
  const std::size_t descriptors = OpenDescriptorsOf(server_.child().pid());
  std::vector<RawClient> clients;
  clients.reserve(kConnections);
  for (std::size_t i = 0; i < kConnections; ++i) {
    clients.push_back(Connect());
    if (i % 2 == 0) clients.back().Send(Http2Beginning());
  }
  AwaitALook();
  EXPECT_LT(OpenDescriptorsOf(server_.child().pid()), descriptors + 3 * 128 + 20);
}

TEST_F(HostileGrpc, ConnectionsThatComeAndGo) {
  for (int i = 0; i < 3'000; ++i) {
    RawClient client = Begin();
    client.Send(CallFrame(1, kHealthWatch));
  }
  EXPECT_TRUE(Eventually([&] { return IsAnswered(); }));
}

TEST_F(HostileGrpc, RepliesThatNobodyReads) {
  std::vector<RawClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(Begin());
    for (std::uint32_t stream = 1; stream < 2 * 200; stream += 2) {
      clients.back().Send(CallFrame(stream, kInfo) + FrameOf(FrameType::kData,
                                                             FrameHeader::kEndStream, stream,
                                                             std::string_view("\0\0\0\0\0", 5)));
    }
  }
  Exhaust(clients.back());
  AwaitALook();
}

}  // namespace
}  // namespace rtcroom
