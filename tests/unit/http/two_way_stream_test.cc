// Upgraded connections: bytes in both directions, their throttling and the causes of their end.
#include "daemon/http/two_way_stream.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "tests/unit/http/upgrade_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::size_t kMaxUnsent = std::size_t{1} << 20;

/// The owner of one stream. It answers all bytes with the same bytes, unless told otherwise.
///
/// Shared by its test and the functions of the stream.
///
/// @threads safe from any thread.
class Session : public std::enable_shared_from_this<Session> {
 public:
  TwoWayStream::Owner Owner() {
    const std::shared_ptr<Session> self = shared_from_this();
    return {.on_end = [self] { ++self->ends; },
            .on_bytes = [self](TwoWayStream& stream,
                               std::string_view bytes) { return self->Take(stream, bytes); },
            .on_drain =
                [self](TwoWayStream& stream) {
                  ++self->drains;
                  (void)stream.Write("goodbye");
                },
            .on_taken =
                [self](TwoWayStream& stream) {
                  if (!self->continues) return;
                  ++self->continuations;
                  (void)stream.Write("continued");
                },
            // With room for "continued": what is unsent often ends with a record of TLS.
            .low_unsent = (std::size_t{32} << 10) + 1000,
            .max_unsent = kMaxUnsent,
            .idle_timeout = 10s};
  }
  void Keep(std::shared_ptr<TwoWayStream> stream) {
    const MutexLock lock(mutex_);
    stream_ = std::move(stream);
  }
  std::shared_ptr<TwoWayStream> stream() {
    const MutexLock lock(mutex_);
    return stream_;
  }
  void Release() { Keep(nullptr); }
  /// Everything received so far.
  std::string received() {
    const MutexLock lock(mutex_);
    return received_;
  }
  bool Receives(std::string_view bytes) {
    return Eventually([&] { return received() == bytes; });
  }
  [[nodiscard]] bool HasEnded() const {
    return Eventually([&] { return ends > 0; });
  }

  std::atomic<int> ends{0};
  std::atomic<int> drains{0};
  std::atomic<int> takes{0};
  std::atomic<int> continuations{0};
  std::atomic<bool> continues{false};
  std::atomic<bool> is_silent{false};
  std::atomic<bool> pauses{false};
  std::atomic<std::size_t> held{0};

 private:
  TwoWayStream::Receipt Take(TwoWayStream& stream, std::string_view bytes) {
    ++takes;
    if (!is_silent) (void)stream.Write(bytes);
    const MutexLock lock(mutex_);
    received_ += bytes;
    return {.held = held, .pause = pauses};
  }

  Mutex mutex_;
  std::shared_ptr<TwoWayStream> stream_ GUARDED_BY(mutex_);
  std::string received_ GUARDED_BY(mutex_);
};

class TwoWayStreamTest : public UpgradeTest {
 protected:
  void SetUp() override {
    ServeBy([this](const HttpRequest& request, Responder& responder) {
      const bool is_refused = request.path == "/refused";
      if (!request.upgrade || is_refused) return responder.Send(Describe(request));
      session_->Keep(responder.Upgrade({.headers = {{"Upgrade", request.upgrade->protocols}}},  //
                                       session_->Owner()));
    });
  }
  void TearDown() override {
    session_->Release();  // before the threads that release the stream
    server_.reset();
  }

  /// A client whose connection was upgraded.
  RawClient Upgraded() {
    RawClient client = Ask(UpgradeRequest());
    EXPECT_EQ(
        client.ReceiveUntil("\r\n\r\n"),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    EXPECT_TRUE(Eventually([&] { return session_->stream() != nullptr; }));
    return client;
  }
  /// Writes until the system's send buffer is full and much data is unsent.
  void FillUp() {
    const std::string some(16'384, 'x');
    const std::shared_ptr<TwoWayStream> stream = session_->stream();
    ASSERT_TRUE(Eventually([&] {
      while (stream->unsent() <= 700'000) {
        if (!stream->Write(some)) return true;
      }
      // Once the loops have written what the system takes.
      return AnswersOnEachLoop() && AnswersOnEachLoop() && stream->unsent() > 700'000;
    }));
  }

  const std::shared_ptr<Session> session_ = std::make_shared<Session>();
};

TEST_P(TwoWayStreamTest, CarriesBytesInBothDirections) {
  RawClient client = Upgraded();
  for (const char* bytes : {"one", "two", "three"}) {
    client.Send(bytes);
    EXPECT_EQ(client.ReceiveUntil(bytes), bytes);
  }
  EXPECT_TRUE(session_->stream()->Write("unasked"));
  EXPECT_EQ(client.ReceiveUntil("unasked"), "unasked");
  EXPECT_EQ(session_->received(), "onetwothree");
  EXPECT_EQ(session_->ends, 0);
}

TEST_P(TwoWayStreamTest, CanBeOpenedOnTheThreadThatReads) {
  RawClient client = Ask(UpgradeRequest("/inline"));
  client.ReceiveUntil("\r\n\r\n");
  client.Send("bytes");
  EXPECT_EQ(client.ReceiveUntil("bytes"), "bytes");
}

TEST_P(TwoWayStreamTest, PassesOnBytesThatArrivedWithTheRequest) {
  std::string early = "\r\nearly ";
  for (int i = 0; i < 10'000; ++i) early += std::to_string(i);
  RawClient client = Ask(UpgradeRequest() + early);
  client.Send("late");
  EXPECT_THAT(client.ReceiveUntil("late"), EndsWith("\r\n\r\n" + early + "late"));
  EXPECT_EQ(session_->received(), early + "late");
}

TEST_P(TwoWayStreamTest, FollowsAnswersToEarlierRequests) {
  RawClient client =
      Ask("GET /first HTTP/1.1\r\n\r\n" + UpgradeRequest("/refused") + UpgradeRequest() + "bytes");
  for (const char* path : {"/first", "/refused"}) {
    EXPECT_THAT(client.Receive("GET").body, HasSubstr(path));
  }
  EXPECT_THAT(client.ReceiveUntil("bytes"), StartsWith("HTTP/1.1 101 "));
}

TEST_P(TwoWayStreamTest, DoesNotReplaceARequestThatOffersNoUpgrade) {
  RawClient client = Ask("GET /x HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(client.Receive("GET").status, 200);
}

TEST_P(TwoWayStreamTest, ReadsNothingDuringAPause) {
  session_->pauses = true;
  session_->is_silent = true;
  RawClient client = Upgraded();
  constexpr std::size_t kAll = std::size_t{32} << 20;
  std::jthread sender([&] { client.Send(std::string(kAll, 'x')); });
  EXPECT_TRUE(Eventually([&] { return session_->takes > 0; }));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(AnswersOnEachLoop());
    EXPECT_EQ(session_->takes, 1 + i);
    session_->stream()->ReadOn(0);  // ends this pause; the next read begins another
    EXPECT_TRUE(Eventually([&] { return session_->takes == 2 + i; }));
  }
  EXPECT_TRUE(AnswersOnEachLoop());
  EXPECT_EQ(session_->takes, 4);
  EXPECT_LT(held_.held, std::size_t{1} << 20);
  session_->pauses = false;
  session_->stream()->ReadOn(0);
  sender.join();
  EXPECT_TRUE(Eventually([&] { return session_->received().size() == kAll; }));
}

TEST_P(TwoWayStreamTest, ReadsNothingWhileMuchIsUnsent) {
  RawClient client = Upgraded();
  FillUp();
  client.Send("question");
  EXPECT_TRUE(AnswersOnEachLoop());
  EXPECT_EQ(session_->takes, 0);
  EXPECT_THAT(client.ReceiveUntil("question"), EndsWith("xxxquestion"));
}

TEST_P(TwoWayStreamTest, IsContinuedOnceWhenItsClientHasTakenWhatWasUnsent) {
  RawClient client = Upgraded();
  FillUp();
  session_->continues = true;
  EXPECT_TRUE(AnswersOnEachLoop());
  EXPECT_EQ(session_->continuations, 0);
  EXPECT_THAT(client.ReceiveUntil("continued"), EndsWith("xxxcontinued"));
  EXPECT_TRUE(AnswersOnEachLoop());
  EXPECT_EQ(session_->continuations, 1);
}

TEST_P(TwoWayStreamTest, EndsWhenItsClientDisconnects) {
  std::optional<RawClient> client = Upgraded();
  client.reset();
  EXPECT_TRUE(session_->HasEnded());
  EXPECT_FALSE(session_->stream()->Write("more"));
  EXPECT_TRUE(Eventually([this] { return counts_.closed == counts_.opened; }));
  EXPECT_EQ(session_->ends, 1);
  EXPECT_EQ(held_.held, 0U);
}

TEST_P(TwoWayStreamTest, EndsWhenItsHandleIsReleased) {
  RawClient client = Upgraded();
  const std::string all(300'000, 'x');
  EXPECT_TRUE(session_->stream()->Write(all + "the end"));
  session_->Release();
  EXPECT_TRUE(AnswersOnEachLoop());
  client.Send("nobody listens");  // must not reset the connection before everything is read
  EXPECT_EQ(client.ReceiveAll(), all + "the end");
  EXPECT_TRUE(session_->HasEnded());
  EXPECT_EQ(session_->received(), "");
}

TEST_P(TwoWayStreamTest, DeliversItsLastBytesThoughItsClientSendsMuch) {
  RawClient client = Upgraded();
  EXPECT_TRUE(session_->stream()->Write("the end"));
  session_->Release();
  // A reset of the connection by what nobody reads would discard the last bytes.
  client.Send(std::string(500'000, 'x'));
  EXPECT_EQ(client.ReceiveAll(), "the end");
}

TEST_P(TwoWayStreamTest, DoesNotWaitForeverForItsClientToClose) {
  const RawClient client = Upgraded();
  session_->Release();
  EXPECT_TRUE(session_->HasEnded());
  Advance(4s);
  EXPECT_TRUE(Eventually([this] { return counts_.closed == counts_.opened; }));
}

TEST_P(TwoWayStreamTest, EndsWhenItsClientIsSilentForTooLong) {
  RawClient client = Upgraded();
  for (int i = 0; i < 3; ++i) {
    Advance(9s);
    EXPECT_EQ(session_->ends, 0);
    client.Send("still here");
    EXPECT_EQ(client.ReceiveUntil("still here"), "still here");
  }
  Advance(9s);
  EXPECT_TRUE(session_->stream()->Write("is anybody there?"));  // does not count
  EXPECT_EQ(client.ReceiveUntil("there?"), "is anybody there?");
  Advance(2s);
  EXPECT_TRUE(session_->HasEnded());
  EXPECT_THAT(Refusals(), IsEmpty());
}

TEST_P(TwoWayStreamTest, IsNotEndedBySilenceDuringAPause) {
  session_->pauses = true;
  RawClient client = Upgraded();
  client.Send("one");
  EXPECT_EQ(client.ReceiveUntil("one"), "one");
  Advance(1h);
  session_->stream()->ReadOn(0);
  EXPECT_TRUE(AnswersOnEachLoop());
  Advance(9s);
  EXPECT_EQ(session_->ends, 0);
  client.Send("two");
  EXPECT_EQ(client.ReceiveUntil("two"), "two");
}

TEST_P(TwoWayStreamTest, IsEndedIfItsClientDoesNotRead) {
  const RawClient client = Upgraded();
  FillUp();
  EXPECT_TRUE(AnswersOnEachLoop());
  EXPECT_EQ(session_->ends, 0);
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(3s);
    return session_->ends == 1;
  }));
  EXPECT_THAT(Refusals(), Contains(RefusalCause::kWriteTimeout));
}

TEST_P(TwoWayStreamTest, IsEndedImmediatelyIfMoreThanItsLimitIsUnsent) {
  const RawClient client = Upgraded();
  const std::string some(65'536, 'x');
  while (session_->stream()->Write(some)) {
  }
  EXPECT_TRUE(session_->HasEnded());
  EXPECT_THAT(Refusals(), Contains(RefusalCause::kWriteTimeout));
  EXPECT_TRUE(AnswersOnEachLoop());
}

TEST_P(TwoWayStreamTest, CountsTheMemoryOfItsOwner) {
  session_->held = kMostHeldBytes / 2;
  RawClient client = Upgraded();
  client.Send("one");
  EXPECT_TRUE(session_->Receives("one"));
  EXPECT_TRUE(Eventually([&] { return held_.held >= kMostHeldBytes / 2; }));
  session_->held = 0;
  client.Send("two");
  EXPECT_TRUE(Eventually([&] { return held_.held < kMostHeldBytes / 2; }));
  EXPECT_EQ(session_->ends, 0);
  session_->held = kMostHeldBytes + 1;
  client.Send("three");
  EXPECT_TRUE(session_->HasEnded());
  EXPECT_THAT(Refusals(), Contains(RefusalCause::kMemory));
  EXPECT_TRUE(Eventually([&] { return held_.held == 0; }));
}

TEST_P(TwoWayStreamTest, CountsTheMemoryOfItsOwnerAfterAPause) {
  session_->pauses = true;
  session_->held = kMostHeldBytes / 2;
  RawClient client = Upgraded();
  client.Send("one");
  EXPECT_TRUE(Eventually([&] { return held_.held >= kMostHeldBytes / 2; }));
  session_->stream()->ReadOn(0);
  EXPECT_TRUE(Eventually([&] { return held_.held < kMostHeldBytes / 2; }));
  EXPECT_EQ(session_->ends, 0);
}

TEST_P(TwoWayStreamTest, LetsItsOwnerSayGoodbyeWhenTheServerDrains) {
  std::optional<RawClient> client = Upgraded();
  std::jthread stopper([this] { server_->Stop(1h); });  // not used up: the clock stands still
  EXPECT_EQ(client->ReceiveAll(), "goodbye");
  client.reset();
  stopper.join();
  EXPECT_EQ(session_->drains, 1);
  EXPECT_EQ(session_->ends, 1);
  EXPECT_FALSE(session_->stream()->Write("more"));
}

TEST_P(TwoWayStreamTest, DoesNotDelayADrainForASlowClient) {
  const RawClient client = Upgraded();
  FillUp();
  server_->Stop(1h);
  EXPECT_EQ(session_->drains, 1);
  EXPECT_EQ(session_->ends, 1);
}

TEST_P(TwoWayStreamTest, EndsIfItsOwnerThrows) {
  ServeBy([this](const HttpRequest& request, Responder& responder) {
    if (!request.upgrade) return responder.Send(Describe(request));
    TwoWayStream::Owner owner = session_->Owner();
    owner.on_bytes = [](TwoWayStream&, std::string_view) -> TwoWayStream::Receipt {
      throw std::bad_alloc();
    };
    session_->Keep(responder.Upgrade({.headers = {{"Upgrade", "websocket"}}}, std::move(owner)));
  });
  RawClient client = Upgraded();
  client.Send("bytes");
  EXPECT_TRUE(session_->HasEnded());
  EXPECT_TRUE(AnswersOnEachLoop());
}

/// Over TLS, OpenSSL's client has no half-closed connection.
class HalfClosedStreamTest : public TwoWayStreamTest {};

TEST_P(HalfClosedStreamTest, AnswersTheLastBytes) {
  RawClient client = Upgraded();
  client.Send("last");
  client.CloseWriting();
  EXPECT_EQ(client.ReceiveAll(), "last");
  EXPECT_TRUE(session_->HasEnded());
}

INSTANTIATE_TEST_SUITE_P(Wires, HalfClosedStreamTest, testing::Values(Wire::kPlain), WireName);
INSTANTIATE_TEST_SUITE_P(Wires, TwoWayStreamTest, testing::Values(Wire::kPlain, Wire::kTls),
                         WireName);

}  // namespace
}  // namespace rtcroom
