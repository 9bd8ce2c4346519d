#include "daemon/grpc/http2_guard.h"

#include <algorithm>
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/http2_bytes.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

class Http2GuardTest : public testing::Test {
 protected:
  /// As a connection that has begun.
  Http2GuardTest() { EXPECT_EQ(Send(guard_, Http2Beginning()), ""); }

  /// Sends all of it; says why the connection must end, or nothing. Waits are slept through.
  std::string_view Send(Http2Guard& guard, const std::string& bytes) {
    std::string_view unpassed = bytes;
    while (true) {
      const Http2Guard::Passage passage = guard.FromClient(unpassed, now_);
      passed_ += unpassed.substr(0, passage.bytes);
      unpassed.remove_prefix(passage.bytes);
      if (!passage.refusal.empty()) return passage.refusal;
      if (passage.wait.count() == 0) return unpassed.empty() ? "" : "held back";
      waited_ += passage.wait;
      now_ += passage.wait;
    }
  }
  std::string_view Send(const std::string& bytes) { return Send(guard_, bytes); }

  static std::string Begin(std::uint32_t stream) { return CallFrame(stream, "/a.B/C"); }
  static std::string Trailers(std::uint32_t stream) {
    return FrameOf(FrameType::kHeaders, FrameHeader::kEndHeaders | FrameHeader::kEndStream, stream,
                   "x");
  }

  Http2Limits limits_;
  Http2Budget budget_{limits_};
  Http2Guard guard_{budget_};
  MonotonicTime now_{std::chrono::hours(1)};
  std::chrono::nanoseconds waited_{0};
  std::string passed_;
};

TEST_F(Http2GuardTest, PassesAnOrdinaryCallUnchanged) {
  passed_.clear();
  const std::string call =
      Begin(1) + FrameOf(FrameType::kData, FrameHeader::kEndStream, 1, "request") +
      FrameOf(FrameType::kWindowUpdate, 0, 0, std::string_view("\0\0\1\0", 4)) +
      FrameOf(FrameType::kPing, 0, 0, "12345678");
  EXPECT_EQ(Send(call), "");
  EXPECT_EQ(passed_, call);
  EXPECT_EQ(waited_.count(), 0);
}

TEST_F(Http2GuardTest, PassesTheSameWhereverTheBytesAreCut) {
  const std::string all = Http2Beginning() + Begin(1) + FrameOf(FrameType::kData, 0, 1, "request") +
                          Begin(3) + ResetFrame(3);
  for (std::size_t piece = 1; piece < all.size(); ++piece) {
    Http2Guard guard(budget_);
    std::string passed;
    std::string waiting;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      waiting += all.substr(at, piece);
      const Http2Guard::Passage passage = guard.FromClient(waiting, now_);
      ASSERT_EQ(passage.refusal, "") << "in pieces of " << piece;
      passed += waiting.substr(0, passage.bytes);
      waiting.erase(0, passage.bytes);
    }
    EXPECT_EQ(passed, all) << "in pieces of " << piece;
    EXPECT_EQ(guard.open_streams(), 1u);
  }
}

TEST_F(Http2GuardTest, HoldsHeadersBackUntilTheyAreWhole) {
  const std::string headers = Begin(1);
  for (std::size_t size = 0; size < headers.size(); ++size) {
    EXPECT_EQ(guard_.FromClient(headers.substr(0, size), now_).bytes, 0u) << size;
  }
  EXPECT_EQ(guard_.FromClient(headers, now_).bytes, headers.size());
}

TEST_F(Http2GuardTest, PassesDataAsItComes) {
  ASSERT_EQ(Send(Begin(1)), "");
  const std::string data = FrameOf(FrameType::kData, 0, 1, "0123456789");
  EXPECT_EQ(guard_.FromClient(data.substr(0, 13), now_).bytes, 13u);
  EXPECT_EQ(guard_.FromClient(data.substr(13), now_).bytes, data.size() - 13);
}

TEST_F(Http2GuardTest, KnowsAClientByItsFirstWords) {
  Http2Guard http1(budget_);
  EXPECT_EQ(Send(http1, "G"), "not HTTP/2");
  Http2Guard nearly(budget_);
  EXPECT_EQ(Send(nearly, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r!"), "not HTTP/2");
  Http2Guard rash(budget_);
  EXPECT_EQ(Send(rash, std::string(kClientPreface) + Begin(1)), "no settings at the beginning");
  Http2Guard strange(budget_);
  EXPECT_EQ(Send(strange,
                 std::string(kClientPreface) + FrameOf(FrameType::kSettings, FrameHeader::kAck, 0)),
            "no settings at the beginning");
  Http2Guard honest(budget_);
  EXPECT_FALSE(honest.has_begun());
  EXPECT_EQ(Send(honest, Http2Beginning()), "");
  EXPECT_TRUE(honest.has_begun());
}

TEST_F(Http2GuardTest, RefusesHeadersInSeveralFrames) {
  EXPECT_EQ(Send(FrameOf(FrameType::kHeaders, 0, 1, "x")), "headers in several frames");
  EXPECT_EQ(Send(FrameOf(FrameType::kContinuation, 0, 1, "x")), "headers in several frames");
}

TEST_F(Http2GuardTest, RefusesWhatNoClientSends) {
  const std::string long_payload(limits_.max_frame_bytes + 1, 'x');
  EXPECT_EQ(Send(FrameOf(FrameType::kData, 0, 1, long_payload)), "a frame is too long");
  EXPECT_EQ(Send(FrameOf(FrameType::kPushPromise, 0, 1, "x")), "a client cannot push");
  EXPECT_EQ(Send(FrameOf(FrameType::kSettings, 0, 0, std::string(6 * 65, '\0'))),
            "too many settings");
}

TEST_F(Http2GuardTest, PassesFramesOfUnknownTypes) {
  EXPECT_EQ(Send(FrameOf(static_cast<FrameType>(0xee), 0, 0, "whatever")), "");
}

TEST_F(Http2GuardTest, CountsStreamsUntilEitherSideEndsThem) {
  ASSERT_EQ(Send(Begin(1) + Begin(3) + Begin(5)), "");
  EXPECT_EQ(guard_.open_streams(), 3u);
  EXPECT_EQ(Send(ResetFrame(1)), "");
  EXPECT_EQ(guard_.open_streams(), 2u);
  guard_.FromServer(Trailers(3));
  EXPECT_EQ(guard_.open_streams(), 1u);
  guard_.FromServer(ResetFrame(5));
  EXPECT_EQ(guard_.open_streams(), 0u);
  EXPECT_EQ(budget_.open_streams, 0u);
}

TEST_F(Http2GuardTest, CountsNoStreamTwice) {
  ASSERT_EQ(Send(Begin(1)), "");
  EXPECT_EQ(Send(Trailers(1)), "") << "the client's own trailers";
  EXPECT_EQ(guard_.open_streams(), 1u);
  guard_.FromServer(Trailers(1) + ResetFrame(1));
  EXPECT_EQ(Send(ResetFrame(1)), "");
  EXPECT_EQ(Send(Begin(1)), "") << "too late: gRPC knows what to do with it";
  EXPECT_EQ(guard_.open_streams(), 0u);
  EXPECT_EQ(budget_.open_streams, 0u);
}

TEST_F(Http2GuardTest, ReadsTheServersFramesWhereverTheyAreCut) {
  ASSERT_EQ(Send(Begin(1)), "");
  const std::string reply = FrameOf(FrameType::kHeaders, FrameHeader::kEndHeaders, 1, "status") +
                            FrameOf(FrameType::kData, 0, 1, "a reply") + Trailers(1);
  for (std::size_t at = 0; at < reply.size(); ++at) {
    EXPECT_EQ(guard_.open_streams(), at + 1 <= reply.size() - 1 ? 1u : 0u) << at;
    guard_.FromServer(reply.substr(at, 1));
  }
  EXPECT_EQ(guard_.open_streams(), 0u);
}

TEST_F(Http2GuardTest, BoundsTheOpenStreamsOfAConnection) {
  std::uint32_t stream = 1;
  for (; guard_.open_streams() < limits_.max_streams; stream += 2)
    ASSERT_EQ(Send(Begin(stream)), "");
  EXPECT_EQ(Send(Begin(stream)), "too many streams");
}

TEST_F(Http2GuardTest, BoundsTheOpenStreamsOfAllConnections) {
  Http2Budget budget({.max_all_streams = 3, .fair_streams = 0});
  Http2Guard one(budget);
  Http2Guard other(budget);
  ASSERT_EQ(Send(one, Http2Beginning() + Begin(1) + Begin(3)), "");
  {
    Http2Guard gone(budget);
    ASSERT_EQ(Send(gone, Http2Beginning() + Begin(1)), "");
    EXPECT_EQ(Send(other, Http2Beginning() + Begin(1)), "too many streams altogether");
  }
  Http2Guard later(budget);
  EXPECT_EQ(Send(later, Http2Beginning() + Begin(1)), "") << "what has ended counts no more";
}

TEST_F(Http2GuardTest, LeavesEveryConnectionItsShareWhateverTheOthersHaveOpen) {
  Http2Budget budget({.max_all_streams = 3, .fair_streams = 2});
  Http2Guard greedy(budget);
  Http2Guard modest(budget);
  ASSERT_EQ(Send(greedy, Http2Beginning() + Begin(1) + Begin(3) + Begin(5)), "");
  EXPECT_EQ(Send(modest, Http2Beginning() + Begin(1) + Begin(3)), "");
  EXPECT_EQ(Send(modest, Begin(5)), "too many streams altogether");
}

// The attack called rapid reset: what was begun is taken back, so that no number of open streams
// is ever too large.
TEST_F(Http2GuardTest, SlowsDownWhoBeginsTooManyStreams) {
  constexpr std::uint32_t kSeconds = 4;
  const std::uint32_t streams = limits_.streams.burst + kSeconds * limits_.streams.per_second;
  for (std::uint32_t i = 0; i < streams; ++i) {
    ASSERT_EQ(Send(Begin(2 * i + 1) + ResetFrame(2 * i + 1)), "");
  }
  EXPECT_GE(waited_, std::chrono::seconds(kSeconds) - milliseconds(50));
  EXPECT_LE(waited_, std::chrono::seconds(kSeconds) + milliseconds(50));
}

TEST_F(Http2GuardTest, LeavesABurstAlone) {
  for (std::uint32_t i = 0; i < limits_.streams.burst; ++i) ASSERT_EQ(Send(Begin(2 * i + 1)), "");
  EXPECT_EQ(waited_.count(), 0);
}

TEST_F(Http2GuardTest, SharesTheStreamsOfASecondAmongConnections) {
  Http2Budget budget({.all_streams = {.per_second = 100, .burst = 1}});
  Http2Guard one(budget);
  Http2Guard other(budget);
  ASSERT_EQ(Send(one, Http2Beginning() + Begin(1)), "");
  ASSERT_EQ(Send(other, Http2Beginning()), "");
  const auto wait = [&](Http2Guard& guard, std::uint32_t stream) {
    return guard.FromClient(Begin(stream), now_).wait;
  };
  EXPECT_EQ(wait(one, 3), milliseconds(10));
  EXPECT_EQ(wait(other, 1), milliseconds(20)) << "whoever asks first is served first";
}

TEST_F(Http2GuardTest, SlowsDownWhoSendsTooManyFrames) {
  const std::string update = FrameOf(FrameType::kWindowUpdate, 0, 0, std::string(4, '\1'));
  for (std::uint32_t i = 0; i < limits_.frames.burst - 10; ++i) ASSERT_EQ(Send(update), "");
  EXPECT_EQ(waited_.count(), 0) << "one for each event that the client is told";
  for (std::uint32_t i = 0; i < limits_.frames.per_second; ++i) ASSERT_EQ(Send(update), "");
  EXPECT_GE(waited_, milliseconds(950));
}

TEST_F(Http2GuardTest, SlowsDownSoonerWhoSendsFramesThatCarryNothing) {
  const std::string frame = FrameOf(FrameType::kSettings, FrameHeader::kAck, 0);
  for (std::uint32_t i = 0; i < limits_.control_frames.burst - 10; ++i) {
    ASSERT_EQ(Send(frame), "");
  }
  EXPECT_EQ(waited_.count(), 0);
  for (std::uint32_t i = 0; i < limits_.control_frames.per_second; ++i) ASSERT_EQ(Send(frame), "");
  EXPECT_GE(waited_, milliseconds(950));
}

TEST_F(Http2GuardTest, LeavesAloneWhoPingsForEachRoundTrip) {
  for (int i = 0; i < 1'000; ++i) {
    guard_.FromServer(FrameOf(FrameType::kData, 0, 1, "an event"));
    ASSERT_EQ(Send(FrameOf(FrameType::kPing, 0, 0, "12345678")), "");
  }
  EXPECT_EQ(waited_.count(), 0);
}

TEST_F(Http2GuardTest, LeavesAloneWhoPingsToStayAlive) {
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_EQ(Send(FrameOf(FrameType::kPing, 0, 0, "12345678")), "");
    now_ += std::chrono::seconds(10);
  }
}

TEST_F(Http2GuardTest, RefusesPingsForNoReason) {
  const std::string ping = FrameOf(FrameType::kPing, 0, 0, "12345678");
  const std::string answer = FrameOf(FrameType::kPing, FrameHeader::kAck, 0, "12345678");
  for (std::uint32_t i = 0; i < limits_.idle_pings.burst; ++i) {
    ASSERT_EQ(Send(ping + answer), "") << "answers are to our own";
    guard_.FromServer(answer);
  }
  EXPECT_EQ(Send(ping), "too many pings");
}

}  // namespace
}  // namespace rtcroom
