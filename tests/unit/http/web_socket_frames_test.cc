// Sequences of frames that a client should not send, each with its outcome.
#include "tests/support/web_socket_frames.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/http/web_socket.h"

namespace rtcroom {
namespace {

using Texts = std::vector<std::string>;

/// What has come of a stream of bytes.
struct FramesRead {
  Texts texts{};
  std::string output{};
  bool is_closed = false;

  bool operator==(const FramesRead&) const = default;
};
void PrintTo(const FramesRead& outcome, std::ostream* out) {
  *out << testing::PrintToString(outcome.texts) << ", " << testing::PrintToString(outcome.output)
       << (outcome.is_closed ? ", closed" : ", open");
}

/// A close frame of the server with this code, without or after other output.
FramesRead Closed(std::uint16_t code, Texts texts = {}, const std::string& before = {}) {
  return {.texts = std::move(texts), .output = before + ServerClose(code), .is_closed = true};
}
FramesRead ClosedWithoutCode(Texts texts = {}) {
  return {.texts = std::move(texts), .output = ServerFrame(0x88, ""), .is_closed = true};
}
FramesRead Open(Texts texts = {}, std::string output = {}) {
  return {.texts = std::move(texts), .output = std::move(output)};
}

struct Sequence {
  const char* name = "";
  std::string bytes{};
  FramesRead outcome{};
};
void PrintTo(const Sequence& sequence, std::ostream* out) { *out << sequence.name; }

constexpr std::size_t kMost = WebSocket::kMaxMessageBytes;
const std::string kMask = "\x01\x02\x03\x04";
const std::string kEuro = "\xe2\x82\xac";

/// A header with a length of its own form, and one byte after it.
std::string Begun(std::uint8_t first, std::uint8_t second, std::uint64_t length,
                  std::size_t length_bytes) {
  return std::string{static_cast<char>(first), static_cast<char>(0x80 | second)} +
         NumberBytes(length, length_bytes) + kMask + "x";
}
/// Likewise without a mask.
std::string Unmasked(std::uint8_t first, std::string_view payload) {
  return ServerFrame(first, payload);
}
std::string Control(std::uint8_t opcode, std::string_view payload) {
  return ClientFrame(kFinal | opcode, payload);
}
std::string Fragment(std::string_view payload) { return ClientFrame(kTextOpcode, payload); }
std::string More(std::string_view payload) { return ClientFrame(kContinuationOpcode, payload); }
std::string Last(std::string_view payload) {
  return ClientFrame(kFinal | kContinuationOpcode, payload);
}
std::string Pong(std::string_view payload) { return ServerFrame(kFinal | kPongOpcode, payload); }
std::string Repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::vector<Sequence> ReservedBitsAndOpcodes() {
  return {
      {"Rsv1OnText", ClientFrame(0xc1, "x"), Closed(1002)},
      {"Rsv2OnText", ClientFrame(0xa1, "x"), Closed(1002)},
      {"Rsv3OnText", ClientFrame(0x91, "x"), Closed(1002)},
      {"Rsv1OnAnEmptyText", ClientFrame(0xc1, ""), Closed(1002)},
      {"Rsv1OnAFragment", ClientFrame(0x41, "x"), Closed(1002)},
      {"Rsv1OnAContinuation", Fragment("x") + ClientFrame(0xc0, "x"), Closed(1002)},
      {"Rsv1OnAPing", ClientFrame(0xc9, "x"), Closed(1002)},
      {"Rsv2OnAPong", ClientFrame(0xaa, "x"), Closed(1002)},
      {"Rsv3OnAClose", ClientFrame(0x98, CloseBody(1000)), Closed(1002)},
      {"AllRsvOnBinary", ClientFrame(0xf2, "x"), Closed(1002)},
      {"Opcode3", ClientFrame(0x83, "x"), Closed(1002)},
      {"Opcode4", ClientFrame(0x84, ""), Closed(1002)},
      {"Opcode5", ClientFrame(0x85, "x"), Closed(1002)},
      {"Opcode6", ClientFrame(0x06, "x"), Closed(1002)},
      {"Opcode7", ClientFrame(0x87, "x"), Closed(1002)},
      {"OpcodeB", ClientFrame(0x8b, "x"), Closed(1002)},
      {"OpcodeC", ClientFrame(0x8c, ""), Closed(1002)},
      {"OpcodeD", ClientFrame(0x8d, "x"), Closed(1002)},
      {"OpcodeE", ClientFrame(0x0e, "x"), Closed(1002)},
      {"OpcodeF", ClientFrame(0x8f, "x"), Closed(1002)},
      {"OpcodeBBetweenFragments", Fragment("x") + ClientFrame(0x8b, "x"), Closed(1002)},
  };
}

std::vector<Sequence> Masks() {
  return {
      {"UnmaskedText", Unmasked(0x81, "Hello"), Closed(1002)},
      {"UnmaskedEmptyText", Unmasked(0x81, ""), Closed(1002)},
      {"UnmaskedPing", Unmasked(0x89, "x"), Closed(1002)},
      {"UnmaskedClose", Unmasked(0x88, CloseBody(1000)), Closed(1002)},
      {"UnmaskedEmptyClose", Unmasked(0x88, ""), Closed(1002)},
      {"UnmaskedContinuation", Fragment("x") + Unmasked(0x80, "x"), Closed(1002)},
      {"UnmaskedAfterMasked", ClientText("one") + Unmasked(0x81, "two"), Closed(1002, {"one"})},
      {"UnmaskedLongText", Unmasked(0x81, std::string(70'000, 'x')), Closed(1002)},
      {"AMaskOfZeros", ClientFrame(0x81, "plain", std::string(4, '\0')), Open({"plain"})},
      {"AMaskOfOnes", ClientFrame(0x81, "plain", "\xff\xff\xff\xff"), Open({"plain"})},
      {"AnotherMaskForEachFragment",
       ClientFrame(0x01, "He", "\x01\x02\x03\x04") + ClientFrame(0x80, "llo", "\x05\x06\x07\x08"),
       Open({"Hello"})},
  };
}

std::vector<Sequence> Lengths() {
  return {
      {"Length2To63", Begun(0x81, 127, std::uint64_t{1} << 63, 8), Closed(1002)},
      {"Length2To64Less1", Begun(0x81, 127, ~std::uint64_t{0}, 8), Closed(1002)},
      {"Length2To63Less1", Begun(0x81, 127, (std::uint64_t{1} << 63) - 1, 8), Closed(1009)},
      {"Length2To32", Begun(0x81, 127, std::uint64_t{1} << 32, 8), Closed(1009)},
      {"LengthOverTheLimit", Begun(0x81, 127, kMost + 1, 8), Closed(1009)},
      {"LengthOfTheLimit", ClientText(std::string(kMost, 'x')), Open({std::string(kMost, 'x')})},
      {"LongFormOf65535", Begun(0x81, 127, 65'535, 8), Closed(1002)},
      {"LongFormOf1", Begun(0x81, 127, 1, 8), Closed(1002)},
      {"MiddleFormOf125", Begun(0x81, 126, 125, 2), Closed(1002)},
      {"MiddleFormOf0", Begun(0x81, 126, 0, 2), Closed(1002)},
      {"AContinuationOfLength2To63", Fragment("x") + Begun(0x80, 127, std::uint64_t{1} << 63, 8),
       Closed(1002)},
      {"AContinuationThatOverflowsTheSum",
       Fragment("x") + Begun(0x80, 127, (std::uint64_t{1} << 63) - 1, 8), Closed(1009)},
      {"FragmentsOverTheLimit", Fragment(std::string(kMost, 'x')) + Last("x"), Closed(1009)},
      {"FragmentsOfTheLimit", Fragment(std::string(kMost - 1, 'x')) + Last("x"),
       Open({std::string(kMost, 'x')})},
      {"ALongMessageAfterAShortOne", ClientText("one") + Begun(0x81, 127, kMost + 1, 8),
       Closed(1009, {"one"})},
  };
}

std::vector<Sequence> ControlFrames() {
  const std::string most(125, 'x');
  return {
      {"APingOf125", Control(kPingOpcode, most), Open({}, Pong(most))},
      {"APingOf126", Control(kPingOpcode, most + "x"), Closed(1002)},
      {"APingOfALongLength", Begun(0x89, 127, 65'536, 8), Closed(1002)},
      {"APongOf126", Control(kPongOpcode, most + "x"), Closed(1002)},
      {"ACloseOf126", Control(kCloseOpcode, CloseBody(1000, most.substr(1))), Closed(1002)},
      {"ACloseOf125", Control(kCloseOpcode, CloseBody(1000, most.substr(2))), Closed(1000)},
      {"AFragmentedPing", ClientFrame(kPingOpcode, "x"), Closed(1002)},
      {"AFragmentedPong", ClientFrame(kPongOpcode, ""), Closed(1002)},
      {"AFragmentedClose", ClientFrame(kCloseOpcode, CloseBody(1000)), Closed(1002)},
      {"AnEmptyPing", Control(kPingOpcode, ""), Open({}, Pong(""))},
      {"APingOfBinaryData", Control(kPingOpcode, "\xff\xc0"), Open({}, Pong("\xff\xc0"))},
      {"AnUnaskedPong", Control(kPongOpcode, "x") + ClientText("one"), Open({"one"})},
      {"ManyPings", Repeated(Control(kPingOpcode, "x"), 1'000),
       Open({}, Repeated(Pong("x"), 1'000))},
  };
}

std::vector<Sequence> Fragments() {
  return {
      {"AContinuationOfNothing", Last("x"), Closed(1002)},
      {"AContinuationAfterAMessage", ClientText("one") + Last("x"), Closed(1002, {"one"})},
      {"AContinuationAfterTheLast", Fragment("a") + Last("b") + Last("c"), Closed(1002, {"ab"})},
      {"ATextBetweenFragments", Fragment("a") + ClientText("b"), Closed(1002)},
      {"AFragmentBetweenFragments", Fragment("a") + Fragment("b"), Closed(1002)},
      {"BinaryBetweenFragments", Fragment("a") + ClientFrame(0x82, "b"), Closed(1002)},
      {"Binary", ClientFrame(0x82, "x"), Closed(1003)},
      {"EmptyBinary", ClientFrame(0x82, ""), Closed(1003)},
      {"FragmentedBinary", ClientFrame(0x02, "x"), Closed(1003)},
      {"LongBinary", Begun(0x82, 127, kMost + 1, 8), Closed(1003)},
      {"APingBetweenFragments", Fragment("a") + Control(kPingOpcode, "p") + Last("b"),
       Open({"ab"}, Pong("p"))},
      {"ACloseBetweenFragments", Fragment("a") + ClientClose(1001) + Last("b"), Closed(1001)},
      {"EmptyFragments", Fragment("") + More("") + Last(""), Open({""})},
      {"ThousandEmptyFragments", Fragment("a") + Repeated(More(""), 1'000) + Last("b"),
       Open({"ab"})},
      {"AnEmptyText", ClientText(""), Open({""})},
      {"AMessageWithoutAnEnd", Fragment("a") + More("b"), Open()},
      {"AFrameWithoutAnEnd", ClientText("text").substr(0, 8), Open()},
      {"AHeaderWithoutAnEnd", ClientText("text").substr(0, 1), Open()},
  };
}

std::vector<Sequence> Utf8() {
  return {
      {"ByteFf", ClientText("a\xff"), Closed(1007)},
      {"AnOverlongForm", ClientText("\xc0\x80"), Closed(1007)},
      {"ASurrogate", ClientText("\xed\xa0\x80"), Closed(1007)},
      {"AboveUnicode", ClientText("\xf4\x90\x80\x80"), Closed(1007)},
      {"ALoneContinuationByte", ClientText("\x80"), Closed(1007)},
      {"ACutCharacter", ClientText("ab\xe2\x82"), Closed(1007)},
      {"ACharacterOverFragments", Fragment("\xe2") + More("\x82") + Last("\xac"), Open({kEuro})},
      {"ACharacterAroundAPing", Fragment("\xe2\x82") + Control(kPingOpcode, "") + Last("\xac"),
       Open({kEuro}, Pong(""))},
      {"ABadCharacterOverFragments", Fragment("\xe2\x82") + Last("\x41"), Closed(1007)},
      {"ACutCharacterOverFragments", Fragment("\xe2") + Last("\x82"), Closed(1007)},
      {"ASurrogateOverFragments", Fragment("\xed") + Last("\xa0\x80"), Closed(1007)},
      {"ACharacterOverMessages", ClientText("\xe2\x82") + ClientText("\xac"), Closed(1007)},
      {"ANul", ClientText(std::string(1, '\0')), Open({std::string(1, '\0')})},
      {"TheLastCharacter", ClientText("\xf4\x8f\xbf\xbf"), Open({"\xf4\x8f\xbf\xbf"})},
      {"ATextAfterABadOne", ClientText("\xff") + ClientText("ignored"), Closed(1007)},
  };
}

std::vector<Sequence> Closes() {
  return {
      {"AnEmptyClose", Control(kCloseOpcode, ""), ClosedWithoutCode()},
      {"ACloseOfOneByte", Control(kCloseOpcode, "\x03"), Closed(1002)},
      {"AReasonThatIsNotUtf8", ClientClose(1000, "\xff"), Closed(1007)},
      {"ACutReason", ClientClose(1000, "ab\xe2\x82"), Closed(1007)},
      {"AReasonOfBytesThatLookLikeACode", ClientClose(1000, "\x80\x80"), Closed(1007)},
      {"AReason", ClientClose(1000, kEuro), Closed(1000)},
      {"ABadCodeWithABadReason", ClientClose(1005, "\xff"), Closed(1002)},
      {"ATextAfterAClose", ClientClose(1000) + ClientText("x"), Closed(1000)},
      {"APingAfterAClose", ClientClose(1000) + Control(kPingOpcode, "x"), Closed(1000)},
      {"ACloseAfterAClose", ClientClose(1000) + ClientClose(1001), Closed(1000)},
      {"NonsenseAfterAClose", ClientClose(1000) + std::string(10'000, '\xff'), Closed(1000)},
      {"ATextBeforeAClose", ClientText("x") + ClientClose(1000), Closed(1000, {"x"})},
      {"APingBeforeAClose", Control(kPingOpcode, "x") + ClientClose(1000),
       Closed(1000, {}, Pong("x"))},
      {"ACloseAfterAViolation", ClientFrame(0x83, "x") + ClientClose(1000), Closed(1002)},
      {"AnHttpRequest", "GET / HTTP/1.1\r\nHost: rooms\r\n\r\n", Closed(1002)},
      {"ATlsRecord", std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10), Closed(1002)},
      {"Zeros", std::string(100, '\0'), Closed(1002)},
  };
}

FramesRead OutcomeInPieces(std::string_view bytes, std::size_t piece) {
  WebSocket socket;
  FramesRead outcome;
  while (!bytes.empty()) {
    const std::size_t size = std::min(piece, bytes.size());
    socket.Feed(bytes.substr(0, size),
                [&](std::string_view text) { outcome.texts.emplace_back(text); });
    outcome.output += socket.TakeOutput();
    bytes.remove_prefix(size);
  }
  outcome.is_closed = socket.closed();
  return outcome;
}

class WebSocketFrames : public testing::TestWithParam<Sequence> {};

TEST_P(WebSocketFrames, HaveTheSameOutcomeInAnyPieces) {
  const Sequence& sequence = GetParam();
  for (const std::size_t piece : {sequence.bytes.size(), std::size_t{1}, std::size_t{2},
                                  std::size_t{3}, std::size_t{7}, std::size_t{4'096}}) {
    EXPECT_EQ(OutcomeInPieces(sequence.bytes, piece), sequence.outcome) << "pieces of " << piece;
  }
}

const auto kName = [](const auto& param_info) { return std::string(param_info.param.name); };
INSTANTIATE_TEST_SUITE_P(ReservedBitsAndOpcodes, WebSocketFrames,
                         testing::ValuesIn(ReservedBitsAndOpcodes()), kName);
INSTANTIATE_TEST_SUITE_P(Masks, WebSocketFrames, testing::ValuesIn(Masks()), kName);
INSTANTIATE_TEST_SUITE_P(Lengths, WebSocketFrames, testing::ValuesIn(Lengths()), kName);
INSTANTIATE_TEST_SUITE_P(ControlFrames, WebSocketFrames, testing::ValuesIn(ControlFrames()), kName);
INSTANTIATE_TEST_SUITE_P(Fragments, WebSocketFrames, testing::ValuesIn(Fragments()), kName);
INSTANTIATE_TEST_SUITE_P(Utf8, WebSocketFrames, testing::ValuesIn(Utf8()), kName);
INSTANTIATE_TEST_SUITE_P(Closes, WebSocketFrames, testing::ValuesIn(Closes()), kName);

}  // namespace
}  // namespace rtcroom
