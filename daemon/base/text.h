// Helpers for untrusted text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rtcroom {

/// An ASCII letter in lower case, every other byte as it is; independent of the locale.
constexpr char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// A text with each ASCII letter in lower case.
std::string ToLower(std::string_view text);

/// Whether both are equal, ignoring the case of ASCII letters; locale-independent.
constexpr bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ToLower(a[i]) != ToLower(b[i])) return false;
  }
  return true;
}

/// Whether `text` begins with `start`, likewise.
bool StartsWithIgnoringCase(std::string_view text, std::string_view start);

constexpr bool IsAsciiLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsAsciiAlphanumeric(char c) { return IsAsciiLetter(c) || IsAsciiDigit(c); }

/// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above
/// U+10FFFF.
bool IsUtf8(std::string_view text);

/// The first piece of a text.
struct Utf8Piece {
  std::size_t length = 0;     ///< in bytes; 0 only for an empty text
  bool is_character = false;  ///< false: the longest valid prefix of an incomplete sequence
};

/// The first character, or the bytes that one U+FFFD replaces (Unicode, "maximal subpart").
Utf8Piece FirstUtf8Piece(std::string_view text);

/// Appends the entity of HTML for `<`, `>` and `"`, and every other byte as it is.
inline void AppendWithEntity(char c, std::string& out) {
  switch (c) {
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    default:
      out += c;
  }
}

/// `text` without spaces and tabs at its ends.
std::string_view TrimBlanks(std::string_view text);

/// Whether `matches` holds for an element of a comma-separated list, without the blanks around it.
template <typename Matches>
bool AnyInList(std::string_view list, Matches matches) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (matches(TrimBlanks(list.substr(0, comma)))) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

/// Two hex digits in lower case for each byte.
std::string ToHex(std::string_view bytes);

/// Whether `text` has only hex digits, in any letter case. An empty text does.
bool IsHex(std::string_view text);

/// Whether `text` has only hex digits in lower case. An empty text does.
bool IsLowerHex(std::string_view text);

inline bool HasNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

}  // namespace rtcroom
