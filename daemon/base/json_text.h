// Writes JSON directly to text, without a tree.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rtcroom {

/// Appends `text` as a JSON string: the bytes of nlohmann's `dump(-1, ' ', false, replace)`, except
/// that U+2028 and U+2029 are escaped, as below. Other escapes only where JSON requires them;
/// U+FFFD replaces invalid UTF-8.
void AppendJsonString(std::string_view text, std::string& out);

/// Whether `AppendJsonString` appends `text` unchanged between its quotes.
bool IsVerbatim(std::string_view text);

/// Appends JSON, with U+2028 and U+2029 as the escapes `\u2028` and `\u2029`: WeChat on iPhones
/// turns them into line feeds before it parses a reply, which no JSON string may hold. All JSON
/// that clients get passes through here or the writers of this file.
///
/// @param json  unchecked. Only its strings can hold the two.
void AppendJson(std::string_view json, std::string& out);

/// The members of a JSON object in the order of the calls, without its braces:
/// `"a":"1","b":[{"c":2}]`.
///
/// Names are constants of the code: ASCII that needs no escape. Every Begin needs its End.
class JsonText {
 public:
  JsonText() = default;
  /// @param expected_bytes  reserved up front, to avoid reallocations.
  explicit JsonText(std::size_t expected_bytes) { text_.reserve(expected_bytes); }

  JsonText& Field(std::string_view name, std::string_view value);
  JsonText& Field(std::string_view name, std::int64_t value);
  /// @param value  below 2^63.
  template <std::unsigned_integral Number>
  JsonText& Field(std::string_view name, Number value) {
    return Field(name, static_cast<std::int64_t>(value));
  }
  /// @param json  a value as JSON; it is copied by `AppendJson`.
  JsonText& Json(std::string_view name, std::string_view json);
  /// Appends JSON, which `AppendJson` copies: an element of an array, or members of an object
  /// joined by commas. An empty text appends nothing.
  JsonText& Json(std::string_view json);

  JsonText& BeginObject(std::string_view name);
  JsonText& BeginObject();  ///< as an element of an array
  JsonText& EndObject();
  JsonText& BeginArray(std::string_view name);
  JsonText& EndArray();

  [[nodiscard]] std::string_view text() const { return text_; }
  /// The object.
  [[nodiscard]] std::string AsObject() const { return "{" + text_ + "}"; }

  /// Truncates the text to its first `size` bytes.
  void CutTo(std::size_t size) { text_.resize(size); }

 private:
  void Separate();
  void BeginMember(std::string_view name);

  std::string text_;
};

}  // namespace rtcroom
