// The code that every reply of the protocol carries.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace rtcroom {

/// What stands for the code of a reply that has none.
inline constexpr int kNoCode = -1000;

/// The protocol's code in the body of a reply; kNoCode when it has none.
int CodeOf(const nlohmann::json& body);

}  // namespace rtcroom
