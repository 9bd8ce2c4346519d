// What single JSON values mean to the protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace rtcroom {

/// JavaScript's notion of it, by which the gen-1 server looks for missing fields.
bool IsTruthy(const nlohmann::json& value);

/// `""` or `null`.
bool IsEmptyValue(const nlohmann::json& value);

/// The whole number in `value`, cut to 64 bits; `20.0` is one, as to a JavaScript client.
std::optional<std::int64_t> WholeNumber(const nlohmann::json& value);
/// The same of decimal text, without space, plus sign or exponent.
std::optional<std::int64_t> WholeNumber(std::string_view text);

/// The text of an ID that was sent as a string or, as some clients do, as a whole number; nothing
/// when it is ill-typed.
std::optional<std::string> IdText(const nlohmann::json& value);

}  // namespace rtcroom
