#include "handlers/json_text.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "handlers/text.h"

namespace rtcroom {
namespace {

using Word = std::uint64_t;

constexpr Word EachByte(std::uint8_t value) { return ~Word{0} / 0xFF * value; }

constexpr Word kHighBits = EachByte(0x80);

/// Not 0 when a byte of `word` is less than `bound`, which is 128 at most. (The lowest such byte
/// is always told; bytes above it may be told wrongly.)
constexpr Word AnyLess(Word word, std::uint8_t bound) {
  return (word - EachByte(bound)) & ~word & kHighBits;
}

constexpr Word AnyEqual(Word word, char value) {
  return AnyLess(word ^ EachByte(static_cast<std::uint8_t>(value)), 1);
}

/// Whether a JSON string can hold `text` as it is. Eight bytes at a time: this looks at every
/// byte of every list.
bool IsVerbatim(std::string_view text) {
  Word escaped = 0;
  Word beyond_ascii = 0;
  for (std::size_t i = 0; i < text.size(); i += sizeof(Word)) {
    Word word = EachByte(' ');
    std::memcpy(&word, text.data() + i, std::min(sizeof(Word), text.size() - i));
    escaped |= AnyLess(word, ' ') | AnyEqual(word, '"') | AnyEqual(word, '\\');
    beyond_ascii |= word & kHighBits;
  }
  return escaped == 0 && (beyond_ascii == 0 || IsUtf8(text));
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  if (IsVerbatim(text)) {
    out += '"';
    out += text;
    out += '"';
  } else {
    using nlohmann::json;
    out += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  }
}

JsonText& JsonText::Field(std::string_view name, std::string_view value) {
  BeginMember(name);
  AppendJsonString(value, text_);
  return *this;
}

JsonText& JsonText::Field(std::string_view name, std::int64_t value) {
  BeginMember(name);
  fmt::format_to(std::back_inserter(text_), "{}", value);
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

// What was written last tells: a value never ends in an opening bracket, not even a string, which
// ends in its quote.
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
