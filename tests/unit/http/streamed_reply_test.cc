// Streamed replies: the causes of their end, and their effect on other connections.
#include <array>
#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/socket.h>

#include "daemon/base/mutex.h"
#include "tests/support/loopback_socket.h"
#include "tests/unit/http/edge_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

class StreamedReplyTest : public EdgeTest {
 protected:
  struct Opened {
    std::shared_ptr<StreamedReply> reply{};
    std::shared_ptr<std::atomic<int>> ends{};  ///< number of calls of its `OnEnd`
  };

  void SetUp() override {
    ServeBy([this](const HttpRequest& request, Responder& responder) { Open(request, responder); });
  }
  void ServeBy(TestHandler::HandleRequest handle) {
    // One loop: once it has answered another client, it has seen what was written before.
    Serve(std::make_unique<TestHandler>(std::move(handle)),
          {.connections = {.idle_timeout = 1s, .write_timeout = 2s}}, {.loops = 1});
  }
  void TearDown() override {
    const MutexLock lock(mutex_);
    opened_.clear();  // before the threads that release the streams
    server_.reset();
  }

  void Open(const HttpRequest& request, Responder& responder) {
    if (request.path != "/stream") return responder.Send(Describe(request));
    Opened opened{.ends = std::make_shared<std::atomic<int>>(0)};
    opened.reply = responder.Open({.headers = {{"Content-Type", "text/plain"}}},
                                  [ends = opened.ends] { ++*ends; });
    const MutexLock lock(mutex_);
    opened_.push_back(std::move(opened));
  }

  RawClient Ask(const std::string& method = "GET", const std::string& version = "1.1") {
    RawClient client(server_->bound_address());
    client.Send(method + " /stream HTTP/" + version + "\r\n\r\n");
    return client;
  }
  /// The next stream that a client has opened.
  Opened Take() {
    EXPECT_TRUE(Eventually([this] {
      const MutexLock lock(mutex_);
      return !opened_.empty();
    }));
    const MutexLock lock(mutex_);
    Opened first = std::move(opened_.front());
    opened_.erase(opened_.begin());
    return first;
  }
  static bool HasEnded(const Opened& stream) {
    return Eventually([&] { return stream.ends->load() > 0; });
  }
  /// Writes until the system's send buffer is full and much data is unsent.
  void FillUp(StreamedReply& reply) {
    const std::string some(16'384, 'x');
    ASSERT_TRUE(Eventually([&] {
      while (reply.unsent() <= 700'000) {
        if (!reply.Write(some)) return true;
      }
      // Once the loop has written what the system takes.
      return AnswersOthers() && AnswersOthers() && reply.unsent() > 700'000;
    }));
  }
  bool AnswersOthers() {
    RawClient client(server_->bound_address());
    client.Send("GET /others HTTP/1.1\r\n\r\n");
    return client.Receive("GET").status == 200;
  }

  Mutex mutex_;
  std::vector<Opened> opened_ GUARDED_BY(mutex_);
};

TEST_F(StreamedReplyTest, ArrivesAsItIsWritten) {
  RawClient client = Ask();
  Opened stream = Take();
  EXPECT_TRUE(stream.reply->Write("one "));
  EXPECT_TRUE(Eventually([&] { return client.IsReadable(); }));
  EXPECT_TRUE(stream.reply->Write("two"));
  stream.reply.reset();  // ends the reply
  const std::string all = client.ReceiveAll();
  EXPECT_THAT(all, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"));
  EXPECT_THAT(all, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(all, testing::Not(HasSubstr("Content-Length")));
  EXPECT_TRUE(all.ends_with("\r\n\r\none two")) << all;
  EXPECT_TRUE(HasEnded(stream));
  EXPECT_EQ(*stream.ends, 1);
}

TEST_F(StreamedReplyTest, IsUnchunkedForHttp10) {
  RawClient client = Ask("GET", "1.0");
  Opened stream = Take();
  stream.reply->Write("text");
  stream.reply.reset();
  EXPECT_TRUE(client.ReceiveAll().ends_with("\r\n\r\ntext"));
}

TEST_F(StreamedReplyTest, ToHeadHasNoBody) {
  RawClient client = Ask("HEAD");
  const Opened stream = Take();
  EXPECT_TRUE(client.ReceiveAll().ends_with("Connection: close\r\n\r\n"));
  EXPECT_TRUE(HasEnded(stream));
  EXPECT_FALSE(stream.reply->Write("more"));
}

TEST_F(StreamedReplyTest, IsNotEndedByTheIdleTimeout) {
  RawClient client = Ask();
  const Opened stream = Take();
  RawClient idle(server_->bound_address());
  idle.Send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_EQ(idle.Receive("GET").status, 200);
  // The deadlines have been checked when the idle connection closes.
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(1h);
    return idle.IsReadable();
  }));
  EXPECT_TRUE(stream.reply->Write("still here"));
  EXPECT_EQ(*stream.ends, 0);
}

TEST_F(StreamedReplyTest, EndsWhenItsClientDisconnects) {
  std::optional<RawClient> client = Ask();
  const Opened stream = Take();
  EXPECT_TRUE(stream.reply->Write("one"));
  client.reset();
  EXPECT_TRUE(HasEnded(stream));
  EXPECT_FALSE(stream.reply->Write("two"));
  EXPECT_TRUE(Eventually([&] { return counts_.closed == counts_.opened; }));
}

TEST_F(StreamedReplyTest, IgnoresABoundedAmountOfClientInput) {
  RawClient client = Ask();
  const Opened stream = Take();
  client.Send("GET /others HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(stream.reply->Write("one"));
  EXPECT_EQ(*stream.ends, 0);
  const std::string chatter(16'384, 'x');
  try {
    while (*stream.ends == 0) client.Send(chatter);
  } catch (const std::exception&) {  // the server has closed the connection
  }
  EXPECT_TRUE(HasEnded(stream));
}

TEST_F(StreamedReplyTest, IsEndedIfItsClientDoesNotRead) {
  const RawClient client = Ask();
  const Opened stream = Take();
  FillUp(*stream.reply);
  EXPECT_TRUE(AnswersOthers());
  EXPECT_EQ(*stream.ends, 0);
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(3s);
    return *stream.ends == 1;
  }));
  EXPECT_THAT(Refusals(), Contains(RefusalCause::kWriteTimeout));
  EXPECT_FALSE(stream.reply->Write("more"));
}

TEST_F(StreamedReplyTest, IsEndedImmediatelyIfItsQueueOverflows) {
  const RawClient client = Ask();
  const Opened stream = Take();
  const std::string some(65'536, 'x');
  std::size_t written = 0;
  while (stream.reply->Write(some)) written += some.size();
  EXPECT_GE(written, 512U << 10U);
  EXPECT_TRUE(HasEnded(stream));
  EXPECT_EQ(*stream.ends, 1);
  EXPECT_TRUE(AnswersOthers());
}

TEST_F(StreamedReplyTest, IsSentCompletelyToASlowClient) {
  RawClient client = Ask();
  Opened stream = Take();
  FillUp(*stream.reply);
  stream.reply->Write("the end");
  stream.reply.reset();  // while most of it is still unsent
  EXPECT_TRUE(client.ReceiveAll().ends_with("xxxthe end"));
  EXPECT_TRUE(HasEnded(stream));
}

TEST_F(StreamedReplyTest, KeepsConcurrentWritesWhole) {
  constexpr int kThreads = 4;
  constexpr int kLines = 2'000;
  RawClient client = Ask();
  Opened stream = Take();
  std::string all;
  {
    std::vector<std::jthread> writers;
    for (int t = 0; t < kThreads; ++t) {
      writers.emplace_back([&stream, t] {
        const std::string line = "line of " + std::to_string(t) + "\n";
        for (int i = 0; i < kLines; ++i) EXPECT_TRUE(stream.reply->Write(line));
      });
    }
    std::jthread ender([&] {
      writers.clear();
      stream.reply.reset();
    });
    all = client.ReceiveAll();
  }
  std::array<int, kThreads> lines{};
  std::size_t at = all.find("\r\n\r\n") + 4;
  while (at < all.size()) {
    const std::size_t end = all.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    const std::string line = all.substr(at, end - at);
    ASSERT_THAT(line, AnyOf("line of 0", "line of 1", "line of 2", "line of 3"));
    ++lines.at(static_cast<std::size_t>(line.back() - '0'));
    at = end + 1;
  }
  for (const int count : lines) EXPECT_EQ(count, kLines);
}

TEST_F(StreamedReplyTest, EndsImmediatelyWhenTheServerDrains) {
  RawClient quick = Ask();
  const RawClient slow = Ask();
  const std::array<Opened, 2> streams = {Take(), Take()};
  streams[0].reply->Write("last words");
  streams[1].reply->Write("last words");
  FillUp(*streams[1].reply);
  server_->Stop(1h);  // not used up: the fake clock does not advance
  for (const Opened& stream : streams) {
    EXPECT_EQ(*stream.ends, 1);
    EXPECT_FALSE(stream.reply->Write("more"));
  }
  EXPECT_EQ(counts_.closed, counts_.opened);
}

TEST_F(StreamedReplyTest, EndsImmediatelyIfOpenedDuringADrain) {
  std::latch asked(1);
  std::latch stopping(1);
  ServeBy([&](const HttpRequest& request, Responder& responder) {
    asked.count_down();
    stopping.wait();
    Open(request, responder);
  });
  RawClient client = Ask();
  asked.wait();
  std::jthread stopper([&] { server_->Stop(1h); });
  EXPECT_TRUE(Eventually([&] {
    try {
      const RawClient newcomer(server_->bound_address());
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }));
  stopping.count_down();
  EXPECT_TRUE(client.ReceiveAll().ends_with("\r\n\r\n"));
  EXPECT_TRUE(HasEnded(Take()));
}

TEST_F(StreamedReplyTest, IsAnsweredWithAnErrorIfNeverOpened) {
  ServeBy([](const HttpRequest&, Responder& responder) {
    const Responder dropped = std::move(responder);
  });
  EXPECT_EQ(Ask().Receive("GET").status, 500);
}

TEST_F(StreamedReplyTest, BlocksNoWorkers) {
  std::vector<RawClient> clients;
  std::vector<Opened> streams;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(Ask());
    streams.push_back(Take());
  }
  EXPECT_TRUE(AnswersOthers());
  for (const Opened& stream : streams) EXPECT_TRUE(stream.reply->Write("x"));
}

}  // namespace
}  // namespace rtcroom
