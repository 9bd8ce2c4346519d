#include "daemon/channel/channel_tokens.h"

#include <array>
#include <cassert>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <limits>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::size_t kCodeBytes = 16;
constexpr std::size_t kNumberBytes = 8;

// No purpose is the beginning of another, so that a code of one is never valid for another.
constexpr std::string_view kInstancePurpose = "channel instance\n";
constexpr std::string_view kGen1InstancePurpose = "channel instance of gen-1\n";
constexpr std::string_view kRoomKeyPurpose = "channel room key\n";
constexpr std::string_view kStayKeyPurpose = "channel room key of a stay\n";
constexpr std::string_view kTinyIdPurpose = "channel tinyid\n";

constexpr std::size_t kInstanceNumbers = 3;
constexpr std::size_t kMaxInstanceBytes = kInstanceNumbers * kNumberBytes + kMaxUserIdBytes;
constexpr std::size_t kRoomKeyNumbers = 4;
constexpr std::size_t kStayKeyNumbers = kRoomKeyNumbers + 1;
/// The numbers and the kind of the room; its ID follows.
constexpr std::size_t HeadBytesOf(std::size_t numbers) { return numbers * kNumberBytes + 1; }

std::string_view PurposeOf(RoomReach reach) {
  return reach == RoomReach::kAll ? kInstancePurpose : kGen1InstancePurpose;
}

std::string CodeOf(const HmacKey& key, std::string_view purpose, std::string_view content) {
  return key.Sign(std::string(purpose).append(content));
}

std::string Sign(const HmacKey& key, std::string_view purpose, std::string content) {
  content += CodeOf(key, purpose, content).substr(0, kCodeBytes);
  return ToHex(content);
}

/// @param digits  of hex.
template <typename Number>
Number ValueOf(std::string_view digits) {
  Number number = 0;
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return number;
}

std::optional<std::string> DecodeHex(std::string_view text) {
  if (text.size() % 2 != 0 || !IsLowerHex(text)) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes += static_cast<char>(ValueOf<std::uint8_t>(text.substr(i, 2)));
  }
  return bytes;
}

/// The content of a token of that purpose; nullopt when this key has not signed it.
/// @param max_bytes  of the content.
std::optional<std::string> Verify(const HmacKey& key, std::string_view purpose,
                                  std::string_view token, std::size_t max_bytes) {
  if (token.size() > 2 * (max_bytes + kCodeBytes)) return std::nullopt;
  std::optional<std::string> bytes = DecodeHex(token);
  if (!bytes || bytes->size() < kCodeBytes) return std::nullopt;
  const std::string code = bytes->substr(bytes->size() - kCodeBytes);
  bytes->resize(bytes->size() - kCodeBytes);
  if (!SameBytes(code, CodeOf(key, purpose, *bytes).substr(0, kCodeBytes))) return std::nullopt;
  return bytes;
}

/// Big-endian.
void AppendNumber(std::uint64_t number, std::string& bytes) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<std::uint8_t>(number >> shift));
  }
}

/// @param bytes  at least 8.
std::uint64_t NumberAt(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes.substr(0, kNumberBytes)) {
    number = number << 8 | static_cast<std::uint8_t>(byte);
  }
  return number;
}

template <std::size_t kCount>
std::array<std::uint64_t, kCount> NumbersIn(std::string_view bytes) {
  std::array<std::uint64_t, kCount> numbers{};
  for (std::uint64_t& number : numbers) {
    number = NumberAt(bytes);
    bytes.remove_prefix(kNumberBytes);
  }
  return numbers;
}

std::uint64_t ToNumber(TimePoint time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

TimePoint ToTime(std::uint64_t number) {
  return TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(number)));
}

}  // namespace

std::string ChannelTokens::SignInstance(const ChannelInstance& instance) const {
  const std::string& account = instance.account.value;
  assert(!account.empty() && account.size() <= kMaxUserIdBytes);
  std::string content;
  AppendNumber(instance.instance, content);
  AppendNumber(ToNumber(instance.logged_in), content);
  AppendNumber(ToNumber(instance.expires), content);
  return Sign(key_, PurposeOf(instance.reach), content + account);
}

std::optional<ChannelInstance> ChannelTokens::ReadInstance(std::string_view a2,
                                                           std::string_view tinyid,
                                                           TimePoint now) const {
  RoomReach reach = RoomReach::kAll;
  std::optional<std::string> content = Verify(key_, PurposeOf(reach), a2, kMaxInstanceBytes);
  if (!content) {
    reach = RoomReach::kGen1;
    content = Verify(key_, PurposeOf(reach), a2, kMaxInstanceBytes);
  }
  if (!content || content->size() <= kInstanceNumbers * kNumberBytes) return std::nullopt;
  const auto [number, logged_in, expires] = NumbersIn<kInstanceNumbers>(*content);
  ChannelInstance instance{.account = {content->substr(kInstanceNumbers * kNumberBytes)},
                           .instance = number,
                           .logged_in = ToTime(logged_in),
                           .expires = ToTime(expires),
                           .reach = reach};
  if (now >= instance.expires || tinyid != TinyIdOf(instance.account)) return std::nullopt;
  return instance;
}

std::uint64_t ChannelTokens::NumberIn(std::string_view a2) {
  return ValueOf<std::uint64_t>(a2.substr(0, 2 * kNumberBytes));
}

std::string ChannelTokens::SignRoomKey(const RoomKeyClaims& claims) const {
  assert(claims.room.id.value.size() <= kMaxRoomIdBytes);
  std::string content;
  AppendNumber(claims.instance, content);
  AppendNumber(claims.room_number, content);
  AppendNumber(claims.joined_seq, content);
  AppendNumber(claims.serial, content);
  if (claims.joined_event) AppendNumber(*claims.joined_event, content);
  content += static_cast<char>(claims.room.kind);
  return Sign(key_, claims.joined_event ? kStayKeyPurpose : kRoomKeyPurpose,
              content + claims.room.id.value);
}

std::optional<RoomKeyClaims> ChannelTokens::ReadRoomKey(std::string_view text) const {
  const auto verify = [&](std::string_view purpose, std::size_t numbers) {
    return Verify(key_, purpose, text, HeadBytesOf(numbers) + kMaxRoomIdBytes);
  };
  std::optional<std::string> content = verify(kRoomKeyPurpose, kRoomKeyNumbers);
  const bool is_of_stay = !content;
  if (is_of_stay) content = verify(kStayKeyPurpose, kStayKeyNumbers);
  const std::size_t head = HeadBytesOf(is_of_stay ? kStayKeyNumbers : kRoomKeyNumbers);
  if (!content || content->size() < head) return std::nullopt;
  const auto [instance, room_number, joined_seq, serial] = NumbersIn<kRoomKeyNumbers>(*content);
  // A signed kind is one of the enumerators.
  const auto kind = static_cast<RoomKind>(content->at(head - 1));
  RoomKeyClaims claims{.instance = instance,
                       .room = {.kind = kind, .id = {content->substr(head)}},
                       .room_number = room_number,
                       .joined_seq = joined_seq,
                       .serial = serial};
  if (is_of_stay) claims.joined_event = NumbersIn<kStayKeyNumbers>(*content).back();
  return claims;
}

std::string ChannelTokens::TinyIdOf(const UserId& account) const {
  constexpr std::uint64_t kMask = std::numeric_limits<std::int64_t>::max();
  return std::to_string(NumberAt(CodeOf(key_, kTinyIdPurpose, account.value)) & kMask);
}

}  // namespace rtcroom
