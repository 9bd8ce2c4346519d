// Parses the text of requests: queries, forms, JSON, and single values of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/base/result.h"

namespace rtcroom {

/// Pairs in the order sent.
using FormPairs = std::vector<std::pair<std::string, std::string>>;

/// Parses `name=value&name=value`: a query or a form. Names and values are percent-decoded once,
/// and `+` means space (protocol F.6). A name without `=` has an empty value; a `%` not followed by
/// two hex digits is kept. The result may hold any byte.
FormPairs ParseForm(std::string_view text);

/// The first value of `name`, or null.
const std::string* FindFirst(const FormPairs& pairs, std::string_view name);

/// The first value of `name`, or empty; valid as long as `pairs`.
std::string_view FirstOrEmpty(const FormPairs& pairs, std::string_view name);

/// Deepest nesting of objects and arrays in a body, the outermost object counted.
/// @source protocol F.6.
inline constexpr int kMaxBodyNesting = 16;

/// Reads any JSON value. An escape of a lone surrogate (`\ud800`) is read as U+FFFD.
/// @errors kNotJson; kBadRequest for JSON that is nested too deeply, is not valid UTF-8 or holds a
///         NUL. The detail is the fault alone.
Result<nlohmann::json> ParseJson(std::string_view text);

/// Most members of all objects together where their order is kept: such an object is searched
/// member by member, also while it is built. Likewise most elements of all arrays, where an empty
/// array counts as one: each takes many times the memory of its text.
inline constexpr std::size_t kMaxOrderedMembers = 1024;

/// Reads any JSON value as `ParseJson` does, with the members of each object in their order; a
/// repeated name keeps its first place and its last value.
/// @errors as above; kBadRequest also for more members or elements than kMaxOrderedMembers.
Result<nlohmann::ordered_json> ParseOrderedJson(std::string_view text);

/// The fields of a request.
struct Body {
  nlohmann::json fields = nlohmann::json::object();
  /// Why `fields` are not those that the client has sent: the body has several parts, is JSON under
  /// the media type of a form, or begins like an object of JSON and is none. For the reply to a
  /// request that misses a field; empty when the body shows no such mistake.
  std::string unread{};
};

/// Reads a body as an object, depending on its media type.
///
/// - empty: `{}`
/// - `application/json`: must be a JSON object
/// - `application/x-www-form-urlencoded`: every value is a string
/// - anything else, or no media type: used when it is a JSON object, and `{}` otherwise
///
/// Every string in the result is valid UTF-8 without NUL. The last value of a repeated name wins.
/// @errors kBadRequest, with a detail that begins with "body: ".
/// @source protocol 0.2, 0.3, F.6.
Result<Body> ParseBody(std::string_view content_type, std::string_view body);

// Values.

/// JavaScript truthiness, by which the gen-1 server detects missing fields.
bool IsTruthy(const nlohmann::json& value);

/// `""` or `null`.
bool IsEmptyValue(const nlohmann::json& value);

/// The whole number in `value`, clamped to 64 bits; `20.0` counts, as for a JavaScript client.
std::optional<std::int64_t> WholeNumber(const nlohmann::json& value);
/// The whole number in decimal text, without space, plus sign or exponent.
std::optional<std::int64_t> WholeNumber(std::string_view text);

/// The text of an ID that was sent as a string or, as some clients do, as a whole number; nullopt
/// when it is ill-typed.
std::optional<std::string> IdText(const nlohmann::json& value);

}  // namespace rtcroom
