// The code field of every protocol reply.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace rtcroom {

/// Stands for the missing code of a reply.
inline constexpr int kNoCode = -1000;

/// The protocol's code in the body of a reply; kNoCode when it has none.
int CodeOf(const nlohmann::json& body);

}  // namespace rtcroom
