#include "daemon/auth/stream_signature.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/auth/signed_stream_urls.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

constexpr char kSignedStream[] = "8888_user_0001";
/// The published signature of `kSignedStream`, which expires a week after `kNoon`.
constexpr char kSignedSecret[] = "5e98c8138018c0eedc060e5962151b24";
constexpr char kSignedTime[] = "655D2B80";
constexpr TimePoint kSignedUntil{std::chrono::seconds(0x655D2B80)};

const Secret& PushKey() {
  static const Secret key("testpushkey0123456789");
  return key;
}

StreamSignature CheckSigned(const StreamArguments& arguments,
                            std::string_view stream = kSignedStream, TimePoint now = kNoon) {
  return StreamSignatureVerifier(PushKey()).Check(stream, arguments, now);
}

StreamSignatureState StateOf(const StreamArguments& arguments,
                             std::string_view stream = kSignedStream, TimePoint now = kNoon) {
  const StreamSignature signature = CheckSigned(arguments, stream, now);
  EXPECT_EQ(signature.signed_until.has_value(), signature.is_authentic());
  return signature.state;
}

TEST(StreamSignature, AcceptsThePublishedSignatures) {
  const StreamSignature signature =
      CheckSigned({.tx_secret = kSignedSecret, .tx_time = kSignedTime});
  EXPECT_EQ(signature.state, StreamSignatureState::kGood);
  EXPECT_EQ(signature.signed_until, kSignedUntil);
  EXPECT_EQ(signature.binding, std::nullopt);
  EXPECT_EQ(StateOf({.tx_secret = "299b6114045b3b6506c664ab0af613d7", .tx_time = kSignedTime},
                    "8888_user_0001_ab12"),
            StreamSignatureState::kGood);
}

TEST(StreamSignature, AcceptsTheUrlsOfThisServer) {
  const SignedStreamUrls urls({.push_key = PushKey(), .push_host = "127.0.0.1"});
  const std::string url = *urls.PushUrl("alice", kNoon);
  const std::string arguments = url.substr(url.find('?'));
  ASSERT_TRUE(arguments.starts_with("?txSecret=")) << url;
  const std::string secret = arguments.substr(10, 32);
  const std::string time = arguments.substr(arguments.find("&txTime=") + 8);
  EXPECT_EQ(StateOf({.tx_secret = secret, .tx_time = time}, "alice"), StreamSignatureState::kGood);
}

TEST(StreamSignature, ExpiresAfterItsTime) {
  const StreamArguments arguments{.tx_secret = kSignedSecret, .tx_time = kSignedTime};
  EXPECT_EQ(StateOf(arguments, kSignedStream, kSignedUntil), StreamSignatureState::kGood);
  EXPECT_EQ(StateOf(arguments, kSignedStream, kSignedUntil + 1ms), StreamSignatureState::kExpired);
}

TEST(StreamSignature, IsMissingWithoutEitherArgument) {
  EXPECT_EQ(StateOf({}), StreamSignatureState::kMissing);
  EXPECT_EQ(StateOf({.tx_secret = kSignedSecret}), StreamSignatureState::kMissing);
  EXPECT_EQ(StateOf({.tx_time = kSignedTime}), StreamSignatureState::kMissing);
}

TEST(StreamSignature, IsMalformedUnlessADigestAndATime) {
  const std::string digest = kSignedSecret;
  for (const std::string& secret : std::vector<std::string>{"", digest.substr(1), digest + "0",
                                                            "5E98C8138018C0EEDC060E5962151B24",
                                                            std::string(32, 'g'), digest + '\0'}) {
    EXPECT_EQ(StateOf({.tx_secret = secret, .tx_time = kSignedTime}),
              StreamSignatureState::kMalformed)
        << secret;
  }
  for (const char* time : {"", "655d2b80", "0x655D2B80", "-655D2B80", "+655D2B80", " 655D2B80",
                           "655D2B80 ", "655D2B8G", "10000000000", "FFFFFFFFFFFFFFFFFFFFFF"}) {
    EXPECT_EQ(StateOf({.tx_secret = digest, .tx_time = time}), StreamSignatureState::kMalformed)
        << time;
  }
}

TEST(StreamSignature, IsWrongForAnotherStreamTimeOrKey) {
  const StreamArguments arguments{.tx_secret = kSignedSecret, .tx_time = kSignedTime};
  EXPECT_EQ(StateOf(arguments, "8888_user_0002"), StreamSignatureState::kWrong);
  EXPECT_EQ(StateOf(arguments, "8888_user_0001 "), StreamSignatureState::kWrong);
  EXPECT_EQ(StateOf(arguments, ""), StreamSignatureState::kWrong);
  EXPECT_EQ(StateOf({.tx_secret = kSignedSecret, .tx_time = "655D2B81"}),
            StreamSignatureState::kWrong);
  EXPECT_EQ(StateOf({.tx_secret = kSignedSecret, .tx_time = "0655D2B80"}),
            StreamSignatureState::kWrong)
      << "the same time in another form is not what was signed";
  EXPECT_EQ(StreamSignatureVerifier(Secret("another")).Check(kSignedStream, arguments, kNoon).state,
            StreamSignatureState::kWrong);
}

TEST(StreamSignature, TakesTheLatestTimeWithoutOverflow) {
  const StreamSignature signature =
      CheckSigned({.tx_secret = "49a9b92ba21f37e02f0f7e79437bb85b", .tx_time = "FFFFFFFFFF"});
  EXPECT_EQ(signature.state, StreamSignatureState::kGood);
  EXPECT_EQ(signature.signed_until, TimePoint(std::chrono::seconds(0xFFFFFFFFFF)));
}

TEST(StreamSignature, IsNotAskedForWithoutAKey) {
  const StreamSignatureVerifier unsigned_urls{Secret()};
  for (const StreamArguments& arguments :
       {StreamArguments{}, StreamArguments{.tx_secret = "x", .tx_time = "y"}}) {
    const StreamSignature signature = unsigned_urls.Check(kSignedStream, arguments, kNoon);
    EXPECT_EQ(signature.state, StreamSignatureState::kGood);
    EXPECT_EQ(signature.signed_until, std::nullopt);
  }
  EXPECT_EQ(unsigned_urls.BindingArguments("s", kSignedTime, {}), "");
}

// A URL that is bound to a room.
constexpr char kBoundStream[] = "8888_user_0001_ab12cd34";
/// The first half of the HMAC-SHA256, computed by another implementation.
constexpr char kBoundDigest[] = "7d529a9dd549d3d907fba0adf4c03045";

PushBinding Binding() {
  return {.room = {.kind = RoomKind::kDouble, .id = {"room_7"}}, .user_id = {"user_0001"}};
}

StreamArguments BoundArguments() {
  return {.tx_secret = "de447180ed889aadbd6200e93645e457",
          .tx_time = kSignedTime,
          .rk = "d",
          .ru = "user_0001",
          .rr = "room_7",
          .rs = kBoundDigest};
}

TEST(PushBinding, IsSignedWithStreamTimeKindUserAndRoom) {
  const StreamSignatureVerifier verifier(PushKey());
  EXPECT_EQ(verifier.BindingArguments(kBoundStream, kSignedTime, Binding()),
            std::string("rk=d&ru=user_0001&rr=room_7&rs=") + kBoundDigest);
  EXPECT_EQ(CheckSigned(BoundArguments(), kBoundStream).binding, Binding());
}

TEST(PushBinding, RemainsInAnExpiredUrl) {
  const StreamSignature signature = CheckSigned(BoundArguments(), kBoundStream, kSignedUntil + 1s);
  EXPECT_EQ(signature.state, StreamSignatureState::kExpired);
  EXPECT_EQ(signature.binding, Binding());
}

TEST(PushBinding, IsIgnoredWhenIncompleteOrChanged) {
  const auto expect_none = [](const StreamArguments& arguments) {
    const StreamSignature signature = CheckSigned(arguments, kBoundStream);
    EXPECT_EQ(signature.state, StreamSignatureState::kGood);
    EXPECT_EQ(signature.binding, std::nullopt);
  };
  for (const auto argument :
       {&StreamArguments::rk, &StreamArguments::ru, &StreamArguments::rr, &StreamArguments::rs}) {
    StreamArguments arguments = BoundArguments();
    arguments.*argument = std::nullopt;
    expect_none(arguments);
    for (const char* other : {"", "m", "w", "user_0002", "a b", "7D529A9DD549D3D907FBA0ADF4C03045",
                              "7d529a9dd549d3d907fba0adf4c03046"}) {
      arguments.*argument = other;
      expect_none(arguments);
    }
  }
}

TEST(PushBinding, OfAnotherStreamOrTimeIsIgnored) {
  // The signature of `kSignedStream` is good; the binding is that of `kBoundStream`.
  StreamArguments arguments = BoundArguments();
  arguments.tx_secret = kSignedSecret;
  const StreamSignature signature = CheckSigned(arguments);
  EXPECT_EQ(signature.state, StreamSignatureState::kGood);
  EXPECT_EQ(signature.binding, std::nullopt);
}

TEST(PushBinding, DoesNotReplaceTheSignature) {
  StreamArguments arguments = BoundArguments();
  arguments.tx_secret = kSignedSecret;
  const StreamSignature signature = CheckSigned(arguments, kBoundStream);
  EXPECT_EQ(signature.state, StreamSignatureState::kWrong);
  EXPECT_EQ(signature.binding, std::nullopt);
}

TEST(PushBinding, IsReadBackForEachKindAndId) {
  const StreamSignatureVerifier verifier(PushKey());
  for (const auto& [kind, letter] :
       {std::pair(RoomKind::kDouble, "d"), std::pair(RoomKind::kMulti, "m"),
        std::pair(RoomKind::kLive, "l")}) {
    PushBinding binding{.room = {.kind = kind, .id = {"r=1;<2>"}}, .user_id = {"o'Neil@x"}};
    const std::string text = verifier.BindingArguments(kBoundStream, kSignedTime, binding);
    EXPECT_TRUE(
        text.starts_with(std::string("rk=") + letter + "&ru=o%27Neil%40x&rr=r%3D1%3B%3C2%3E&rs="))
        << text;
    StreamArguments arguments = BoundArguments();
    arguments.rk = letter;
    arguments.ru = binding.user_id.value;
    arguments.rr = binding.room.id.value;
    arguments.rs = std::string_view(text).substr(text.size() - 32);
    EXPECT_EQ(CheckSigned(arguments, kBoundStream).binding, binding);
  }
  PushBinding any_room = Binding();
  any_room.room.id = {};
  const std::string text = verifier.BindingArguments(kBoundStream, kSignedTime, any_room);
  StreamArguments arguments = BoundArguments();
  arguments.rr = "";
  arguments.rs = std::string_view(text).substr(text.size() - 32);
  EXPECT_EQ(CheckSigned(arguments, kBoundStream).binding, any_room);
  PushBinding webrtc = Binding();
  webrtc.room.kind = RoomKind::kWebrtc;
  EXPECT_EQ(verifier.BindingArguments(kBoundStream, kSignedTime, webrtc), "");
}

TEST(PushBinding, FitsWithTheLongestIds) {
  const StreamSignatureVerifier verifier(PushKey());
  PushBinding binding{.room = {.kind = RoomKind::kLive, .id = {std::string(kMaxRoomIdBytes, 'r')}},
                      .user_id = {std::string(kMaxUserIdBytes, 'u')}};
  EXPECT_EQ(verifier.BindingArguments(kBoundStream, kSignedTime, binding).size(),
            StreamSignatureVerifier::kMaxBindingBytes);
  binding.user_id.value.back() = '@';  // three bytes in a URL
  EXPECT_EQ(verifier.BindingArguments(kBoundStream, kSignedTime, binding), "");
}

}  // namespace
}  // namespace rtcroom
