#include "daemon/cli/printable.h"

#include <iterator>

#include <fmt/format.h>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

bool IsControl(char32_t code) { return code < 0x20 || (code >= 0x7f && code < 0xa0); }

/// Marks that change the writing direction, and line separators beyond ASCII.
bool IsBidiControl(char32_t code) {
  return (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

/// The code of one well-formed UTF-8 character.
char32_t CodeOf(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return lead;
  char32_t code = lead & (0x7fU >> character.size());
  for (const char byte : character.substr(1)) {
    code = code << 6 | (static_cast<unsigned char>(byte) & 0x3fU);
  }
  return code;
}

}  // namespace

std::string Printable(std::string_view text, std::size_t most) {
  std::string printable;
  const auto out = std::back_inserter(printable);
  const bool is_cut = most > 0 && text.size() > most;
  const std::size_t end = is_cut ? most : text.size();
  for (std::size_t at = 0; at < end;) {
    const Utf8Piece piece = FirstUtf8Piece(text.substr(at));
    if (!piece.is_character) {
      fmt::format_to(out, "\\x{:02x}", static_cast<unsigned char>(text[at]));
      ++at;
      continue;
    }
    const std::string_view character = text.substr(at, piece.length);
    const char32_t code = CodeOf(character);
    if (IsControl(code) || IsBidiControl(code)) {
      fmt::format_to(out, "\\u{:04x}", static_cast<unsigned>(code));
    } else if (code == '\\') {
      printable += "\\\\";
    } else {
      printable += character;
    }
    at += piece.length;
  }
  if (is_cut) printable += "...";
  return printable;
}

}  // namespace rtcroom
