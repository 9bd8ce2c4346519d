#include "handlers/shared/request_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "daemon/base/json_text.h"
#include "daemon/base/percent_encoding.h"
#include "daemon/base/text.h"

namespace rtcroom {

using nlohmann::json;

namespace {

/// @source the form encoding of the URL standard: `+` is a space.
std::string Decode(std::string_view text) {
  std::string spaced(text);
  for (std::size_t at = 0; (at = spaced.find('+', at)) != std::string::npos;) spaced[at] = ' ';
  if (text.find('%') != std::string_view::npos) return PercentDecode(spaced);
  return spaced;
}

Error BadBody(std::string_view fault) {
  return {Errc::kBadRequest, std::string("body: ").append(fault)};
}

/// Whether a `Content-Type` such as `Application/JSON; charset=utf-8` is of that media type.
bool IsMediaType(std::string_view content_type, std::string_view media_type) {
  return EqualsIgnoringCase(TrimBlanks(content_type.substr(0, content_type.find(';'))), media_type);
}

/// Checks the text before the parser does, so that the parser's work and memory stay bounded. The
/// result is meaningless for text that is not JSON; the parser rejects that.
/// @param most  members, and likewise elements of arrays, where an empty one counts as one.
/// @return the property that the parser accepts but this server bounds; empty: there is none.
std::string_view FindExcess(std::string_view text, std::size_t most) {
  bool is_nested_deeply = false;
  bool has_nul = false;  // written as an escape
  std::size_t members = 0;
  std::size_t elements = 0;
  int depth = 0;
  std::uint64_t arrays = 0;  // a bit for each open bracket, the lowest for the innermost: an array
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        if (text.substr(i + 1, 5) == "u0000") has_nul = true;
        ++i;  // an escaped quote does not end the string
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxBodyNesting) is_nested_deeply = true;
      arrays <<= 1U;
      if (c == '[') {
        arrays |= 1U;
        ++elements;
      }
    } else if (c == '}' || c == ']') {
      --depth;
      arrays >>= 1U;
    } else if (c == ':') {
      ++members;
    } else if (c == ',' && (arrays & 1U) != 0) {
      ++elements;
    }
  }
  if (is_nested_deeply) return "nested too deeply";
  if (has_nul) return "holds a NUL";
  if (members > most) return "holds too many members";
  return elements > most ? "holds too many elements" : "";
}

constexpr std::size_t kEscapeBytes = std::string_view("\\ud800").size();

/// The UTF-16 unit that an escape at the front of `text` spells; 0 when there is none.
unsigned EscapedUnit(std::string_view text) {
  if (text.size() < kEscapeBytes || !text.starts_with("\\u")) return 0;
  unsigned unit = 0;
  const char* const end = text.data() + kEscapeBytes;
  return std::from_chars(text.data() + 2, end, unit, 16).ptr == end ? unit : 0;
}

/// Spells U+FFFD in place of every escape of half a surrogate pair, which the parser refuses:
/// phones cut nicknames inside an emoji.
void ReplaceLoneSurrogates(std::string& text) {
  // A backslash outside a string is not valid JSON either way.
  for (std::size_t at = text.find('\\'); at < text.size(); at = text.find('\\', at)) {
    const std::string_view rest = std::string_view(text).substr(at);
    const unsigned unit = EscapedUnit(rest);
    const bool high = unit >= 0xD800 && unit <= 0xDBFF;
    const bool low = unit >= 0xDC00 && unit <= 0xDFFF;
    if (!high && !low) {
      at += 2;  // any other escape, perhaps of a backslash
      continue;
    }
    const unsigned next = high ? EscapedUnit(rest.substr(kEscapeBytes)) : 0;
    if (next >= 0xDC00 && next <= 0xDFFF) {
      at += 2 * kEscapeBytes;
      continue;
    }
    text.replace(at, kEscapeBytes, "\\ufffd");
    at += kEscapeBytes;
  }
}

/// Reads an object of strings and whole numbers without blanks and escapes, as most bodies are, in
/// a tenth of the parser's time.
/// @return nullopt for any other text, and for more than `most` members.
template <typename Json>
std::optional<Json> ReadPlainObject(std::string_view text, std::size_t most) {
  Json object = Json::object();
  if constexpr (requires(typename Json::object_t members) { members.reserve(0); }) {
    object.template get_ref<typename Json::object_t&>().reserve(4);
  }
  const auto take_string = [&text]() -> std::optional<std::string> {
    const std::size_t end = text.starts_with('"') ? text.find('"', 1) : text.npos;
    if (end == text.npos || !IsVerbatim(text.substr(1, end - 1))) return std::nullopt;
    std::string taken(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
    return taken;
  };
  for (; most > 0 && text.starts_with(object.empty() ? '{' : ','); --most) {
    text.remove_prefix(1);
    std::optional<std::string> name = take_string();
    if (!name || !text.starts_with(':')) return std::nullopt;
    text.remove_prefix(1);
    Json& value = object[*std::move(name)];
    if (std::optional<std::string> string = take_string()) {
      value = *std::move(string);
    } else {
      std::uint64_t number = 0;
      const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
      const auto digits = static_cast<std::size_t>(end - text.data());
      if (fault != std::errc() || (text.front() == '0' && digits > 1)) return std::nullopt;
      value = number;
      text.remove_prefix(digits);
    }
    if (text == "}") return object;
  }
  return std::nullopt;
}

template <typename Json>
Result<Json> Parse(std::string_view text, std::size_t most) {
  if (std::optional<Json> plain = ReadPlainObject<Json>(text, most)) return *std::move(plain);
  if (!IsUtf8(text)) return Error{Errc::kBadRequest, "not valid UTF-8"};
  const std::string_view excess = FindExcess(text, most);
  if (!excess.empty()) return Error{Errc::kBadRequest, std::string(excess)};
  std::string mended;
  if (text.find("\\u") != std::string_view::npos) {
    mended = text;
    ReplaceLoneSurrogates(mended);
    text = mended;
  }
  Json parsed = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  // The parser takes a bare NUL for the end of the text.
  if (parsed.is_discarded() || HasNul(text)) return Error{Errc::kNotJson, "not valid JSON"};
  return parsed;
}

Result<json> ParseJsonObject(std::string_view text) {
  Result<json> parsed = ParseJson(text);
  if (!parsed) return BadBody(parsed.error().detail);
  if (!parsed->is_object()) return BadBody("not a JSON object");
  return parsed;
}

Result<json> ParseFormObject(std::string_view text) {
  json parsed = json::object();
  for (auto& [name, value] : ParseForm(text)) {
    if (!IsUtf8(name) || !IsUtf8(value)) return BadBody("not valid UTF-8");
    if (HasNul(name) || HasNul(value)) return BadBody("holds a NUL");
    parsed[name] = std::move(value);
  }
  return parsed;
}

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

/// `Body::unread`.
/// @param of_object  the fault when the body begins like an object of JSON.
std::string FaultOfUnread(std::string_view body, std::string_view of_object) {
  body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
  if (body.starts_with('{')) return std::string(of_object);
  if (body.starts_with("--") && body.find("form-data") != std::string_view::npos) {
    return "body: multipart, which is not read; send application/json";
  }
  return {};
}

}  // namespace

FormPairs ParseForm(std::string_view text) {
  // A pair has about 32 bytes; the text of a body may be long.
  constexpr std::size_t kMostExpected = 16;
  FormPairs pairs;
  if (!text.empty()) pairs.reserve(std::min(1 + text.size() / 32, kMostExpected));
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    pairs.emplace_back(Decode(pair.substr(0, equals)), Decode(value));
  }
  return pairs;
}

const std::string* FindFirst(const FormPairs& pairs, std::string_view name) {
  const auto found = std::ranges::find(pairs, name, &FormPairs::value_type::first);
  return found == pairs.end() ? nullptr : &found->second;
}

std::string_view FirstOrEmpty(const FormPairs& pairs, std::string_view name) {
  const std::string* const value = FindFirst(pairs, name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

Result<json> ParseJson(std::string_view text) {
  return Parse<json>(text, std::numeric_limits<std::size_t>::max());
}

Result<nlohmann::ordered_json> ParseOrderedJson(std::string_view text) {
  return Parse<nlohmann::ordered_json>(text, kMaxOrderedMembers);
}

Result<Body> ParseBody(std::string_view content_type, std::string_view body) {
  if (body.empty()) return Body();
  if (IsMediaType(content_type, kFormType)) {
    Result<json> fields = ParseFormObject(body);
    if (!fields) return fields.error();
    return Body{.fields = *std::move(fields),
                .unread = FaultOfUnread(body, "body: JSON, sent with the Content-Type of a form")};
  }
  Result<json> fields = ParseJsonObject(body);
  if (fields) return Body{.fields = *std::move(fields)};
  if (IsMediaType(content_type, "application/json")) return fields.error();
  return Body{.unread = FaultOfUnread(body, fields.error().detail)};
}

bool IsTruthy(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
    case json::value_t::discarded:
      return false;
    case json::value_t::boolean:
      return value.get<bool>();
    case json::value_t::string:
      return !value.get_ref<const std::string&>().empty();
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
      return value != 0;
    case json::value_t::object:
    case json::value_t::array:
    case json::value_t::binary:
      return true;
  }
  return false;
}

bool IsEmptyValue(const json& value) {
  return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty());
}

std::optional<std::int64_t> WholeNumber(const json& value) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    return static_cast<std::int64_t>(std::min<std::uint64_t>(number, Limits::max()));
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  // A double in two cases: `20.0`, the same as 20 to a JavaScript client, and 65 bits or more.
  const auto number = value.get<double>();
  if (std::trunc(number) != number) return std::nullopt;
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (number >= kTwoTo63) return Limits::max();
  if (number < -kTwoTo63) return Limits::min();
  return static_cast<std::int64_t>(number);
}

std::optional<std::int64_t> WholeNumber(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed_to, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed_to != end || fault == std::errc::invalid_argument) return std::nullopt;
  if (fault == std::errc::result_out_of_range) {
    using Limits = std::numeric_limits<std::int64_t>;
    return text.front() == '-' ? Limits::min() : Limits::max();
  }
  return number;
}

std::optional<std::string> IdText(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  if (!value.is_number_float()) return std::nullopt;
  // A double holds whole numbers exactly only up to 2^53; a greater one may be rounded.
  constexpr double kExact = 9007199254740992.0;
  if (std::abs(value.get<double>()) > kExact) return std::nullopt;
  const std::optional<std::int64_t> number = WholeNumber(value);
  if (!number) return std::nullopt;
  return std::to_string(*number);
}

}  // namespace rtcroom
