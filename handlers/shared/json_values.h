// How the protocol interprets single JSON values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace rtcroom {

/// JavaScript truthiness, by which the gen-1 server detects missing fields.
bool IsTruthy(const nlohmann::json& value);

/// `""` or `null`.
bool IsEmptyValue(const nlohmann::json& value);

/// The whole number in `value`, clamped to 64 bits; `20.0` counts, as for a JavaScript client.
std::optional<std::int64_t> WholeNumber(const nlohmann::json& value);
/// The same for decimal text, without space, plus sign or exponent.
std::optional<std::int64_t> WholeNumber(std::string_view text);

/// The text of an ID that was sent as a string or, as some clients do, as a whole number; nullopt
/// when it is ill-typed.
std::optional<std::string> IdText(const nlohmann::json& value);

}  // namespace rtcroom
