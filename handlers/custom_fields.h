// The custom fields of a room: a JSON object as text, from edit to edit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/base/result.h"
#include "daemon/core/room_rules.h"

namespace rtcroom {

/// @source protocol 0.3.
inline constexpr std::size_t kMaxCustomFields = 32;
inline constexpr std::size_t kMaxCustomNameBytes = 64;
inline constexpr std::size_t kMaxCustomValueBytes = 1024;  ///< as JSON text

/// Sets a field to `value`, or makes it.
/// @param custom  the text of an object out of these functions, or `{}`.
/// @errors kBadRequest when there are too many fields; kInternal when `custom` is none.
/// @source protocol B.5.
Result<rules::CustomChange> SetCustomField(std::string_view custom, const std::string& name,
                                           const nlohmann::json& value);

/// Adds `step` to a field; one that is not there counts as 0. Whole numbers are of 64 bits, and
/// stay at the last one there is.
/// @errors kBadRequest when there are too many fields, or when the field holds no number;
///         kInternal when `custom` is none.
/// @source protocol B.5.
Result<rules::CustomChange> CountCustomField(std::string_view custom, const std::string& name,
                                             int step);

}  // namespace rtcroom
