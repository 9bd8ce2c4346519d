// A WebSocket on a real connection, from the handshake to its end.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "daemon/base/mutex.h"
#include "daemon/http/web_socket.h"
#include "daemon/http/web_socket_handshake.h"
#include "tests/support/web_socket_frames.h"
#include "tests/unit/http/upgrade_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::size_t kMaxEchoesUnsent = std::size_t{1} << 20;

/// A WebSocket and its connection. It answers each text with the same text.
///
/// Shared by its test and the functions of its stream.
///
/// @threads safe from any thread.
class EchoSocket : public std::enable_shared_from_this<EchoSocket> {
 public:
  void Open(HttpReply head, Responder& responder) {
    const std::shared_ptr<EchoSocket> self = shared_from_this();
    std::shared_ptr<TwoWayStream> stream = responder.Upgrade(
        std::move(head),
        {.on_end = [self] { self->Release(); },
         .on_bytes = [self](TwoWayStream& to,
                            std::string_view bytes) { return self->Feed(to, bytes); },
         .on_drain = [self](TwoWayStream& to) { self->Close(to, close_code::kRestart, "restart"); },
         .max_unsent = kMaxEchoesUnsent});
    const MutexLock lock(mutex_);
    if (!has_ended_) stream_ = std::move(stream);
  }
  /// @return false when the connection has ended.
  bool Send(std::string_view text) {
    const MutexLock lock(mutex_);
    if (!stream_) return false;
    socket_.SendText(text);
    return stream_->Write(socket_.TakeOutput());
  }
  void Close(TwoWayStream& to, std::uint16_t code, std::string_view reason) {
    const MutexLock lock(mutex_);
    socket_.Close(code, reason);
    (void)to.Write(socket_.TakeOutput());
  }
  bool is_open() {
    const MutexLock lock(mutex_);
    return stream_ != nullptr;
  }
  std::size_t unsent() {
    const MutexLock lock(mutex_);
    return stream_ ? stream_->unsent() : 0;
  }
  [[nodiscard]] bool HasEnded() {
    return Eventually([this] {
      const MutexLock lock(mutex_);
      return has_ended_;
    });
  }
  void Release() {
    std::shared_ptr<TwoWayStream> released;  // destroyed without the lock
    const MutexLock lock(mutex_);
    has_ended_ = true;
    released.swap(stream_);
  }

 private:
  TwoWayStream::Receipt Feed(TwoWayStream& to, std::string_view bytes) {
    bool is_over = false;
    std::size_t held = 0;
    {
      const MutexLock lock(mutex_);
      WebSocket* const socket = &socket_;
      socket->Feed(bytes, [socket](std::string_view text) { socket->SendText(text); });
      (void)to.Write(socket->TakeOutput());
      is_over = socket->closed();
      held = socket->held_memory();
    }
    if (is_over) Release();
    return {.held = held};
  }

  Mutex mutex_;
  WebSocket socket_ GUARDED_BY(mutex_);
  std::shared_ptr<TwoWayStream> stream_ GUARDED_BY(mutex_);
  bool has_ended_ GUARDED_BY(mutex_) = false;
};

class WebSocketEdge : public UpgradeTest {
 protected:
  void SetUp() override {
    ServeBy([this](const HttpRequest& request, Responder& responder) {
      if (request.path.starts_with("/inline")) return responder.Send(Describe(request));
      HttpReply reply = WebSocketHandshake(request, "rtcroomd.v1");
      if (reply.status != 101) return responder.Send(std::move(reply));
      socket_->Open(std::move(reply), responder);
    });
  }
  void TearDown() override {
    socket_->Release();  // before the threads that release its stream
    server_.reset();
  }

  RawClient Upgraded() {
    RawClient client = Ask(UpgradeRequest());
    EXPECT_EQ(client.ReceiveUntil("\r\n\r\n"),
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
              "Sec-WebSocket-Protocol: rtcroomd.v1\r\nConnection: Upgrade\r\n\r\n");
    EXPECT_TRUE(Eventually([this] { return socket_->is_open(); }));
    return client;
  }

  const std::shared_ptr<EchoSocket> socket_ = std::make_shared<EchoSocket>();
};

TEST_P(WebSocketEdge, EchoesTexts) {
  RawClient client = Upgraded();
  for (const std::string& text :
       {std::string("one"), std::string("två"), std::string(60'000, 'x')}) {
    client.Send(ClientText(text));
    EXPECT_EQ(client.ReceiveUntil(text), ServerText(text));
  }
}

TEST_P(WebSocketEdge, EchoesATextThatArrivesWithTheHandshake) {
  RawClient client = Ask(UpgradeRequest() + ClientText("early"));
  EXPECT_THAT(client.ReceiveUntil("early"), EndsWith("\r\n\r\n" + ServerText("early")));
}

TEST_P(WebSocketEdge, RefusesARequestForAnotherVersionAndGoesOn) {
  std::string request = UpgradeRequest();
  request.replace(request.find(": 13"), 4, ": 12");
  RawClient client = Ask(request);
  const RawReply reply = client.Receive("GET");
  EXPECT_EQ(reply.status, 426);
  EXPECT_EQ(reply.Header("Sec-WebSocket-Version"), "13");
  EXPECT_EQ(reply.Header("Upgrade"), "websocket");
  EXPECT_THAT(reply.head, HasSubstr("\r\nConnection: Upgrade\r\n"));
  client.Send(UpgradeRequest());
  EXPECT_THAT(client.ReceiveUntil("\r\n\r\n"), StartsWith("HTTP/1.1 101 "));
}

TEST_P(WebSocketEdge, RefusesHttp10AndABody) {
  std::string request = UpgradeRequest();
  request.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0");
  EXPECT_EQ(Ask(request).Receive("GET").status, 426);
  request = UpgradeRequest();
  request.replace(request.find("Host:"), 5, "Content-Length: 2\r\nHost:");
  EXPECT_EQ(Ask(request + "{}").Receive("GET").status, 426);
}

TEST_P(WebSocketEdge, ClosesAfterTheClientsClose) {
  RawClient client = Upgraded();
  client.Send(ClientText("last") + ClientClose(1000) + ClientText("ignored"));
  EXPECT_EQ(client.ReceiveAll(), ServerText("last") + ServerClose(1000));
  EXPECT_TRUE(socket_->HasEnded());
}

TEST_P(WebSocketEdge, ClosesAfterAViolation) {
  RawClient client = Upgraded();
  // Much is on its way when the close is sent, which a reset of the connection would discard.
  client.Send(ClientFrame(0x82, std::string(500'000, 'x')));
  EXPECT_EQ(client.ReceiveAll(), ServerClose(1003));
}

TEST_P(WebSocketEdge, ThrottlesAClientThatDoesNotReadItsEchoes) {
  RawClient client = Upgraded();
  const std::string text(8'192, 'x');
  const std::string last = "the end";
  // Fills the buffers from the server's end, since the client's sends would block.
  ASSERT_TRUE(Eventually([&] {
    while (socket_->unsent() <= 1'000'000) {
      if (!socket_->Send(text)) return true;
    }
    return AnswersOnEachLoop() && AnswersOnEachLoop() && socket_->unsent() > 1'000'000;
  }));
  // Read at once, the echoes of these would exceed the limit.
  for (int i = 0; i < 10; ++i) client.Send(ClientText(text));
  client.Send(ClientText(last));
  EXPECT_THAT(client.ReceiveUntil(last), EndsWith(ServerText(text) + ServerText(last)));
  EXPECT_THAT(observer_.refusals(), IsEmpty());
}

TEST_P(WebSocketEdge, EndsWhenTheReaderIsTooSlow) {
  const RawClient client = Upgraded();
  const std::string text(8'192, 'x');
  while (socket_->Send(text)) {
  }
  EXPECT_TRUE(socket_->HasEnded());
  EXPECT_THAT(observer_.refusals(), Contains(RefusalCause::kWriteTimeout));
}

TEST_P(WebSocketEdge, EndsWhenTheClientIsSilent) {
  RawClient client = Upgraded();
  Advance(59s);
  client.Send(ClientFrame(kFinal | kPongOpcode, ""));
  client.Send(ClientText("heard"));
  EXPECT_EQ(client.ReceiveUntil("heard"), ServerText("heard"));
  Advance(59s);
  client.Send(ClientText("again"));
  EXPECT_EQ(client.ReceiveUntil("again"), ServerText("again"));
  Advance(61s);
  EXPECT_EQ(client.ReceiveAll(), "");
}

TEST_P(WebSocketEdge, SaysGoodbyeWhenTheServerDrains) {
  std::optional<RawClient> client = Upgraded();
  std::jthread stopper([this] { server_->Stop(1h); });  // not used up: the clock stands still
  EXPECT_EQ(client->ReceiveAll(), ServerClose(1012, "restart"));
  client->Send(ClientClose(1012));
  client.reset();
}

TEST_P(WebSocketEdge, CountsAnUnfinishedMessage) {
  RawClient client = Upgraded();
  client.Send(ClientFrame(kTextOpcode, std::string(60'000, 'x')));
  EXPECT_TRUE(Eventually([this] { return held_.held >= 60'000; }));
  client.Send(ClientFrame(kFinal | kContinuationOpcode, "end"));
  EXPECT_THAT(client.ReceiveUntil("end"), EndsWith("xxxend"));
  EXPECT_TRUE(Eventually([this] { return held_.held < 100; }));
}

INSTANTIATE_TEST_SUITE_P(Wires, WebSocketEdge, testing::Values(Wire::kPlain, Wire::kTls), WireName);

}  // namespace
}  // namespace rtcroom
