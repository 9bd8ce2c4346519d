#include "daemon/http/web_socket.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/web_socket_frames.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WebSocketTest : public testing::Test {
 protected:
  void Feed(std::string_view bytes) {
    socket_.Feed(bytes, [this](std::string_view text) { texts_.emplace_back(text); });
  }

  WebSocket socket_;
  std::vector<std::string> texts_;
};

// RFC 6455 5.7; its unmasked frames are those of a server.
TEST_F(WebSocketTest, ReadsAndWritesTheExamplesOfTheRfc) {
  Feed("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  EXPECT_THAT(texts_, ElementsAre("Hello"));
  socket_.SendText("Hello");
  EXPECT_EQ(socket_.TakeOutput(), "\x81\x05\x48\x65\x6c\x6c\x6f");
  Feed("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");  // a pong that answers nothing
  EXPECT_EQ(socket_.TakeOutput(), "");
  Feed(ClientFrame(kFinal | kPingOpcode, "Hello"));
  EXPECT_EQ(socket_.TakeOutput(), "\x8a\x05\x48\x65\x6c\x6c\x6f");
  Feed(ClientFrame(kTextOpcode, "Hel"));
  Feed(ClientFrame(kFinal | kContinuationOpcode, "lo"));
  EXPECT_THAT(texts_, ElementsAre("Hello", "Hello"));
}

TEST_F(WebSocketTest, WritesEachLengthInItsShortestForm) {
  using std::string_literals::operator""s;
  for (const auto& [size, header] : std::vector<std::pair<std::size_t, std::string>>{
           {0, "\x81\x00"s},
           {125, "\x81\x7d"s},
           {126, "\x81\x7e\x00\x7e"s},
           {256, "\x81\x7e\x01\x00"s},
           {65'535, "\x81\x7e\xff\xff"s},
           {65'536, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s}}) {
    const std::string text(size, 'x');
    socket_.SendText(text);
    EXPECT_EQ(socket_.TakeOutput(), header + text) << size;
  }
}

TEST_F(WebSocketTest, OneOfBytesTakesBothKindsOfMessages) {
  WebSocket socket(WebSocket::kMaxMessageBytes, WebSocket::Frames::kBinary);
  std::string read;
  const auto take = [&read](std::string_view text) { read += text; };
  socket.Feed(ClientFrame(kFinal | kBinaryOpcode, "a") + ClientText("b"), take);
  EXPECT_EQ(read, "ab");
  socket.SendText("c");
  EXPECT_EQ(socket.TakeOutput(), ServerFrame(kFinal | kBinaryOpcode, "c"));
  EXPECT_EQ(WebSocket::EncodeBinary("c"), ServerFrame(kFinal | kBinaryOpcode, "c"));
  socket.Feed(ClientFrame(kFinal | kBinaryOpcode, "\xff"), take);
  EXPECT_EQ(socket.TakeOutput(), ServerClose(1007));
}

TEST_F(WebSocketTest, CollectsItsOutput) {
  socket_.SendText("one");
  socket_.Ping();
  socket_.SendText("two");
  EXPECT_EQ(socket_.TakeOutput(),
            ServerText("one") + "\x89" + std::string(1, '\0') + ServerText("two"));
  EXPECT_EQ(socket_.TakeOutput(), "");
}

TEST_F(WebSocketTest, ClosesWhenBothEndsHaveSentAClose) {
  socket_.Close(4001, "other login");
  EXPECT_EQ(socket_.TakeOutput(), ServerClose(4001, "other login"));
  EXPECT_TRUE(socket_.closing());
  EXPECT_FALSE(socket_.closed());
  Feed(ClientText("crossed it") + ClientFrame(kFinal | kPingOpcode, "") + ClientClose(4001));
  EXPECT_TRUE(socket_.closed());
  EXPECT_THAT(texts_, IsEmpty());
  EXPECT_EQ(socket_.TakeOutput(), "");
}

TEST_F(WebSocketTest, SendsNothingAfterAClose) {
  socket_.SendText("before");
  socket_.Close(close_code::kRestart);
  socket_.Close(close_code::kNormal);
  socket_.SendText("after");
  socket_.Ping();
  EXPECT_EQ(socket_.TakeOutput(), ServerText("before") + ServerClose(1012));
}

TEST_F(WebSocketTest, DropsTheRestOfAMessageAfterItsOwnClose) {
  Feed(ClientFrame(kTextOpcode, std::string(60'000, 'x')));
  socket_.Close(close_code::kGoingAway);
  EXPECT_LT(socket_.held_memory(), 5'000U);
  for (int i = 0; i < 100; ++i) Feed(ClientFrame(kContinuationOpcode, std::string(60'000, 'x')));
  EXPECT_LT(socket_.held_memory(), 5'000U);
  Feed(ClientFrame(kFinal | kContinuationOpcode, "") + ClientClose(1001));
  EXPECT_THAT(texts_, IsEmpty());
  EXPECT_TRUE(socket_.closed());
}

TEST_F(WebSocketTest, DoesNotCloseTwiceForABadFrameAfterItsOwnClose) {
  socket_.Close(close_code::kGoingAway);
  EXPECT_EQ(socket_.TakeOutput(), ServerClose(1001));
  Feed(ClientFrame(0x83, "x"));
  EXPECT_TRUE(socket_.closed());
  EXPECT_EQ(socket_.TakeOutput(), "");
}

TEST_F(WebSocketTest, CutsALongReasonBetweenCharacters) {
  const std::string plain(122, 'x');
  socket_.Close(close_code::kPolicy, plain + "é");  // would end at 124
  EXPECT_EQ(socket_.TakeOutput(), ServerClose(1008, plain));
  WebSocket other;
  other.Close(close_code::kPolicy, plain + "xyz");
  EXPECT_EQ(other.TakeOutput(), ServerClose(1008, plain + "x"));
}

TEST_F(WebSocketTest, LetsTheReaderOfATextSendAndClose) {
  socket_.Feed(ClientText("one") + ClientText("two"), [this](std::string_view text) {
    texts_.emplace_back(text);
    socket_.SendText(text);
    socket_.Close(close_code::kNormal);
  });
  EXPECT_THAT(texts_, ElementsAre("one"));
  EXPECT_EQ(socket_.TakeOutput(), ServerText("one") + ServerClose(1000));
}

TEST_F(WebSocketTest, PassesOnAnExceptionOfItsReader) {
  EXPECT_THROW(
      socket_.Feed(ClientText("one"), [](std::string_view) { throw std::runtime_error("full"); }),
      std::runtime_error);
}

TEST_F(WebSocketTest, HoldsNoMemoryBetweenMessages) {
  EXPECT_EQ(socket_.held_memory(), 0U);
  const std::string frame = ClientText(std::string(1'000, 'x'));
  for (std::size_t i = 0; i + 1 < frame.size(); ++i) {
    Feed(frame.substr(i, 1));
    ASSERT_GT(socket_.held_memory(), 0U) << i;
  }
  Feed(frame.substr(frame.size() - 1));
  EXPECT_EQ(texts_.size(), 1U);
  EXPECT_EQ(socket_.held_memory(), 0U);
  Feed(frame + frame);
  EXPECT_EQ(socket_.held_memory(), 0U);
}

TEST_F(WebSocketTest, BoundsTheMemoryOfAMessage) {
  constexpr std::size_t kMostMemory = 2 * WebSocket::kMaxMessageBytes + 10'000;
  Feed(ClientFrame(kTextOpcode, "x"));
  for (std::size_t i = 1; i < WebSocket::kMaxMessageBytes; ++i) {
    Feed(ClientFrame(kContinuationOpcode, "x"));
    ASSERT_LT(socket_.held_memory(), kMostMemory);
  }
  EXPECT_FALSE(socket_.closed());
  Feed(ClientFrame(kContinuationOpcode, "x"));
  EXPECT_EQ(socket_.TakeOutput(), ServerClose(1009));
  EXPECT_TRUE(socket_.closed());
  EXPECT_EQ(socket_.held_memory(), 0U);
}

TEST_F(WebSocketTest, RefusesALongMessageBeforeItArrives) {
  WebSocket socket(1'000);
  const auto ignore = [](std::string_view) {};
  const std::string frame = ClientText(std::string(1'001, 'x'));
  socket.Feed(std::string_view(frame).substr(0, 9), ignore);  // its header and a byte
  EXPECT_EQ(socket.TakeOutput(), ServerClose(1009));
  EXPECT_TRUE(socket.closed());
}

TEST_F(WebSocketTest, AnswersEachCloseCodeOfTheRfc) {
  for (const std::uint16_t code :
       std::initializer_list<std::uint16_t>{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011,
                                            1012, 1013, 1014, 3000, 3999, 4000, 4999}) {
    WebSocket socket;
    socket.Feed(ClientClose(code, "reason"), [](std::string_view) {});
    EXPECT_EQ(socket.TakeOutput(), ServerClose(code));
    EXPECT_TRUE(socket.closed());
  }
}

TEST_F(WebSocketTest, RefusesEachCloseCodeThatIsNotSent) {
  for (const std::uint16_t code : std::initializer_list<std::uint16_t>{
           0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65'535}) {
    WebSocket socket;
    socket.Feed(ClientClose(code), [](std::string_view) {});
    EXPECT_EQ(socket.TakeOutput(), ServerClose(1002)) << code;
    EXPECT_TRUE(socket.closed());
  }
}

}  // namespace
}  // namespace rtcroom
