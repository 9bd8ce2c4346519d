// Edits the custom fields of a room, which are stored as the text of a JSON object.
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

/// Sets a field to `value`, or adds it.
/// @param custom  the text of an object from these functions, or `{}`.
/// @errors kBadRequest when there are too many fields; kInternal when `custom` is not an object.
/// @source protocol B.5.
Result<rules::CustomChange> SetCustomField(std::string_view custom, const std::string& name,
                                           const nlohmann::json& value);

/// Adds `step` to a field; a missing one counts as 0. Whole numbers are 64-bit and saturate.
/// @errors kBadRequest when there are too many fields, or when the field is not a number; kInternal
///         when `custom` is not an object.
/// @source protocol B.5.
Result<rules::CustomChange> CountCustomField(std::string_view custom, const std::string& name,
                                             int step);

}  // namespace rtcroom
