#include "daemon/base/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace rtcroom {
namespace {

/// The rest of a sequence after its first byte.
struct Lead {
  std::size_t length = 0;    ///< bytes of the whole sequence; 0: cannot begin one
  std::uint8_t low = 0x80;   ///< bounds of the second byte, which rule out overlong forms,
  std::uint8_t high = 0xBF;  ///< surrogates and what is above U+10FFFF
};

/// @source RFC 3629, section 4.
Lead LeadOf(std::uint8_t byte) {
  if (byte < 0x80) return {.length = 1};
  if (byte < 0xC2) return {};
  if (byte < 0xE0) return {.length = 2};
  if (byte == 0xE0) return {.length = 3, .low = 0xA0};
  if (byte == 0xED) return {.length = 3, .high = 0x9F};
  if (byte < 0xF0) return {.length = 3};
  if (byte == 0xF0) return {.length = 4, .low = 0x90};
  if (byte < 0xF4) return {.length = 4};
  if (byte == 0xF4) return {.length = 4, .high = 0x8F};
  return {};
}

}  // namespace

std::string ToLower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return ToLower(c); });
  return lower;
}

bool StartsWithIgnoringCase(std::string_view text, std::string_view start) {
  return EqualsIgnoringCase(text.substr(0, start.size()), start);
}

Utf8Piece FirstUtf8Piece(std::string_view text) {
  if (text.empty()) return {};
  const Lead lead = LeadOf(static_cast<std::uint8_t>(text[0]));
  if (lead.length == 0) return {.length = 1};
  for (std::size_t k = 1; k < lead.length; ++k) {
    if (k == text.size()) return {.length = k};
    const auto byte = static_cast<std::uint8_t>(text[k]);
    const std::uint8_t low = k == 1 ? lead.low : 0x80;
    const std::uint8_t high = k == 1 ? lead.high : 0xBF;
    if (byte < low || byte > high) return {.length = k};
  }
  return {.length = lead.length, .is_character = true};
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    // Most text is ASCII, and is read eight bytes at a time.
    std::uint64_t word = ~std::uint64_t{0};
    if (text.size() >= sizeof(word)) std::memcpy(&word, text.data(), sizeof(word));
    const bool is_ascii = (word & 0x8080'8080'8080'8080U) == 0;
    const Utf8Piece piece =
        is_ascii ? Utf8Piece{.length = sizeof(word), .is_character = true} : FirstUtf8Piece(text);
    if (!piece.is_character) return false;
    text.remove_prefix(piece.length);
  }
  return true;
}

std::string_view TrimBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string ToHex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    hex += kDigits[byte / 16];
    hex += kDigits[byte % 16];
  }
  return hex;
}

bool IsHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool IsLowerHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace rtcroom
