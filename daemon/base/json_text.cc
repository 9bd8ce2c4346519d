#include "daemon/base/json_text.h"

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

using Word = std::uint64_t;

constexpr Word EachByte(std::uint8_t value) { return ~Word{0} / 0xFF * value; }

constexpr Word kHighBits = EachByte(0x80);

/// Nonzero when a byte of `word` is less than `bound`, which is at most 128. The lowest such byte
/// is always flagged; bytes above it may be false positives.
constexpr Word AnyLess(Word word, std::uint8_t bound) {
  return (word - EachByte(bound)) & ~word & kHighBits;
}

constexpr Word AnyEqual(Word word, char value) {
  return AnyLess(word ^ EachByte(static_cast<std::uint8_t>(value)), 1);
}

/// The bytes that U+2028 and U+2029 have in common; the third byte is A8 or A9.
constexpr std::string_view kSeparatorStart = "\xE2\x80";
constexpr std::size_t kSeparatorBytes = 3;

/// The escape of the U+2028 or U+2029 that `text` begins with; empty: it begins with neither.
std::string_view EscapeOfSeparator(std::string_view text) {
  if (text.size() < kSeparatorBytes || !text.starts_with(kSeparatorStart)) return {};
  if (text[2] == '\xA8') return "\\u2028";
  return text[2] == '\xA9' ? "\\u2029" : std::string_view();
}

/// The place of the next U+2028 or U+2029 from `from` on; npos: there is none.
std::size_t FindSeparator(std::string_view text, std::size_t from) {
  std::size_t at = text.find(kSeparatorStart, from);
  while (at != std::string_view::npos && EscapeOfSeparator(text.substr(at)).empty()) {
    at = text.find(kSeparatorStart, at + kSeparatorStart.size());
  }
  return at;
}

bool HasSeparator(std::string_view text) {
  return FindSeparator(text, 0) != std::string_view::npos;
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// The escape of an ASCII byte in a JSON string; empty: the byte itself.
std::string_view EscapeOf(char byte) {
  static constexpr std::array<std::string_view, ' '> kOfControls = {
      "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007",
      "\\b",     "\\t",     "\\n",     "\\u000b", "\\f",     "\\r",     "\\u000e", "\\u000f",
      "\\u0010", "\\u0011", "\\u0012", "\\u0013", "\\u0014", "\\u0015", "\\u0016", "\\u0017",
      "\\u0018", "\\u0019", "\\u001a", "\\u001b", "\\u001c", "\\u001d", "\\u001e", "\\u001f"};
  if (byte == '"') return "\\\"";
  if (byte == '\\') return "\\\\";
  const auto code = static_cast<std::uint8_t>(byte);
  return code < kOfControls.size() ? kOfControls[code] : std::string_view();
}

/// It takes any text, and must be cheap: any client can fill rooms with text that needs escapes.
void AppendEscaped(std::string_view text, std::string& out) {
  std::size_t verbatim = 0;  // bytes before `i` that are not written yet
  std::size_t i = 0;
  const auto replace = [&](std::size_t length, std::string_view with) {
    out += text.substr(i - verbatim, verbatim);
    out += with;
    verbatim = 0;
    i += length;
  };
  while (i < text.size()) {
    const bool is_ascii = static_cast<std::uint8_t>(text[i]) < 0x80;
    const Utf8Piece piece =
        is_ascii ? Utf8Piece{.length = 1, .is_character = true} : FirstUtf8Piece(text.substr(i));
    const std::string_view escape =
        is_ascii ? EscapeOf(text[i]) : EscapeOfSeparator(text.substr(i));
    if (!piece.is_character) {
      replace(piece.length, kReplacement);
    } else if (!escape.empty()) {
      replace(piece.length, escape);
    } else {
      verbatim += piece.length;
      i += piece.length;
    }
  }
  out += text.substr(i - verbatim, verbatim);
}

}  // namespace

// Works on eight bytes at a time, since it runs over every byte of every list.
bool IsVerbatim(std::string_view text) {
  Word escaped = 0;
  Word beyond_ascii = 0;
  const auto look_at = [&](Word word) {
    escaped |= AnyLess(word, ' ') | AnyEqual(word, '"') | AnyEqual(word, '\\');
    beyond_ascii |= word & kHighBits;
  };
  std::string_view rest = text;
  for (; rest.size() >= sizeof(Word); rest.remove_prefix(sizeof(Word))) {
    Word word = 0;
    std::memcpy(&word, rest.data(), sizeof(Word));  // fixed size: one instruction
    look_at(word);
  }
  if (!rest.empty()) {
    Word word = EachByte(' ');
    std::memcpy(&word, rest.data(), rest.size());
    look_at(word);
  }
  return escaped == 0 && (beyond_ascii == 0 || (IsUtf8(text) && !HasSeparator(text)));
}

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  if (IsVerbatim(text)) {
    out += text;
  } else {
    AppendEscaped(text, out);
  }
  out += '"';
}

void AppendJson(std::string_view json, std::string& out) {
  std::size_t begin = 0;  // of what is not written yet
  for (std::size_t at = FindSeparator(json, 0); at != std::string_view::npos;
       at = FindSeparator(json, begin)) {
    out.append(json, begin, at - begin).append(EscapeOfSeparator(json.substr(at)));
    begin = at + kSeparatorBytes;
  }
  out.append(json, begin);
}

JsonText& JsonText::Field(std::string_view name, std::string_view value) {
  BeginMember(name);
  AppendJsonString(value, text_);
  return *this;
}

JsonText& JsonText::Field(std::string_view name, std::int64_t value) {
  BeginMember(name);
  text_ += fmt::to_string(value);
  return *this;
}

JsonText& JsonText::Json(std::string_view name, std::string_view json) {
  BeginMember(name);
  AppendJson(json, text_);
  return *this;
}

JsonText& JsonText::Json(std::string_view json) {
  if (json.empty()) return *this;
  Separate();
  AppendJson(json, text_);
  return *this;
}

JsonText& JsonText::BeginObject(std::string_view name) {
  BeginMember(name);
  text_ += '{';
  return *this;
}

JsonText& JsonText::BeginObject() {
  Separate();
  text_ += '{';
  return *this;
}

JsonText& JsonText::EndObject() {
  text_ += '}';
  return *this;
}

JsonText& JsonText::BeginArray(std::string_view name) {
  BeginMember(name);
  text_ += '[';
  return *this;
}

JsonText& JsonText::EndArray() {
  text_ += ']';
  return *this;
}

// The last byte decides: a value never ends in an opening bracket; even a string ends in its quote.
void JsonText::Separate() {
  if (!text_.empty() && text_.back() != '{' && text_.back() != '[') text_ += ',';
}

void JsonText::BeginMember(std::string_view name) {
  Separate();
  text_ += '"';
  text_ += name;
  text_ += "\":";
}

}  // namespace rtcroom
