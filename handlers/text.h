// Small questions about text from outside.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rtcroom {

/// ASCII letters in lower case, every other byte as it is; no locale is asked.
std::string ToLower(std::string_view text);

/// Whether both are the same but for the case of ASCII letters; no locale is asked.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

/// Whether `text` begins with `start`, likewise.
bool StartsWithIgnoringCase(std::string_view text, std::string_view start);

constexpr bool IsAsciiLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above
/// U+10FFFF.
bool IsUtf8(std::string_view text);

/// What a text begins with.
struct Utf8Piece {
  std::size_t length = 0;     ///< in bytes; 0 only for an empty text
  bool is_character = false;  ///< else the longest start of one that does not go on
};

/// The first character, or what one U+FFFD stands for (Unicode, "maximal subpart").
Utf8Piece FirstUtf8Piece(std::string_view text);

inline bool HasNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

}  // namespace rtcroom
