#include "daemon/auth/stream_signature.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/digest.h"
#include "daemon/base/percent_encoding.h"
#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMd5Digits = 32;
constexpr std::size_t kBindingDigits = 32;
/// Enough for 34,000 years; the milliseconds of such a time do not overflow.
constexpr std::size_t kMaxTimeDigits = 10;

bool IsUpperHexDigit(char character) {
  return IsAsciiDigit(character) || (character >= 'A' && character <= 'F');
}

std::optional<TimePoint> ReadExpiry(std::string_view tx_time) {
  if (tx_time.empty() || tx_time.size() > kMaxTimeDigits) return std::nullopt;
  if (!std::ranges::all_of(tx_time, IsUpperHexDigit)) return std::nullopt;
  std::int64_t seconds = 0;
  std::from_chars(tx_time.data(), tx_time.data() + tx_time.size(), seconds, 16);
  return TimePoint(std::chrono::seconds(seconds));
}

/// Empty for a kind without push URLs.
std::string_view LetterOf(RoomKind kind) {
  switch (kind) {
    case RoomKind::kDouble:
      return "d";
    case RoomKind::kMulti:
      return "m";
    case RoomKind::kLive:
      return "l";
    case RoomKind::kWebrtc:
      return "";
  }
  return "";
}

std::optional<RoomKind> KindOf(std::string_view letter) {
  for (const RoomKind kind : kAllRoomKinds) {
    if (!letter.empty() && LetterOf(kind) == letter) return kind;
  }
  return std::nullopt;
}

std::string TxSecret(const Secret& key, std::string_view stream, std::string_view tx_time) {
  return Md5Hex(fmt::format("{}{}{}", key.Reveal(), stream, tx_time));
}

}  // namespace

std::string_view StreamSignatureStateName(StreamSignatureState state) {
  switch (state) {
    case StreamSignatureState::kGood:
      return "good";
    case StreamSignatureState::kMissing:
      return "missing";
    case StreamSignatureState::kMalformed:
      return "malformed";
    case StreamSignatureState::kWrong:
      return "wrong";
    case StreamSignatureState::kExpired:
      return "expired";
  }
  return "";
}

std::string TxTimeOf(TimePoint until) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(until);
  return fmt::format("{:X}", seconds.time_since_epoch().count());
}

std::string SignatureArguments(const Secret& key, std::string_view stream,
                               std::string_view tx_time) {
  return fmt::format("txSecret={}&txTime={}", TxSecret(key, stream, tx_time), tx_time);
}

StreamSignatureVerifier::StreamSignatureVerifier(Secret key) : key_(std::move(key)) {}

StreamSignature StreamSignatureVerifier::Check(std::string_view stream,
                                               const StreamArguments& arguments,
                                               TimePoint now) const {
  using enum StreamSignatureState;
  if (key_.empty()) return {.state = kGood};
  if (!arguments.tx_secret || !arguments.tx_time) return {.state = kMissing};
  const std::string_view secret = *arguments.tx_secret;
  const std::optional<TimePoint> expiry = ReadExpiry(*arguments.tx_time);
  if (!expiry || secret.size() != kMd5Digits || !IsLowerHex(secret)) return {.state = kMalformed};
  const std::string expected = TxSecret(key_, stream, *arguments.tx_time);
  if (!SameBytes(expected, secret)) return {.state = kWrong};
  return {.state = *expiry < now ? kExpired : kGood,
          .signed_until = expiry,
          .binding = ReadBinding(stream, arguments)};
}

std::string StreamSignatureVerifier::BindingArguments(std::string_view stream,
                                                      std::string_view tx_time,
                                                      const PushBinding& binding) const {
  const std::string_view kind = LetterOf(binding.room.kind);
  if (key_.empty() || kind.empty()) return "";
  const std::string& user_id = binding.user_id.value;
  const std::string& room_id = binding.room.id.value;
  std::string text =
      fmt::format("rk={}&ru={}&rr={}&rs={}", kind, PercentEncode(user_id), PercentEncode(room_id),
                  BindingDigest(stream, tx_time, kind, user_id, room_id));
  return text.size() <= kMaxBindingBytes ? text : "";
}

std::string StreamSignatureVerifier::BindingDigest(std::string_view stream,
                                                   std::string_view tx_time, std::string_view kind,
                                                   std::string_view user_id,
                                                   std::string_view room_id) const {
  // No part has a line break, so no two bindings have the same text.
  const std::string text =
      fmt::format("rtcroomd-push\n{}\n{}\n{}\n{}\n{}", stream, tx_time, kind, user_id, room_id);
  return ToHex(HmacSha256(key_, text)).substr(0, kBindingDigits);
}

std::optional<PushBinding> StreamSignatureVerifier::ReadBinding(
    std::string_view stream, const StreamArguments& arguments) const {
  if (!arguments.rk || !arguments.ru || !arguments.rr || !arguments.rs) return std::nullopt;
  const std::optional<RoomKind> kind = KindOf(*arguments.rk);
  if (!kind || !IsIdText(*arguments.ru)) return std::nullopt;
  if (!arguments.rr->empty() && !IsIdText(*arguments.rr)) return std::nullopt;
  const std::string expected =
      BindingDigest(stream, *arguments.tx_time, *arguments.rk, *arguments.ru, *arguments.rr);
  if (!SameBytes(expected, *arguments.rs)) return std::nullopt;
  return PushBinding{.room = {.kind = *kind, .id = {std::string(*arguments.rr)}},
                     .user_id = {std::string(*arguments.ru)}};
}

}  // namespace rtcroom
