// From the bytes of a request body to a JSON object.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/base/result.h"

namespace rtcroom {

/// Deepest nesting of objects and arrays in a body, the outermost object counted.
/// @source protocol F.6.
inline constexpr int kMaxBodyNesting = 16;

/// Reads any JSON value. An escape of a lone surrogate (`\ud800`) is read as U+FFFD.
/// @errors kNotJson; kBadRequest for what is JSON, but nested too deeply, or not made of valid
///         UTF-8 without NUL. The detail is the fault alone.
Result<nlohmann::json> ParseJson(std::string_view text);

/// Reads a body as an object; what its media type asks for decides how.
///
/// - empty: `{}`
/// - `application/json`: must be a JSON object
/// - `application/x-www-form-urlencoded`: every value is a string
/// - anything else, or nothing: used when it is a JSON object, and `{}` otherwise
///
/// Every string in the outcome is valid UTF-8 without NUL. Of a repeated name the last counts.
/// @errors kBadRequest, with a detail that begins with "body: ".
/// @source protocol 0.2, 0.3, F.6.
Result<nlohmann::json> ParseBody(std::string_view content_type, std::string_view body);

}  // namespace rtcroom
