#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/base/text.h"
#include "handlers/shared/request_text.h"
#include "tests/fuzz/parser_properties.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr const char* kJson = "application/json";

constexpr auto kContentTypes =
    std::to_array<const char*>({kJson, "Application/JSON ; charset=utf-8",
                                "application/x-www-form-urlencoded", "text/plain", ""});

/// Whether an unreadable body of this type is rejected rather than ignored.
constexpr bool IsBinding(std::size_t content_type) { return content_type < 3; }

bool IsCleanText(const std::string& text) { return IsUtf8(text) && !HasNul(text); }

/// @param depth  maximum nesting of objects and arrays in `value`.
std::optional<std::string> FaultOfValue(const json& value, int depth) {
  if (value.is_string() && !IsCleanText(value.get_ref<const std::string&>())) {
    return "a string with a NUL or without UTF-8";
  }
  if (!value.is_structured()) return std::nullopt;
  if (depth == 0) return "nested too deeply";
  for (const auto& [name, inner] : value.items()) {
    if (!IsCleanText(name)) return "a name with a NUL or without UTF-8";
    if (auto fault = FaultOfValue(inner, depth - 1)) return fault;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FaultOfBodyReading(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::size_t type = static_cast<unsigned char>(bytes.front()) % kContentTypes.size();
  // The parser alone reads what ends with a blank.
  const Result<json> value = ParseJson(bytes.substr(1));
  const Result<json> same = ParseJson(std::string(bytes.substr(1)) + " ");
  if (value.ok() != same.ok() || (value && *value != *same)) return "not what the parser reads";
  const Result<Body> parsed = ParseBody(kContentTypes.at(type), bytes.substr(1));
  if (!parsed) {
    if (!IsBinding(type)) return "an error about a body that need not be read";
    if (parsed.error().code != Errc::kBadRequest) return "an error of another kind";
    if (!parsed.error().detail.starts_with("body: ")) return "an error that names no body";
    return std::nullopt;
  }
  const json& fields = parsed->fields;
  if (!fields.is_object()) return "not an object";
  if (auto fault = FaultOfValue(fields, kMaxBodyNesting)) return fault;
  const Result<Body> again = ParseBody(kJson, fields.dump());
  if (!again || again->fields != fields) return "not the same when read again: " + fields.dump();
  return std::nullopt;
}

}  // namespace rtcroom
